"""Storage: the WebP files under the archive directory. Owns their names, their durability and whose file wins.

A file's path is a pure function of its camera and slot, and the first file there stays, so any number of archivers
may write side by side. Knows neither bus nor database. Everything here blocks on the disk: call it on a thread.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from services.archiver.directories import fsync_directory, locked, make_directory
from services.archiver.errors import PictureRefused, StorageUnavailable
from services.archiver.instants import from_seconds
from services.archiver.pictures import read_webp
from services.archiver.slots import Slot
from shared.topics import KEY_PATTERN

FILE_MODE: Final = 0o640
TEMPORARY_PREFIX: Final = ".tmp-"
STALE_TEMPORARY_SECONDS: Final = 120
_FILE_NAME: Final = re.compile(r"^(?P<key>[a-z0-9][a-z0-9_-]{0,62})_(?P<start>\d{8}T\d{6}Z)\.webp$")
_START: Final = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A whole picture file as it lies there. `path` is relative to the archive directory, with slashes."""

    path: str
    width: int
    height: int
    byte_count: int
    sha256: str
    captured_at: datetime
    interval_seconds: int | None


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file with a name of ours. Nobody has looked inside yet."""

    camera_key: str
    slot_start: int


def path_of(camera_key: str, slot_start: int) -> str:
    """Where the frame of this camera and slot belongs: `porch/2026/11/22/porch_20261122T140000Z.webp`."""
    if not re.match(KEY_PATTERN, camera_key) or camera_key.endswith("\n"):
        raise ValueError(f"{camera_key!r} is no camera key")
    start = from_seconds(slot_start)
    return f"{camera_key}/{start:%Y/%m/%d}/{camera_key}_{start.strftime(_START)}.webp"


class FrameStore:
    """The archive directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, camera_key: str, slot: Slot, webp: bytes) -> KeptFile:
        """Keep the picture unless a whole one is there already; what lies there in the end.

        Durable on return: the file and its directory entry have reached the disk. A broken file is replaced.

        Raises:
            StorageUnavailable: when the disk is full, away or read-only. Nothing has changed then.
        """
        final = self.root / path_of(camera_key, slot.start_seconds)
        with _disk("written"):
            make_directory(final.parent, below=self.root)
            temporary = _write_temporary(final.parent, webp)
            try:
                _link_first(temporary, final)
            finally:
                with suppress(FileNotFoundError):
                    temporary.unlink()
            fsync_directory(final.parent)
        kept = self.read_back(camera_key, slot.start_seconds)
        if kept is None:
            raise StorageUnavailable("The picture just written can't be read back whole.")
        return kept

    def read_back(self, camera_key: str, slot_start: int) -> KeptFile | None:
        """The slot's file; None when there is none or it is broken.

        Raises:
            StorageUnavailable: when the disk can't be read.
        """
        path = path_of(camera_key, slot_start)
        with _disk("read"):
            return _describe(self.root / path, path, slot_start)

    def read(self, path: str) -> bytes:
        """A picture's bytes, by the path in its row.

        Raises:
            FileNotFoundError: when it is gone, or the path leads out of the archive directory.
            StorageUnavailable: when the disk can't be read.
        """
        file = (self.root / path).resolve()
        if not file.is_relative_to(self.root.resolve()):
            raise FileNotFoundError(path)
        try:
            return file.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise FileNotFoundError(path) from None
        except OSError as error:
            raise StorageUnavailable(f"The archive directory can't be read: {error.strerror}.") from error

    def days(self) -> Iterator[Path]:
        """Every directory of one camera's day, in no order."""
        with _disk("read"):
            yield from self.root.glob("*/[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]")

    def files_in(self, day: Path) -> list[FoundFile]:
        """The files of a day that lie where their names say they belong."""
        found = []
        with _disk("read"):
            names = [entry.name for entry in os.scandir(day)]
        for name in names:
            match = _FILE_NAME.match(name)
            if match is None:
                continue
            with suppress(ValueError):
                start = datetime.strptime(match["start"], _START).replace(tzinfo=UTC)
                file = FoundFile(match["key"], int(start.timestamp()))
                if self.root / path_of(file.camera_key, file.slot_start) == day / name:
                    found.append(file)
        return found

    def sweep(self, utc_seconds: float) -> int:
        """Delete what interrupted writes left behind; how many temporaries are too young to judge."""
        young = 0
        for day in self.days():
            with _disk("swept"):
                for temporary in day.glob(f"{TEMPORARY_PREFIX}*"):
                    with suppress(FileNotFoundError):
                        if utc_seconds - temporary.stat().st_mtime > STALE_TEMPORARY_SECONDS:
                            temporary.unlink()
                        else:
                            young += 1
        return young


def _write_temporary(directory: Path, content: bytes) -> Path:
    descriptor, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=directory)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), FILE_MODE)  # whatever the umask says
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path


def _link_first(temporary: Path, final: Path) -> None:
    """Give the file its name, unless a whole file has it: a name is never taken from one."""
    try:
        os.link(temporary, final)
    except FileExistsError:
        # Under the lock nobody else replaces; and who links only, never overwrites.
        with locked(final.parent):
            if _describe(final, "", 0) is None:
                temporary.replace(final)


def _describe(file: Path, path: str, slot_start: int) -> KeptFile | None:
    try:
        content = file.read_bytes()
        facts = read_webp(content)
    except (FileNotFoundError, PictureRefused):
        return None
    return KeptFile(
        path=path,
        width=facts.width,
        height=facts.height,
        byte_count=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        captured_at=facts.captured_at or from_seconds(slot_start),
        interval_seconds=facts.interval_seconds,
    )


@contextmanager
def _disk(done: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(f"The archive directory can't be {done}: {error.strerror}.") from error
