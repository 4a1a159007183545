"""The rows of the archived frames: every query of them. Knows no files and no HTTP.

Each call is a transaction of its own and blocks on the database: call it on a thread.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from importlib import import_module
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, Engine, delete, func, or_, update
from sqlmodel import Session, col, select

from services.archiver.base.epoch import from_ns
from services.archiver.base.local_time import SameHour, Window
from services.archiver.db.deletions import (
    deletion_of,
    forget_deletion,
    is_pending,
    note_expired,
    record_deletion,
    was_expired,
)
from services.archiver.db.engine import reading, writing
from services.archiver.db.frame_columns import FrameColumns, read_columns
from services.archiver.db.frame_query import FILE_BYTES, MAX_ID, MICROSECOND, Cursor, FrameQuery, conditions_of, within
from services.archiver.db.frame_slots import clear_slot
from services.archiver.db.gaps import fill_gap, insert_gap, is_deleted
from services.archiver.db.intervals import GapReason, Missed, Stretch
from services.archiver.db.models import ArchivedFrame, PendingDeletion

_WINDOWS_AT_ONCE: Final = 31
_NAMES_AT_ONCE: Final = 500
ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True)
class Amount:
    """How many frames, and the bytes of their files with thumbnails."""

    frames: int
    bytes: int


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


class FrameRows:
    """The table of archived frames. Every method raises DatabaseUnavailableError when the database is unavailable."""

    def __init__(self, engine: Engine, utc_ns: Callable[[], int] = time.time_ns) -> None:
        self._engine = engine
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
            for some in _batches(paths):
                meant = (col(ArchivedFrame.path).in_(some), kept.is_(not is_kept))
                session.exec(update(ArchivedFrame).where(*meant).values(kept=is_kept))

    def pending_deletions(self) -> dict[str, datetime | None]:
        """The paths of files that have no row any more and are to be deleted, and when the rows were."""
        with reading(self._engine) as session:
            return {each.path: each.deleted_at for each in session.exec(select(PendingDeletion))}

    def deletions_done(self, paths: Iterable[str]) -> None:
        """These files are gone: forget them."""
        with writing(self._engine) as session:
            for some in _batches(paths):
                session.exec(delete(PendingDeletion).where(col(PendingDeletion.path).in_(some)))

    def get(self, frame_id: int) -> ArchivedFrame | None:
        """The row with this id."""
        if not 1 <= frame_id <= MAX_ID:
            return None
        with reading(self._engine) as session:
            return session.get(ArchivedFrame, frame_id)

    def get_many(self, frame_ids: Sequence[int]) -> dict[int, ArchivedFrame]:
        """The rows with these ids, by id; an id without a row is left out."""
        with reading(self._engine) as session:
            found = session.exec(select(ArchivedFrame).where(col(ArchivedFrame.id).in_(frame_ids)))
            return {frame.id or 0: frame for frame in found}

    def by_path(self, path: str) -> ArchivedFrame | None:
        """The row of this file."""
        with reading(self._engine) as session:
            return session.exec(select(ArchivedFrame).where(ArchivedFrame.path == path)).first()

    def is_done(self, camera_key: str, slot_start: int) -> bool:
        """Whether nothing is to be captured for the slot: it has its row, or its picture was deleted.

        The row of a frame in doubt is none: which slot it is of is not known.
        """
        row = select(ArchivedFrame.id).where(
            ArchivedFrame.camera_key == camera_key,
            ArchivedFrame.slot_start == slot_start,
            col(ArchivedFrame.doubtful).is_(False),
        )
        with reading(self._engine) as session:
            return session.exec(row).first() is not None or is_deleted(session, camera_key, slot_start)

    def known_paths(self, paths: Iterable[str]) -> set[str]:
        """The paths among these that have a row."""
        with reading(self._engine) as session:
            return {
                path
                for some in _batches(paths)
                for path in session.exec(select(ArchivedFrame.path).where(col(ArchivedFrame.path).in_(some)))
            }

    def unmeasured(self, after_id: int, limit: int) -> Sequence[ArchivedFrame]:
        """Rows without image features or thumbnail, in order of their ids."""
        lacking = or_(col(ArchivedFrame.perceptual_hash).is_(None), col(ArchivedFrame.thumbnail_bytes).is_(None))
        statement = select(ArchivedFrame).where(lacking, col(ArchivedFrame.id) > after_id)
        with reading(self._engine) as session:
            return session.exec(statement.order_by(col(ArchivedFrame.id)).limit(limit)).all()

    def set_features(self, frame_id: int, brightness: float, perceptual_hash: str, thumbnail_bytes: int | None) -> None:
        """Complete a row with what was measured on its picture."""
        with writing(self._engine) as session:
            frame = session.get(ArchivedFrame, frame_id)
            if frame is not None:
                frame.brightness, frame.perceptual_hash = brightness, perceptual_hash
                frame.thumbnail_bytes = thumbnail_bytes
                session.add(frame)

    def latest(self, camera_key: str | None) -> ArchivedFrame | None:
        """The newest frame of the camera, or of all cameras. One in doubt only if there is no other."""
        for doubtful in (False, True):
            rows, _ = self.page(FrameQuery(camera_key=camera_key, limit=1, doubtful=doubtful))
            if rows:
                return rows[0]
        return None

    def newest_slot_ends(self, camera_keys: Sequence[str]) -> dict[str, int]:
        """When the newest archived slot of each camera ends (epoch seconds), of those that have one."""
        start, found = col(ArchivedFrame.slot_start), {}
        with reading(self._engine) as session:
            for key in camera_keys:
                newest = select(start, col(ArchivedFrame.interval_seconds)).where(
                    ArchivedFrame.camera_key == key, col(ArchivedFrame.doubtful).is_(False)
                )
                row = session.exec(newest.where(start.is_not(None)).order_by(start.desc()).limit(1)).first()
                if row is not None:
                    found[key] = (row[0] or 0) + (row[1] or 0)
        return found

    def nearest(self, camera_key: str | None, instant: datetime) -> ArchivedFrame | None:
        """The frame captured nearest to the instant; if two are equally near, the older one."""
        before = FrameQuery(camera_key, until=instant + MICROSECOND, limit=1)
        after = FrameQuery(camera_key, since=instant, limit=1, oldest_first=True)
        found = [row for query in (before, after) for row in self.page(query)[0]]
        return min(found, key=lambda row: abs(row.captured_at - instant), default=None)

    def page(self, query: FrameQuery) -> tuple[Sequence[ArchivedFrame], Cursor | None]:
        """The rows in order, and the cursor to the next page; None after the last page."""
        with reading(self._engine) as session:
            if query.same_hour is None:
                rows = _rows(session, query, conditions_of(query), query.limit + 1)
            else:
                rows = _rows_of_same_hour(session, query, query.same_hour)
        if len(rows) <= query.limit:
            return rows, None
        last = rows[query.limit - 1]
        return rows[: query.limit], Cursor(last.captured_at, last.id or 0)

    def columns(self, query: FrameQuery) -> tuple[FrameColumns, Cursor | None]:
        """See `read_columns`."""
        with reading(self._engine) as session:
            return read_columns(session, query)

    def count(self, query: FrameQuery) -> int:
        """How many rows the query has without its limit."""
        with reading(self._engine) as session:
            counted = select(func.count()).select_from(ArchivedFrame)
            if query.same_hour is None:
                return session.exec(counted.where(*conditions_of(query))).one()
            total = 0
            windows = _windows(session, query, query.same_hour)
            while some := list(islice(windows, _WINDOWS_AT_ONCE)):
                total += session.exec(counted.where(*conditions_of(query), within(some))).one()
            return total

    def amounts(self, camera_key: str | None, windows: Iterable[Window]) -> list[Amount]:
        """How much was captured within each stretch of time."""
        found = []
        with reading(self._engine) as session:
            for since, until in windows:
                conditions = conditions_of(FrameQuery(camera_key, since, until))
                statement = select(func.count(), func.sum(FILE_BYTES)).where(*conditions)
                frames, byte_count = session.exec(statement).one()
                found.append(Amount(frames, int(byte_count or 0)))
        return found

    def total_bytes(self) -> int:
        """The bytes of all files with their thumbnails."""
        with reading(self._engine) as session:
            return int(session.exec(select(func.sum(FILE_BYTES))).one() or 0)

    def ends(self, query: FrameQuery) -> tuple[datetime, datetime] | None:
        """When the query's first and last frames were captured; None when there are none."""
        with reading(self._engine) as session:
            return _ends(session, query)


