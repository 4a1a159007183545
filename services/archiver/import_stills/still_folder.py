"""Finds the stills in a folder of any depth. It reads, and never writes, moves or deletes."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from services.archiver.files.durable import read_regular
from services.archiver.files.stills import SUFFIXES
from services.archiver.files.store import MAX_FILE_BYTES


@dataclass(frozen=True, slots=True)
class StillFile:
    """A file that may be a still. `path` is relative to the folder, with slashes; `modified_at` is epoch seconds."""

    folder: Path
    path: str
    byte_count: int
    modified_at: float

    def read(self) -> bytes:
        """Its content. Raises OSError; FileNotFoundError also when it is larger than any still may be."""
        return read_regular(self.folder / self.path, MAX_FILE_BYTES)


@dataclass(slots=True)
class StillFolder:
    """A folder's stills in the order of their paths. What is left out is counted while they are iterated over."""

    root: Path
    other_files: int = 0
    """By their names no stills."""
    links: int = 0
    """Symbolic links are not followed: they lead to pictures that are elsewhere, too, or out of the folder."""
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    """Folders and files that can't be looked at, each with the reason."""

    def __iter__(self) -> Iterator[StillFile]:
        for folder, folders, names in os.walk(self.root, onerror=self._note):
            folders.sort()
            self.links += sum(Path(folder, name).is_symlink() for name in folders)
            for name in sorted(names):
                still = self._look(Path(folder, name))
                if still is not None:
                    yield still

    def _look(self, file: Path) -> StillFile | None:
        try:
            facts = file.lstat()
        except OSError as error:
            self._note(error)
            return None
        if stat.S_ISLNK(facts.st_mode):
            self.links += 1
        elif stat.S_ISREG(facts.st_mode) and file.suffix.lower() in SUFFIXES:
            path = file.relative_to(self.root).as_posix()
            return StillFile(self.root, path, facts.st_size, facts.st_mtime)
        else:
            self.other_files += 1
        return None

    def _note(self, error: OSError) -> None:
        self.unreadable.append((str(error.filename), error.strerror or type(error).__name__))
