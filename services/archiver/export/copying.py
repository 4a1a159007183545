"""Copies frames to a target, one after the other. It only reads the archive, so an archiver may run beside it.

A frame that is at the target already, by its hash, is not copied again. So the same command finishes an export that was
interrupted.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from services.archiver.base.errors import DamagedFrameError
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.export.rows_file import RowsFile
from services.archiver.export.target import Target
from services.archiver.files.frame_files import KEPT_MARK, FrameFiles
from services.archiver.files.paths import kept_mark_of


@dataclass(slots=True)
class Copied:
    """What came of it: numbers of frames, and the paths of those that are not at the target."""

    new: int = 0
    present: int = 0
    missing: list[str] = field(default_factory=list)
    """Their files are gone from the archive."""
    damaged: list[str] = field(default_factory=list)
    """Their files are not those that the rows describe."""
    other: list[str] = field(default_factory=list)
    """Another file has their name at the target. It is left alone."""
    in_doubt: int = 0
    """How many frames of the cameras have a time in doubt: no list has them, and so they are left out."""

    @property
    def count(self) -> int:
        """How many frames there were."""
        return self.new + self.present + len(self.missing) + len(self.damaged) + len(self.other)


class Copying:
    """From an archive to a target. Every method raises StorageUnavailableError and DatabaseUnavailableError."""

    def __init__(self, frame_rows: FrameRows, frame_files: FrameFiles, target: Target, rows: RowsFile) -> None:
        self.result = Copied()
        """Of what has been done so far."""
        self._frame_rows = frame_rows
        self._frame_files = frame_files
        self._target = target
        self._rows = rows

    def copy(self, query: FrameQuery) -> None:
        """Copy what the query finds, oldest first, and note the rows of all that is at the target then."""
        self.result.in_doubt += self._frame_rows.count(replace(query, doubtful=True, since=None, until=None))
        for frame in self._frames(query):
            if self._is_copied(frame):
                self._mark(frame)
                self._rows.add(frame)

    def _frames(self, query: FrameQuery) -> Iterator[ArchivedFrame]:
        """A page at a time, so that no writer waits for long."""
        query = replace(query, limit=500, oldest_first=True)
        while True:
            frames, query_after = self._frame_rows.page(query)
            yield from frames
            if query_after is None:
                return
            query = replace(query, after=query_after)

    def _is_copied(self, frame: ArchivedFrame) -> bool:
        """Copy the frame unless it is there; whether it is there in the end."""
        try:
            present = self._target.read(frame.path)
        except FileNotFoundError:
            return self._is_new(frame)
        if hashlib.sha256(present).hexdigest() != frame.sha256:
            self.result.other.append(frame.path)
            return False
        self.result.present += 1
        return True

    def _is_new(self, frame: ArchivedFrame) -> bool:
        try:
            content = self._frame_files.image(frame)
        except FileNotFoundError:
            if self._frame_rows.get(frame.id or 0) is not None:  # else it was deleted meanwhile
                self.result.missing.append(frame.path)
            return False
        except DamagedFrameError:
            self.result.damaged.append(frame.path)
            return False
        self._target.write(frame.path, content)
        self.result.new += 1
        return True

    def _mark(self, frame: ArchivedFrame) -> None:
        """A kept frame is one at the target too, if that is made an archive."""
        if frame.kept:
            try:
                self._target.read(kept_mark_of(frame.path))
            except FileNotFoundError:
                self._target.write(kept_mark_of(frame.path), KEPT_MARK)
