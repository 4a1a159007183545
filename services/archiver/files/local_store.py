"""The archive on a disk: durable writes, the first file wins, and a killed writer's leftovers are swept.

The first file under a name stays, because `link` gives a name only once. So any number of archivers may write at the
same time. Needs a file system with hard links and `flock`.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from services.archiver.base import texts
from services.archiver.base.errors import LinkedAwayError, StorageFullError, StorageUnavailableError
from services.archiver.files.durable import fsync_directory, locked, make_directory, read_regular
from services.archiver.files.moving import move_by_copy
from services.archiver.files.paths import BROKEN_SUFFIX
from services.archiver.files.store import MAX_FILE_BYTES, TEMPORARY_PREFIX, StoredFile

FILE_MODE: Final = 0o640
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_NO_LINK: Final = (errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS)
_ABSENT: Final = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class LocalStore:
    """A `FrameStore` in the directory `root`. It refuses a frame that would leave less than `min_free_bytes`."""

    def __init__(self, root: Path, min_free_bytes: int = 0) -> None:
        self.root = root
        self._min_free_bytes = min_free_bytes

    def read(self, path: str) -> bytes:
        try:
            return read_regular(self._inside(path), MAX_FILE_BYTES)
        except _ABSENT:
            raise FileNotFoundError(path) from None
        except OSError as error:
            raise StorageUnavailableError(texts.directory_fails("read", error.strerror)) from error

    def write_first(self, path: str, content: bytes, is_whole: Callable[[bytes], bool]) -> None:
        self._leave_room(len(content))
        with self._temporary(path, content) as (temporary, final):
            try:
                os.link(temporary, final)
            except FileExistsError:
                # Under the lock no other archiver replaces the file; and an archiver that links never overwrites.
                with locked(final.parent):
                    if not _holds_whole(final, is_whole):
                        temporary.replace(final)

    def write(self, path: str, content: bytes) -> None:
        with self._temporary(path, content) as (temporary, final):
            temporary.replace(final)

    def delete(self, path: str) -> None:
        with _disk("written"), suppress(*_ABSENT):
            file = self._inside(path)
            file.unlink()
            fsync_directory(file.parent)

    def set_aside(self, path: str) -> None:
        with _disk("written"), suppress(*_ABSENT):
            file = self._inside(path)
            file.rename(file.with_name(file.name + BROKEN_SUFFIX))

    def cameras(self) -> list[str]:
        with _disk("read"), suppress(FileNotFoundError):
            return [entry.name for entry in os.scandir(self.root) if not entry.name.startswith(".") and entry.is_dir()]
        return []

    def files(self, camera_key: str, since_seconds: int = 0) -> Iterator[list[StoredFile]]:
        for day in self._days(camera_key, since_seconds):
            files = self._scan(day, lambda name: not name.startswith(TEMPORARY_PREFIX))
            if files:
                yield files

    def day(self, directory: str) -> list[StoredFile]:
        day = self.root / directory
        found = self._scan(day, lambda name: not name.startswith(TEMPORARY_PREFIX))
        if not found:
            self._refuse_links_to_nowhere(day)
        return found

    def modified_at(self, path: str) -> float | None:
        with _disk("read"), suppress(*_ABSENT):
            return self._inside(path).stat().st_mtime
        return None

    def move(self, paths: Mapping[str, str]) -> list[str]:
        stay, touched = [], set[Path]()
        for path, new_path in paths.items():
            with _disk("written"), suppress(*_ABSENT):
                file, new = self._inside(path), self.root / new_path
                if not file.is_file():
                    continue
                make_directory(new.parent, below=self.root)
                if self._moved(path, new_path):
                    touched |= {new.parent, file.parent}
                else:
                    stay.append(path)
        with _disk("written"):
            for directory in touched:
                fsync_directory(directory)
        return stay

    def prune(self, camera_key: str) -> None:
        for directory, _, _ in os.walk(self.root / camera_key, topdown=False):
            with suppress(OSError):  # it is not empty
                Path(directory).rmdir()

    def sweep(self, camera_key: str, since_seconds: int, older_than: float) -> None:
        for day in self._days(camera_key, since_seconds):
            for file in self._scan(day, lambda name: name.startswith(TEMPORARY_PREFIX)):
                if file.modified_at < older_than:
                    self.delete(file.path)

    def free_bytes(self) -> int:
        with _disk("read"):
            return shutil.disk_usage(self.root).free

    def _leave_room(self, byte_count: int) -> None:
        if self._min_free_bytes and (self.free_bytes() - byte_count) < self._min_free_bytes:
            raise StorageFullError(texts.disk_below_floor(self.free_bytes(), self._min_free_bytes))

    def _moved(self, path: str, new_path: str) -> bool:
        """Whether the file is under its new path alone. A name that `link` gives is taken by no other file."""
        file, new = self._inside(path), self.root / new_path
        try:
            os.link(file, new)
        except FileExistsError:
            if not file.samefile(new):
                return move_by_copy(self, path, new_path)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            return move_by_copy(self, path, new_path)
        file.unlink()
        return True

    def _refuse_links_to_nowhere(self, directory: Path) -> None:
        """A directory on a disk that is not mounted has lost nothing."""
        for part in (directory, *directory.parents):
            if part == self.root:
                return
            if part.is_symlink() and not (part.is_dir() and any(part.iterdir())):
                raise LinkedAwayError(texts.link_leads_nowhere(part.relative_to(self.root)))

    def _inside(self, path: str) -> Path:
        file = (self.root / path).resolve()
        if not file.is_relative_to(self.root.resolve()):
            raise FileNotFoundError(path)
        return file

    @contextmanager
    def _temporary(self, path: str, content: bytes) -> Iterator[tuple[Path, Path]]:
        """The content, durable, in a temporary file beside its place; removed at the end unless it was renamed."""
        final = self.root / path
        with _disk("written"):
            make_directory(final.parent, below=self.root)
            temporary = _write_temporary(final.parent, content)
            try:
                yield temporary, final
            finally:
                temporary.unlink(missing_ok=True)
            fsync_directory(final.parent)

    def _days(self, camera_key: str, since_seconds: int) -> list[Path]:
        first = datetime.fromtimestamp(since_seconds, UTC).strftime("%Y/%m/%d")
        with _disk("read"):
            days = (self.root / camera_key).glob("[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]")
            return sorted(day for day in days if "/".join(day.parts[-3:]) >= first)

    def _scan(self, day: Path, is_meant: Callable[[str], bool]) -> list[StoredFile]:
        found = []
        with _disk("read"), suppress(*_ABSENT), os.scandir(day) as entries:
            prefix = day.relative_to(self.root).as_posix()
            for entry in entries:
                if is_meant(entry.name) and entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):
                        facts = entry.stat(follow_symlinks=False)
                        found.append(StoredFile(f"{prefix}/{entry.name}", facts.st_size, facts.st_mtime))
        return found


def _holds_whole(path: Path, is_whole: Callable[[bytes], bool]) -> bool:
    try:
        return is_whole(read_regular(path, MAX_FILE_BYTES))
    except FileNotFoundError:
        return False


def _write_temporary(directory: Path, content: bytes) -> Path:
    descriptor, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=directory)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), FILE_MODE)  # independent of the umask
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path


@contextmanager
def _disk(action: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = StorageFullError if error.errno in _FULL else StorageUnavailableError
        raise kind(texts.directory_fails(action, error.strerror)) from error
