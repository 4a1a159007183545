"""The file that says that a directory is the archive, and which one. So an empty mount point is not taken for it.

Before each write it is enough to ask for the file's identity (device, inode, times): while it is the same as when the
file was last read, the disk is the same. Only what has changed is read, and then /etc/fstab is looked at, too.
"""

import errno
import os
import re
from enum import Enum, auto
from pathlib import Path
from typing import Final
from uuid import uuid4

from services.archiver.base import disk_texts, texts
from services.archiver.base.errors import DiskNotMountedError, StorageUnavailableError
from services.archiver.files.durable import read_regular
from services.archiver.files.mounts import missing_mount_point

MARKER: Final = "framecast-archive"
_MOST_BYTES: Final = 64 * 1024
_FIRST_LINE: Final = re.compile(r"(?P<id>[A-Za-z0-9_-]{1,64})( replaces (?P<replaced>[A-Za-z0-9_-]{1,64}))?")
_LINKED: Final = "linked: "
_ABSENT: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
Stamp = tuple[int, int, int, int]


class _Known(Enum):
    """What is known of the archive's id."""

    NOT_ASKED = auto()
    """Nobody guards the directory: a command that only reads, or a test."""
    NOT_YET = auto()
    """The database has not answered yet."""
    CAN_NOT = auto()
    """The database can't be asked, and nothing says that there was an archive."""
    YES = auto()


def new_archive_id() -> str:
    """One that no other archive has."""
    return uuid4().hex


def marker_content(archive_id: str) -> bytes:
    """What stands in the file: the id in the first line, then words for a person."""
    return f"{archive_id}\n{disk_texts.MARKER_WORDS}\n".encode()


def marker_id(content: bytes) -> str | None:
    """The id in a marker's content; None when it has none."""
    match = _first_line(content)
    return match["id"] if match else None


def stamp_of(file: Path) -> Stamp | None:
    """By which a file is known again without reading it; None when it is not there."""
    try:
        facts = file.lstat()
    except OSError:
        return None
    # Two disks that are mounted one after the other may have the same device and inode, but not the same times.
    return facts.st_dev, facts.st_ino, facts.st_mtime_ns, facts.st_ctime_ns


def read_marker(directory: Path) -> str | None:
    """The id in the directory's marker; None when there is none.

    Raises:
        StorageUnavailableError: when it can't be read.
    """
    return marker_id(_content(directory))


def replaced_id(directory: Path) -> str | None:
    """The id of the archive that the directory's archive goes on for, by a person's will; None when there is none.

    Raises:
        StorageUnavailableError: when the marker can't be read.
    """
    match = _first_line(_content(directory))
    return match["replaced"] if match else None


class ArchiveMarker:
    """The marker in `root`. From any thread. `is_expected`: the operator says there is one (ARCHIVE_EXPECT_MARKER).

    Until `guard` is called, nothing is checked.
    """

    def __init__(self, root: Path, *, is_expected: bool = False) -> None:
        self.root = root.absolute()
        self.file = self.root / MARKER
        self.is_expected = is_expected
        self.proposed_id = new_archive_id()
        """For a new archive here, and for the words that say how to begin one."""
        self.archive_id: str | None = None
        """What the marker has to say; None while it isn't known."""
        self._known = _Known.NOT_ASKED
        self._seen: Stamp | None = None
        self._obstacle: StorageUnavailableError | None = None

    @property
    def is_guarded(self) -> bool:
        """Whether it is checked at all."""
        return self._known is not _Known.NOT_ASKED

    def guard(self) -> None:
        """From now on nothing is written without a marker, unless `cannot_be_known` says otherwise."""
        if self._known is _Known.NOT_ASKED:
            self._known = _Known.NOT_YET

    def know(self, archive_id: str) -> None:
        """From now on only this archive is the right one."""
        self.archive_id, self._seen = archive_id, None
        if archive_id == self.proposed_id:
            self.proposed_id = new_archive_id()
        self._known = _Known.YES

    def expect(self, archive_id: str | None) -> None:
        """For a reader: this is the archive, and nobody settles it; None: it has no id that is known."""
        self.guard()
        if archive_id is None:
            self.cannot_be_known()
        else:
            self.know(archive_id)

    def hold(self, obstacle: StorageUnavailableError) -> None:
        """Why it isn't known yet which archive this is; said to each writer."""
        self._obstacle = obstacle
        if self._known is _Known.CAN_NOT:  # the database has answered after all
            self._known = _Known.NOT_YET

    def cannot_be_known(self) -> None:
        """The database can't be asked, and nothing else speaks of an archive: a directory without marker will do."""
        if self._known is _Known.NOT_YET:
            self._known = _Known.CAN_NOT

    def check(self) -> None:
        """Raise DiskNotMountedError unless the archive's disk is in its place. Cheap while nothing has changed."""
        if not self.is_guarded:
            return
        stamp = stamp_of(self.file)
        if stamp is None or stamp != self._seen:
            self._read_and_check()
            self._seen = stamp

    def check_absence(self) -> None:
        """Raise DiskNotMountedError when a file is not there because the archive's disk isn't, as far as is known."""
        if self.archive_id is not None or self.is_expected:
            self.check()
        elif self.is_guarded:
            self.check_mounts()

    def check_mounts(self) -> None:
        """Raise DiskNotMountedError when /etc/fstab names a disk for this directory that is not mounted."""
        missing = missing_mount_point(self.root)
        if missing is not None:
            raise DiskNotMountedError(disk_texts.mount_point_empty(self.root, missing))

    def linked_folders(self) -> set[str]:
        """The folders, relative to `root`, that were links to marked folders when something was last written there."""
        lines = _content(self.root).decode(errors="replace").splitlines()
        return {line.removeprefix(_LINKED) for line in lines if line.startswith(_LINKED)}

    def add_linked_folder(self, folder: str) -> None:
        """Remember one more. Durable on return. Raises OSError."""
        with self.file.open("ab") as file:
            file.write(
                f"\n{_LINKED}{folder}\n".encode()
            )  # somebody's editor may have ended the last line without an end
            file.flush()
            os.fsync(file.fileno())

    def _read_and_check(self) -> None:
        self.check_mounts()
        found = read_marker(self.root)
        if found is not None:
            if self.archive_id not in (None, found):
                raise DiskNotMountedError(
                    disk_texts.other_archive(self.root, self.file, found, self.archive_id, self.proposed_id)
                )
        elif self.archive_id is not None:
            raise DiskNotMountedError(disk_texts.marker_gone(self.root, self.file, self.archive_id, self.proposed_id))
        elif self.is_expected:
            raise DiskNotMountedError(disk_texts.marker_expected(self.root, self.file, self.proposed_id))
        elif self._known is _Known.NOT_YET:
            raise self._why_not_known()

    def _why_not_known(self) -> StorageUnavailableError:
        obstacle = self._obstacle
        if obstacle is None:
            return StorageUnavailableError(disk_texts.archive_not_known_yet(self.root))
        return type(obstacle)(str(obstacle))  # an error of its own for each thread


def _first_line(content: bytes) -> re.Match[str] | None:
    return _FIRST_LINE.fullmatch(content.decode(errors="replace").partition("\n")[0].strip())


def _content(directory: Path) -> bytes:
    """Of the directory's marker; empty when there is none."""
    try:
        return read_regular(directory / MARKER, _MOST_BYTES)
    except OSError as error:
        if error.errno in _ABSENT or isinstance(error, FileNotFoundError):
            return b""
        raise StorageUnavailableError(
            texts.directory_fails("read", f"{error.strerror}: {directory / MARKER}")
        ) from error
