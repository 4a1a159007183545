"""The cameras file: TOML with a `[[camera]]` table for each camera. Reads it, reports a mistake in one line, and
notices when the file changes.
"""

import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from services.ingest.settings import CameraSettings
from shared.bus.ingest_report import ArchiveKeys, ArchiveRules
from shared.cameras_file import ARCHIVE_KEYS, LOOK_SECONDS, Table, place_of, read_tables, refuse_repeated, signature_of
from shared.clock import Clock
from shared.errors import ConfigurationError
from shared.settings import read_secret_file, refusal

PASSWORD_FILE: Final = "rtsp_password_file"  # noqa: S105 the name of a key
_VARIABLE: Final = re.compile(r"\bCAMERA_([A-Z_]+)")
"""Words name settings as in the environment."""
KEYS: Final = (*CameraSettings.model_fields, PASSWORD_FILE, *ARCHIVE_KEYS)
"""All that a table may have."""


class CameraTableError(ConfigurationError):
    """Raised when a camera's table can't be used. It names neither the file nor the camera. `key` is what is wrong in
    it, None where that is a rule about several.
    """

    def __init__(self, key: str | None, words: str) -> None:
        super().__init__(words)
        self.key: Final = key


def read_cameras_file(path: Path) -> tuple[CameraSettings, ...]:
    """The cameras in the file's order. What their tables say to the archiver is passed over.

    Raises:
        ConfigurationError: when anything in the file can't be used. It names the file, the camera and the key.
    """
    return cameras_of(read_tables(path), path)


def cameras_of(tables: Sequence[Table], path: Path) -> tuple[CameraSettings, ...]:
    """The cameras of the file's tables.

    Raises:
        ConfigurationError: as `read_cameras_file` does.
    """
    cameras = tuple(_camera(place_of(path, number, table), table) for number, table in enumerate(tables, 1))
    refuse_repeated(path, [camera.device_key for camera in cameras])
    return cameras


def archive_rules_of(tables: Sequence[Table]) -> ArchiveRules:
    """What the tables say to the archiver, for the report; None for a camera of which that can't be told."""
    return {str(table["device_key"]): _archive_keys(table) for table in tables}


def _archive_keys(table: Table) -> ArchiveKeys | None:
    try:
        given = {key: table[key] for key in ARCHIVE_KEYS if key in table}
        return ArchiveKeys.model_validate(given, strict=True)
    except ValidationError:
        return None


def _camera(where: str, table: Table) -> CameraSettings:
    try:
        return camera_of(table)
    except CameraTableError as error:
        raise ConfigurationError(f"{where}: {error}") from None


def camera_of(table: Table) -> CameraSettings:
    """The camera that a table describes.

    Raises:
        CameraTableError: when anything in it can't be used.
    """
    unknown = next((key for key in table if key not in KEYS), None)
    if unknown is not None:
        raise CameraTableError(unknown, f"'{unknown}' is unknown; there are {', '.join(KEYS)}.")
    if "device_key" not in table:
        raise CameraTableError("device_key", "device_key is missing: every camera needs one of its own.")
    table = {key: value for key, value in table.items() if key not in ARCHIVE_KEYS}
    password_file = table.pop(PASSWORD_FILE, None)
    if password_file is not None:
        table.setdefault("rtsp_password", _password_in(str(password_file)))
    try:
        return CameraSettings.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        line = in_file_keys(_refusal(table, first))
        raise CameraTableError(str(first["loc"][0]) if first["loc"] else None, line) from None


def in_file_keys(words: str) -> str:
    """`words` with a file's keys in place of the environment's names."""
    return _VARIABLE.sub(lambda found: found[1].lower(), words)


def _password_in(path: str) -> str:
    try:
        return read_secret_file(PASSWORD_FILE, path)
    except ConfigurationError as error:
        raise CameraTableError(PASSWORD_FILE, str(error)) from None


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
        self.archive_rules: ArchiveRules = {}
        """What the file that was read last says to the archiver."""
        self._password_files: frozenset[Path] = frozenset()

    @property
    def private_paths(self) -> frozenset[Path]:
        """This file, and those with passwords that it names, as of the last read. All are absolute."""
        return self._password_files | {self._path.absolute()}

    def read(self) -> tuple[CameraSettings, ...]:
        """The cameras in the file's order.

        Raises:
            ConfigurationError: as `read_cameras_file` does.
        """
        tables = read_tables(self._path)
        cameras = cameras_of(tables, self._path)
        self.archive_rules = archive_rules_of(tables)
        self._password_files = frozenset(
            Path(str(one[PASSWORD_FILE])).absolute() for one in tables if PASSWORD_FILE in one
        )
        return cameras

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
