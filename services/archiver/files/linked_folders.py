"""Folders of the archive that a person moved to another disk and linked back: a camera's, a year's.

They are followed for reading, writing and deleting alike. Each gets a marker of its own, so that nothing is written
beneath its mount point while its disk is away; the archive's own marker lists them.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from services.archiver.base import disk_texts
from services.archiver.base.errors import DiskNotMountedError, StorageUnavailableError
from services.archiver.files.archive_marker import MARKER, ArchiveMarker, Stamp, read_marker, stamp_of
from services.archiver.files.mounts import missing_mount_point

_LEVELS: Final = 3
"""Camera, year and month: links are looked for there."""


class LinkedFolders:
    """From any thread. `mark` writes a marker with an id into a directory."""

    def __init__(self, marker: ArchiveMarker, mark: Callable[[Path, str], object]) -> None:
        self._marker = marker
        self._mark = mark
        self._seen: dict[str, Stamp] = {}

    def check(self, path: str, *, is_write: bool) -> None:
        """Raise DiskNotMountedError when a link on the way to the file leads to a disk that is away.

        A folder that is met for the first time is marked, if `is_write`.
        """
        for folder in self._links(path.split("/")[:-1]):
            self._check(folder, is_write=is_write)

    def check_all(self) -> None:
        """The same for every linked folder that the archive's marker lists, however deep."""
        for folder in sorted(self._marker.linked_folders()):
            self.check(f"{folder}/", is_write=False)

    def mark_all(self) -> None:
        """Mark those that have something in them: an empty one may be the mount point of a disk that is away."""
        for folder in self._found():
            with suppress(OSError, StorageUnavailableError):  # such as a read-only disk of old years
                if any((self._marker.root / folder).iterdir()):
                    self._check(folder, is_write=True)

    def _found(self, above: str = "", level: int = 1) -> Iterator[str]:
        with suppress(OSError):
            for entry in sorted(os.scandir(self._marker.root / above), key=lambda entry: entry.name):
                if entry.is_dir() and not entry.name.startswith("."):
                    folder = f"{above}/{entry.name}" if above else entry.name
                    if entry.is_symlink():
                        yield folder
                    if level < _LEVELS:
                        yield from self._found(folder, level + 1)

    def _links(self, folders: list[str]) -> Iterator[str]:
        for count in range(1, len(folders) + 1):
            folder = "/".join(folders[:count])
            if (self._marker.root / folder).is_symlink():
                yield folder

    def _check(self, folder: str, *, is_write: bool) -> None:
        place = self._marker.root / folder
        stamp = stamp_of(place / MARKER)
        if stamp is not None and stamp == self._seen.get(folder):
            return
        missing = missing_mount_point(place)
        if missing is not None:
            raise DiskNotMountedError(disk_texts.mount_point_empty(place.resolve(), missing))
        if not place.is_dir():
            raise DiskNotMountedError(disk_texts.link_leads_nowhere(place, place.readlink()))
        if self._marker.is_guarded:
            self._check_marker(folder, place, is_write=is_write)

    def _check_marker(self, folder: str, place: Path, *, is_write: bool) -> None:
        archive_id = self._marker.archive_id or read_marker(self._marker.root)
        if archive_id is None:
            return
        disk = place.resolve()
        found, is_listed = read_marker(place), folder in self._marker.linked_folders()
        if found is None and is_listed:
            raise DiskNotMountedError(disk_texts.linked_marker_gone(disk, disk / MARKER, archive_id))
        if found not in (None, archive_id):
            raise DiskNotMountedError(disk_texts.other_linked_disk(disk, disk / MARKER, found, archive_id))
        if is_write and found is None:
            self._mark(place, archive_id)
        if is_write and not is_listed:
            self._marker.add_linked_folder(folder)
        stamp = stamp_of(place / MARKER)
        if stamp is not None and (is_listed or is_write):
            self._seen[folder] = stamp
