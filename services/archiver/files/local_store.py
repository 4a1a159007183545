"""The archive on a disk: durable writes, the first file wins, and a killed writer's leftovers are swept.

Any number of archivers may write at the same time (see `first_file.py`). Folders may be links to other disks
(`linked_folders.py`); a file may not. Nothing is written while the archive's disk is away (`archive_marker.py`).
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from services.archiver.base import disk_texts, texts
from services.archiver.base.errors import DiskNotMountedError, StorageFullError, StorageUnavailableError
from services.archiver.files.archive_marker import MARKER, ArchiveMarker, marker_content, marker_id
from services.archiver.files.disk_room import DiskRoom
from services.archiver.files.durable import fsync_directory, make_directory, read_regular, write_temporary
from services.archiver.files.first_file import NO_LINKS, name_first
from services.archiver.files.linked_folders import LinkedFolders
from services.archiver.files.moving import move_by_copy
from services.archiver.files.owner_advice import advice_for
from services.archiver.files.paths import BROKEN_SUFFIX
from services.archiver.files.store import MAX_FILE_BYTES, TEMPORARY_PREFIX, StoredFile

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_DENIED: Final = (errno.EACCES, errno.EPERM)
_ABSENT: Final = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class LocalStore:
    """A `FrameStore` in the directory `root`. It refuses a frame that would leave less than `min_free_bytes`."""

    def __init__(self, root: Path, min_free_bytes: int = 0, *, expects_marker: bool = False) -> None:
        self.root = root
        self.marker = ArchiveMarker(root, is_expected=expects_marker)
        self._linked_folders = LinkedFolders(self.marker, self._mark)
        self._min_free_bytes = min_free_bytes

    def read(self, path: str) -> bytes:
        file = self._inside(path)
        try:
            return read_regular(file, MAX_FILE_BYTES)
        except _ABSENT:
            self._check_absence(path)
            raise FileNotFoundError(path) from None
        except OSError as error:
            raise _unavailable(error, "read", file) from error

    def write_first(self, path: str, content: bytes, is_whole: Callable[[bytes], bool]) -> None:
        final = self._checked_place(path, is_write=True)
        with _disk("written", final.parent):
            DiskRoom.of(final.parent).leave(self._min_free_bytes, len(content))
        with self._temporary(final, content) as temporary:
            self._name_first(temporary, final, is_whole)

    def write(self, path: str, content: bytes) -> None:
        final = self._checked_place(path, is_write=True)
        with self._temporary(final, content) as temporary:
            temporary.replace(final)

    def delete(self, path: str) -> None:
        with suppress(FileNotFoundError):
            file = self._checked_place(path, is_write=False)
            with _disk("written", file.parent), suppress(*_ABSENT):
                file.unlink()
                fsync_directory(file.parent)

    def delete_all(self, paths: Sequence[str]) -> None:
        for path in paths:
            self.delete(path)

    def set_aside(self, path: str) -> None:
        with suppress(FileNotFoundError):
            file = self._checked_place(path, is_write=False)
            with _disk("written", file.parent), suppress(*_ABSENT):
                file.rename(file.with_name(file.name + BROKEN_SUFFIX))

    def cameras(self) -> list[str]:
        self.marker.check_absence()
        with _disk("read", self.root), suppress(FileNotFoundError):
            return [entry.name for entry in os.scandir(self.root) if not entry.name.startswith(".") and entry.is_dir()]
        return []

    def files(self, camera_key: str, since_seconds: int = 0) -> Iterator[list[StoredFile]]:
        self.marker.check_absence()
        for day in self._days(camera_key, since_seconds):
            files = self._scan(day, lambda name: not name.startswith(TEMPORARY_PREFIX))
            if files:
                yield files

    def day(self, directory: str) -> list[StoredFile]:
        day = self._inside(directory)
        found = self._scan(day, lambda name: not name.startswith(TEMPORARY_PREFIX))
        if not found:
            self._check_absence(f"{directory}/")
            self._refuse_links_to_nowhere(day)
        return found

    def modified_at(self, path: str) -> float | None:
        file = self._inside(path)
        with _disk("read", file), suppress(*_ABSENT):
            return file.stat(follow_symlinks=False).st_mtime
        self._check_absence(path)
        return None

    def move(self, paths: Mapping[str, str]) -> list[str]:
        stay, touched = [], set[Path]()
        for path, new_path in paths.items():
            with suppress(FileNotFoundError):
                file, new = self._checked_place(path, is_write=False), self._checked_place(new_path, is_write=True)
                if not _is_regular(file):
                    continue
                if self._moved(path, new_path):
                    touched |= {new.parent, file.parent}
                else:
                    stay.append(path)
        for directory in touched:
            with _disk("written", directory):
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
        self.marker.check_absence()
        with _disk("read", self.root):
            return DiskRoom.of(self.root).usable_bytes

    def check_disk(self) -> None:
        self.marker.check_absence()

    def check_all_disks(self) -> None:
        """The same, and also when the disk of a linked folder is away."""
        self.marker.check()
        with _disk("read", self.root):
            self._linked_folders.check_all()

    def mark(self) -> str:
        """Make the directory an archive, unless it is one; its id. Raises StorageUnavailableError."""
        with _disk("written", self.root):
            return self._mark(self.root, self.marker.proposed_id)

    def mark_linked_folders(self) -> None:
        """Mark the linked folders that have something in them. One that can't be marked is left alone."""
        self._linked_folders.mark_all()

    def _mark(self, directory: Path, archive_id: str) -> str:
        """Write a marker unless there is one; the id in it. Raises OSError."""
        final = directory / MARKER
        with self._temporary(final, marker_content(archive_id)) as temporary:
            name_first(temporary, final, lambda content: marker_id(content) is not None, directory)
        return marker_id(read_regular(final, MAX_FILE_BYTES)) or archive_id

    def _name_first(self, temporary: Path, final: Path, is_whole: Callable[[bytes], bool]) -> None:
        lock = self.marker.file if self.marker.file.is_file() else final.parent
        name_first(temporary, final, is_whole, lock)

    def _checked_place(self, path: str, *, is_write: bool) -> Path:
        """Where the file is or will be, on the disk where it belongs."""
        file = self._inside(path)
        self.marker.check()
        with _disk("written", file.parent):
            self._linked_folders.check(path, is_write=is_write)
        return file

    def _check_absence(self, path: str) -> None:
        """Raise DiskNotMountedError if the file is not there because its disk isn't."""
        self.marker.check_absence()
        with _disk("read", self.root):
            self._linked_folders.check(path, is_write=False)

    def _inside(self, path: str) -> Path:
        """The path in the archive. It leads out only by a folder that is a link, which a person made."""
        parts = path.split("/")
        if "\0" in path or any(part in ("", ".", "..") for part in parts):
            raise FileNotFoundError(path)
        return self.root.joinpath(*parts)

    def _moved(self, path: str, new_path: str) -> bool:
        """Whether the file is under its new path alone. A name that `link` gives is taken by no other file."""
        file, new = self._inside(path), self._inside(new_path)
        try:
            with _disk("written", new.parent):
                make_directory(new.parent, below=self.root)
            os.link(file, new)
        except FileExistsError:
            with _disk("read", new):
                is_same = file.samefile(new)
            if not is_same:
                return move_by_copy(self, path, new_path)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise _unavailable(error, "written", new.parent) from error
            return move_by_copy(self, path, new_path)
        with _disk("written", file.parent):
            file.unlink()
        return True

    def _refuse_links_to_nowhere(self, directory: Path) -> None:
        """A directory on a disk that is not mounted has lost nothing."""
        for part in (directory, *directory.parents):
            if part == self.root:
                return
            with _disk("read", part):
                is_empty = part.is_symlink() and not (part.is_dir() and any(part.iterdir()))
            if is_empty:
                raise DiskNotMountedError(texts.link_leads_nowhere(part.relative_to(self.root)))

    @contextmanager
    def _temporary(self, final: Path, content: bytes) -> Iterator[Path]:
        """The content, durable, in a temporary file beside its place; removed at the end unless it was renamed."""
        with _disk("written", final.parent):
            make_directory(final.parent, below=self.root)
            temporary = write_temporary(final.parent, TEMPORARY_PREFIX, content)
            try:
                yield temporary
            finally:
                temporary.unlink(missing_ok=True)
            fsync_directory(final.parent)

    def _days(self, camera_key: str, since_seconds: int) -> list[Path]:
        first = datetime.fromtimestamp(since_seconds, UTC).strftime("%Y/%m/%d")
        with _disk("read", self.root / camera_key):
            days = (self.root / camera_key).glob("[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]")
            return sorted(day for day in days if "/".join(day.parts[-3:]) >= first)

    def _scan(self, day: Path, is_meant: Callable[[str], bool]) -> list[StoredFile]:
        found = []
        with _disk("read", day), suppress(*_ABSENT), os.scandir(day) as entries:
            prefix = day.relative_to(self.root).as_posix()
            for entry in entries:
                if is_meant(entry.name) and entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):
                        facts = entry.stat(follow_symlinks=False)
                        found.append(StoredFile(f"{prefix}/{entry.name}", facts.st_size, facts.st_mtime))
        return found


def _is_regular(file: Path) -> bool:
    """Whether there is a regular file. Raises StorageUnavailableError when that can't be seen."""
    with _disk("read", file), suppress(*_ABSENT):
        return stat.S_ISREG(file.lstat().st_mode)
    return False


@contextmanager
def _disk(action: str, place: Path) -> Iterator[None]:
    """Turn an error of the disk into one of ours. `place` is named, not the temporary file: so it is logged once."""
    try:
        yield
    except OSError as error:
        raise _unavailable(error, action, place) from error


def _unavailable(error: OSError, action: str, place: Path) -> StorageUnavailableError:
    kind = StorageFullError if error.errno in _FULL else StorageUnavailableError
    reason = f"{error.strerror}: {place}"
    if error.errno in _DENIED:
        reason += advice_for(place, is_write=action == "written")
    elif error.errno in _FULL and _has_no_inode(place):
        reason += disk_texts.NO_INODES
    return kind(texts.directory_fails(action, reason))


def _has_no_inode(place: Path) -> bool:
    with suppress(OSError):
        return DiskRoom.of(place).has_no_inode
    return False