def insert_new(session: Session, frames: Sequence[ArchivedFrame]) -> None:
    """Insert these rows, at least one, but leave out each whose slot or path has a row already."""
    # Each dialect takes 2 MB, and one of them is loaded anyway.
    dialect = import_module(f"sqlalchemy.dialects.{session.get_bind().dialect.name}")
    values = [frame.model_dump(exclude={"id"}) for frame in frames]
    session.exec(dialect.insert(ArchivedFrame).values(values).on_conflict_do_nothing())


def _batches(values: Iterable[ValueT]) -> Iterator[list[ValueT]]:
    """Lists short enough for one statement."""
    remaining = iter(values)
    while some := list(islice(remaining, _NAMES_AT_ONCE)):
        yield some


def _is_deleted(session: Session, frame: ArchivedFrame) -> bool:
    return is_pending(session, frame.path) or deletion_of(session, frame) is not None


def _with_ids(session: Session, frame_ids: Iterable[int]) -> list[ArchivedFrame]:
    return [
        frame
        for some in _batches(frame_ids)
        for frame in session.exec(select(ArchivedFrame).where(col(ArchivedFrame.id).in_(some)))
    ]


def _leave_gap(session: Session, frame: ArchivedFrame, reason: GapReason) -> None:
    if frame.slot_start is not None and frame.interval_seconds is not None:
        slot = Stretch(frame.slot_start, frame.slot_start + frame.interval_seconds)
        insert_gap(session, frame.camera_key, frame.interval_seconds, Missed(slot, reason.value))


