"""The rows of the archived frames: every query of them that only reads. Knows no files and no HTTP.

Each call is a transaction of its own and blocks on the database: call it on a thread.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, Engine, func, or_
from sqlmodel import Session, col, select

from services.archiver.base.local_time import SameHour, Window
from services.archiver.db.engine import reading
from services.archiver.db.frame_columns import FrameColumns, read_columns
from services.archiver.db.frame_query import FILE_BYTES, MAX_ID, MICROSECOND, Cursor, FrameQuery, conditions_of, within
from services.archiver.db.gaps import is_deleted
from services.archiver.db.models import ArchivedFrame, PendingDeletion

_WINDOWS_AT_ONCE: Final = 31
_NAMES_AT_ONCE: Final = 500
ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True)
class Amount:
    """How many frames, and the bytes of their files with thumbnails."""

    frames: int
    bytes: int


class FrameQueries:
    """Every method raises DatabaseUnavailableError when the database is unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def pending_deletions(self) -> dict[str, datetime | None]:
        """The paths of files that have no row any more and are to be deleted, and when the rows were."""
        with reading(self._engine) as session:
            return {each.path: each.deleted_at for each in session.exec(select(PendingDeletion))}

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
                for some in batches(paths)
                for path in session.exec(select(ArchivedFrame.path).where(col(ArchivedFrame.path).in_(some)))
            }

    def unmeasured(self, after_id: int, limit: int) -> Sequence[ArchivedFrame]:
        """Rows without image features or thumbnail, in order of their ids."""
        lacking = or_(col(ArchivedFrame.perceptual_hash).is_(None), col(ArchivedFrame.thumbnail_bytes).is_(None))
        statement = select(ArchivedFrame).where(lacking, col(ArchivedFrame.id) > after_id)
        with reading(self._engine) as session:
            return session.exec(statement.order_by(col(ArchivedFrame.id)).limit(limit)).all()

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


def batches(values: Iterable[ValueT]) -> Iterator[list[ValueT]]:
    """Lists short enough for one statement."""
    remaining = iter(values)
    while some := list(islice(remaining, _NAMES_AT_ONCE)):
        yield some


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
