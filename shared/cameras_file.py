"""The cameras file as ingest and the archiver both see it: TOML with a `[[camera]]` table for each camera.

Knows the file's shape and no key's meaning but `device_key`. Each service reads the keys that are its own.
"""

import tomllib
from pathlib import Path
from typing import Any, Final

from shared.errors import ConfigurationError

MAX_CAMERAS: Final = 200
MAX_FILE_BYTES: Final = 1024 * 1024
LOOK_SECONDS: Final = 1.0
"""How often a service looks whether the file has changed: cheap, but not free."""
ARCHIVE_KEYS: Final = ("archive_keep", "archive_max_bytes", "capture_when")
"""The keys that the archiver reads, and ingest passes over."""
LARGEST_INTEGER: Final = 2**63
Table = dict[str, Any]


class CamerasFileUnreadableError(ConfigurationError):
    """Raised when the file can't be read at all. Where the service can do without it, say so and try again later."""


def read_tables(path: Path) -> list[Table]:
    """The cameras' tables in the file's order.

    Raises:
        CamerasFileUnreadableError: when the file is gone or may not be read.
        ConfigurationError: when it is no list of cameras.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigurationError(f"CAMERAS_FILE '{path}' must be at most 1 MiB long.")
        return tables_in(path.read_bytes(), path)
    except OSError as error:
        raise CamerasFileUnreadableError(f"CAMERAS_FILE '{path}' can't be read: {error.strerror}.") from None


def tables_in(data: bytes, path: Path) -> list[Table]:
    """The same of the content of the file at `path`.

    Raises:
        ConfigurationError: when it is no list of cameras.
    """
    try:
        content = tomllib.loads(data.decode().replace("\r\n", "\n").replace("\r", "\n"))
        if _has_giant(content):
            raise ConfigurationError(f"CAMERAS_FILE '{path}' is not valid TOML: it has a number of more than 64 bits.")
    except RecursionError:
        raise ConfigurationError(
            f"CAMERAS_FILE '{path}' is not valid TOML: it has lists within lists without end."
        ) from None
    except ValueError as error:  # also of Python's, for a number of thousands of digits
        raise ConfigurationError(f"CAMERAS_FILE '{path}' is not valid TOML: {error}.") from None
    tables = content.pop("camera", [])
    if content:
        raise ConfigurationError(
            f"CAMERAS_FILE '{path}': '{next(iter(content))}' is unknown; cameras are [[camera]] tables."
        )
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigurationError(f"CAMERAS_FILE '{path}': cameras are [[camera]] tables, with two brackets.")
    if not 1 <= len(tables) <= MAX_CAMERAS:
        raise ConfigurationError(
            f"CAMERAS_FILE '{path}' must hold 1 to {MAX_CAMERAS} [[camera]] tables, not {len(tables)}."
        )
    return tables


def _has_giant(value: Any) -> bool:
    """Whether there is a number that TOML has no room for. Python has, but can't write the largest of them as text."""
    if isinstance(value, dict):
        return any(map(_has_giant, value.values()))
    if isinstance(value, list):
        return any(map(_has_giant, value))
    return isinstance(value, int) and not -LARGEST_INTEGER <= value < LARGEST_INTEGER


def place_of(path: Path, number: int, table: Table) -> str:
    """A camera's table as an error names it: by its key, or by its number from 1 while it has none."""
    camera = f"'{table['device_key']}'" if "device_key" in table else number
    return f"CAMERAS_FILE '{path}': camera {camera}"


def refuse_repeated(path: Path, camera_keys: list[str]) -> None:
    """Raises ConfigurationError when two cameras have the same key."""
    repeated = next((key for key in camera_keys if camera_keys.count(key) > 1), None)
    if repeated is not None:
        raise ConfigurationError(
            f"CAMERAS_FILE '{path}': camera '{repeated}': device_key must be a key of its own, not used twice."
        )


def signature_of(path: Path) -> tuple[int, int, int] | None:
    """Differs when the file has changed; None while there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