def _rows(
    session: Session, query: FrameQuery, conditions: Sequence[ColumnElement[bool]], limit: int
) -> list[ArchivedFrame]:
    place = (col(ArchivedFrame.captured_at), col(ArchivedFrame.id))
    order = place if query.oldest_first else tuple(column.desc() for column in place)
    return list(session.exec(select(ArchivedFrame).where(*conditions).order_by(*order).limit(limit)))


def _rows_of_same_hour(session: Session, query: FrameQuery, same_hour: SameHour) -> list[ArchivedFrame]:
    """Read a few weeks at a time until the page is full, so that the index leads to each day's hour."""
    windows = _windows(session, query, same_hour)
    rows: list[ArchivedFrame] = []
    while len(rows) <= query.limit and (some := list(islice(windows, _WINDOWS_AT_ONCE))):
        conditions = [*conditions_of(query), within(some)]
        rows += _rows(session, query, conditions, query.limit + 1 - len(rows))
    return rows


def _windows(session: Session, query: FrameQuery, same_hour: SameHour) -> Iterator[Window]:
    ends = _ends(session, query)
    return iter(()) if ends is None else same_hour.windows(*ends, newest_first=not query.oldest_first)


def _ends(session: Session, query: FrameQuery) -> tuple[datetime, datetime] | None:
    captured_at, conditions = col(ArchivedFrame.captured_at), conditions_of(query)
    oldest = session.exec(select(captured_at).where(*conditions).order_by(captured_at).limit(1)).first()
    newest = session.exec(select(captured_at).where(*conditions).order_by(captured_at.desc()).limit(1)).first()
    return None if oldest is None or newest is None else (oldest, newest)
