"""The rows of the archived frames: how they change. What only reads them is in `frame_queries.py`.

Each call is a transaction of its own and blocks on the database: call it on a thread.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum, auto
from importlib import import_module

from sqlalchemy import Engine, delete, update
from sqlmodel import Session, col, select

from services.archiver.base.epoch import from_ns
from services.archiver.db.deletions import (
    deletion_of,
    forget_deletion,
    is_pending,
    note_expired,
    record_deletion,
    was_expired,
)
from services.archiver.db.engine import writing
from services.archiver.db.frame_queries import FrameQueries, batches
from services.archiver.db.frame_slots import clear_slot
from services.archiver.db.gaps import fill_gap, insert_gap
from services.archiver.db.intervals import GapReason, Missed, Stretch
from services.archiver.db.models import ArchivedFrame, PendingDeletion


class Adoption(Enum):
    """What became of a file without a row."""

    ADOPTED = auto()
    """It has one now."""
    PUT_BACK = auto()
    """The same; it had been deleted, and somebody has put it back."""
    LEFT = auto()
    """It had been deleted and was put back, and is to stay without a row."""
    PENDING = auto()
    """Its row was deleted, and the file is about to be."""
    LATE = auto()
    """Another archiver was making it when somebody deleted its slot's picture."""


class FrameRows(FrameQueries):
    """The table of archived frames, to read and to change.

    Every method raises DatabaseUnavailableError when the database is unavailable.
    """

    def __init__(self, engine: Engine, utc_ns: Callable[[], int] = time.time_ns) -> None:
        super().__init__(engine)
        self._utc_ns = utc_ns

    def add(self, frame: ArchivedFrame) -> bool:
        """Insert the row, unless its slot or path has one: the first stays. Its slot is no longer part of a gap.

        False when this very picture was deleted: it gets no row, and its file should go.
        """
        with writing(self._engine) as session:
            if _is_deleted(session, frame):
                return False
            clear_slot(session, frame)
            insert_new(session, [frame])
            if not frame.doubtful:
                fill_gap(session, frame)
            return True

    def adopt(self, frame: ArchivedFrame, *, takes_back: bool = True) -> Adoption:
        """Insert the row of a file that has none. `takes_back`: also if it had been deleted and was put back."""
        with writing(self._engine) as session:
            if is_pending(session, frame.path):
                return Adoption.PENDING
            deletion, is_expired = deletion_of(session, frame), was_expired(session, frame)
            if deletion is not None and deletion.is_late(frame):
                return Adoption.LATE
            was_deleted = deletion is not None or is_expired
            if was_deleted and not takes_back:
                return Adoption.LEFT
            frame.put_back_at = from_ns(self._utc_ns()) if is_expired else None
            forget_deletion(session, frame.path)
            clear_slot(session, frame)
            insert_new(session, [frame])
            if not frame.doubtful:
                fill_gap(session, frame)
            return Adoption.PUT_BACK if was_deleted else Adoption.ADOPTED

    def delete(self, frame_ids: Iterable[int], *, leave_gaps: bool, spare_kept: bool = False) -> list[str]:
        """Delete the rows, and remember their files as pending deletions; the paths of those files.

        No file is touched. With `leave_gaps` somebody deletes them by hand: their slots get the gap `deleted`, and are
        never captured again; but of a frame in doubt nobody knows the slot, which may be one to come. Without,
        retention does. With `spare_kept` a frame that was marked as kept meanwhile stays.
        """
        now = from_ns(self._utc_ns())
        with writing(self._engine) as session:
            frames = [frame for frame in _with_ids(session, frame_ids) if not (spare_kept and frame.kept)]
            for frame in frames:
                session.delete(frame)
                session.merge(PendingDeletion(path=frame.path, deleted_at=now))
                if leave_gaps and not frame.doubtful:
                    record_deletion(session, frame, now)
                    _leave_gap(session, frame, GapReason.DELETED)
            if not leave_gaps:
                note_expired(session, frames)
            return [frame.path for frame in frames]

    def drop(self, paths: Mapping[int, str]) -> int:
        """Take out the rows of pictures whose files are gone, by id; how many. Their slots get the gap `lost`.

        A row that has another path by now stays: its camera was renamed.
        """
        with writing(self._engine) as session:
            frames = [frame for frame in _with_ids(session, paths) if frame.path == paths.get(frame.id or 0)]
            for frame in frames:
                session.delete(frame)
                if not frame.doubtful:  # else nobody knows which slot it was
                    _leave_gap(session, frame, GapReason.LOST)
            return len(frames)

    def set_kept(self, paths: Iterable[str], *, is_kept: bool) -> None:
        """Mark the frames of these files as kept, or take the mark away."""
        kept = col(ArchivedFrame.kept)
        with writing(self._engine) as session:
            for some in batches(paths):
                meant = (col(ArchivedFrame.path).in_(some), kept.is_(not is_kept))
                session.exec(update(ArchivedFrame).where(*meant).values(kept=is_kept))

    def deletions_done(self, paths: Iterable[str]) -> None:
        """These files are gone: forget them."""
        with writing(self._engine) as session:
            for some in batches(paths):
                session.exec(delete(PendingDeletion).where(col(PendingDeletion.path).in_(some)))

    def set_features(self, frame_id: int, brightness: float, perceptual_hash: str, thumbnail_bytes: int | None) -> None:
        """Complete a row with what was measured on its picture."""
        with writing(self._engine) as session:
            frame = session.get(ArchivedFrame, frame_id)
            if frame is not None:
                frame.brightness, frame.perceptual_hash = brightness, perceptual_hash
                frame.thumbnail_bytes = thumbnail_bytes
                session.add(frame)


def insert_new(session: Session, frames: Sequence[ArchivedFrame]) -> None:
    """Insert these rows, at least one, but leave out each whose slot or path has a row already."""
    # Each dialect takes 2 MB, and one of them is loaded anyway.
    dialect = import_module(f"sqlalchemy.dialects.{session.get_bind().dialect.name}")
    values = [frame.model_dump(exclude={"id"}) for frame in frames]
    session.exec(dialect.insert(ArchivedFrame).values(values).on_conflict_do_nothing())


def _is_deleted(session: Session, frame: ArchivedFrame) -> bool:
    return is_pending(session, frame.path) or deletion_of(session, frame) is not None


def _with_ids(session: Session, frame_ids: Iterable[int]) -> list[ArchivedFrame]:
    return [
        frame
        for some in batches(frame_ids)
        for frame in session.exec(select(ArchivedFrame).where(col(ArchivedFrame.id).in_(some)))
    ]


def _leave_gap(session: Session, frame: ArchivedFrame, reason: GapReason) -> None:
    if frame.slot_start is not None and frame.interval_seconds is not None:
        slot = Stretch(frame.slot_start, frame.slot_start + frame.interval_seconds)
        insert_gap(session, frame.camera_key, frame.interval_seconds, Missed(slot, reason.value))
