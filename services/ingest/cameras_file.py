"""The cameras file: TOML with a `[[camera]]` table for each camera. Reads it, reports a mistake in one line, and
notices when the file changes.
"""

import re
import threading
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.ingest.settings import CameraSettings
from shared.cameras_file import ARCHIVE_KEYS, LOOK_SECONDS, Table, place_of, read_tables, refuse_repeated, signature_of
from shared.clock import Clock
from shared.errors import ConfigurationError
from shared.settings import read_secret_file, refusal

_PASSWORD_FILE: Final = "rtsp_password_file"  # noqa: S105 the name of a key
_VARIABLE: Final = re.compile(r"\bCAMERA_([A-Z_]+)")
"""Words name settings as in the environment."""
_KEYS: Final = (*CameraSettings.model_fields, _PASSWORD_FILE, *ARCHIVE_KEYS)


def read_cameras_file(path: Path) -> tuple[CameraSettings, ...]:
    """The cameras in the file's order. What their tables say to the archiver is passed over.

    Raises:
        ConfigurationError: when anything in the file can't be used. It names the file, the camera and the key.
    """
    cameras = tuple(_camera(place_of(path, number, table), table) for number, table in enumerate(read_tables(path), 1))
    refuse_repeated(path, [camera.device_key for camera in cameras])
    return cameras


def _camera(where: str, table: Table) -> CameraSettings:
    unknown = next((key for key in table if key not in _KEYS), None)
    if unknown is not None:
        raise ConfigurationError(f"{where}: '{unknown}' is unknown; there are {', '.join(_KEYS)}.")
    if "device_key" not in table:
        raise ConfigurationError(f"{where}: device_key is missing: every camera needs one of its own.")
    table = {key: value for key, value in table.items() if key not in ARCHIVE_KEYS}
    password_file = table.pop(_PASSWORD_FILE, None)
    if password_file is not None:
        table.setdefault("rtsp_password", read_secret_file(f"{where}: {_PASSWORD_FILE}", str(password_file)))
    try:
        return CameraSettings.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        line = _refusal(table, first)
        raise ConfigurationError(f"{where}: {_VARIABLE.sub(lambda found: found[1].lower(), line)}") from None


def _refusal(table: Table, error: ErrorDetails) -> str:
    if not error["loc"]:  # a rule about several keys; its message is the whole line
        return error["msg"].removeprefix("Value error, ")
    name = str(error["loc"][0])
    return refusal(name, table.get(name, ""), CameraSettings.model_fields[name], error)


class CamerasFile:
    """The cameras that the file at `path` lists, read again after each change. One thread, except for `force_reload`.

    Looking at the file is cheap but not free, so it happens at most once a second.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._must_reload = threading.Event()
        self._seen = signature_of(path)
        self._looked_at = clock.monotonic()

    def read(self) -> tuple[CameraSettings, ...]:
        """The cameras in the file's order.

        Raises:
            ConfigurationError: as `read_cameras_file` does.
        """
        return read_cameras_file(self._path)

    def has_changed(self) -> bool:
        """Whether the file changed since the last call, or `force_reload` was called."""
        if self._must_reload.is_set():
            self._must_reload.clear()
            self._seen = signature_of(self._path)
            return True
        if self._clock.monotonic() - self._looked_at < LOOK_SECONDS:
            return False
        self._looked_at = self._clock.monotonic()
        before, self._seen = self._seen, signature_of(self._path)
        return before != self._seen

    def force_reload(self) -> None:
        """Have the file read again even if it looks unchanged. From any thread, or from a signal handler."""
        self._must_reload.set()
