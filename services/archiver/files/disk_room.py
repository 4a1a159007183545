"""The room on a directory's disk, in bytes and in inodes: without a free inode a disk takes no file."""

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.archiver.base import disk_texts, texts
from services.archiver.base.errors import StorageFullError
from services.archiver.files.mounts import nearest

FILES_OF_A_FRAME: Final = 2
"""The frame and its thumbnail."""


@dataclass(frozen=True, slots=True)
class DiskRoom:
    """What is free, and the whole. A file system that does not count inodes has 0 of `all_files`."""

    free_bytes: int
    all_bytes: int
    free_files: int
    all_files: int

    @classmethod
    def of(cls, directory: Path) -> "DiskRoom":
        """Of the disk of the directory, or of the nearest one above it that is there. Raises OSError."""
        facts = os.statvfs(nearest(directory))
        size = facts.f_frsize
        return cls(facts.f_bavail * size, facts.f_blocks * size, facts.f_favail, facts.f_files)

    @property
    def has_no_inode(self) -> bool:
        """Whether no file can be made, however small."""
        return self.all_files > 0 and self.free_files == 0

    @property
    def usable_bytes(self) -> int:
        """The bytes that files can get."""
        return 0 if self.has_no_inode else self.free_bytes

    def leave(self, min_free_bytes: int, byte_count: int) -> None:
        """Raise StorageFullError when a frame of so many bytes would leave less than the floor.

        The floor is a share of the disk, and keeps the same share of its inodes.
        """
        if not min_free_bytes:
            return
        if self.free_bytes - byte_count < min_free_bytes:
            raise StorageFullError(texts.disk_below_floor(self.free_bytes, min_free_bytes))
        kept_files = math.ceil(self.all_files * min_free_bytes / max(self.all_bytes, 1))
        if self.all_files and self.free_files - FILES_OF_A_FRAME < kept_files:
            raise StorageFullError(disk_texts.inodes_below_floor(self.free_files, kept_files, min_free_bytes))
