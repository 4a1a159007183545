"""The catalog: the rows of the archived frames. Owns every query; knows no files and no HTTP.

Each call is a transaction of its own and blocks on the database: call it on a thread.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, Self, TypeVar

from sqlalchemy import ColumnElement, Engine, Integer, and_, delete, func, or_, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from services.archiver.base.epoch import EPOCH
from services.archiver.base.local_time import SameHour, Window
from services.archiver.db.engine import reading, upgrade, writing
from services.archiver.db.gaps import enter_gap, fill_gap, is_deleted
from services.archiver.db.intervals import GapReason, Missed, Stretch
from services.archiver.db.models import ArchivedFrame, FrameKind, PendingDeletion, UtcDateTime

MAX_ID: Final = 2**31 - 1
DAYLIGHT_BRIGHTNESS: Final = 40.0
"""A mean luma (0 to 255) from which a picture shows something: dusk is above, a dark room or a covered lens below."""
_WINDOWS_AT_ONCE: Final = 31
_NAMES_AT_ONCE: Final = 500
ValueT = TypeVar("ValueT")
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of a row in the newest-first order. As text it is opaque to whoever gets it."""

    captured_at: datetime
    id: int

    def encode(self) -> str:
        microseconds = (self.captured_at - EPOCH) // _MICROSECOND
        return base64.urlsafe_b64encode(f"{microseconds}.{self.id}".encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read it back. Raises ValueError when it is none."""
        try:
            plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
            microseconds, _, row_id = plain.partition(".")
            cursor = cls(EPOCH + timedelta(microseconds=int(microseconds)), int(row_id))
        except (binascii.Error, UnicodeError, OverflowError) as error:
            raise ValueError(text) from error
        if not 0 <= cursor.id <= MAX_ID:
            raise ValueError(text)
        return cursor


@dataclass(frozen=True, slots=True)
class FrameQuery:
    """Which rows: captured from `since` on, before `until`, beyond the cursor's row in the order asked for."""

    camera_key: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: Cursor | None = None
    limit: int = 50
    daylight: bool = False
    """Only pictures of at least `DAYLIGHT_BRIGHTNESS`."""
    same_hour: SameHour | None = None
    oldest_first: bool = False


@dataclass(frozen=True, slots=True)
class Amount:
    """So many frames, and the bytes of their files with thumbnails."""

    frames: int
    bytes: int


class Catalog:
    """The table of archived frames. Every method raises DatabaseUnavailableError when the database is."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def upgrade(self) -> bool:
        """Bring the database to the tables' present shape, making it if need be; whether anything was to do."""
        return upgrade(self._engine)

    def add(self, frame: ArchivedFrame) -> bool:
        """Enter the row, unless there is one of its slot or path: the first stays. The gap that told of it is closed.

        False when somebody has deleted this very picture, which has no row then and deserves no file.
        """
        values = frame.model_dump(exclude={"id"})
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        with writing(self._engine) as session:
            if _is_deleted(session, frame):
                return False
            session.exec(insert(ArchivedFrame).values(**values).on_conflict_do_nothing())
            fill_gap(session, frame)
            return True

    def delete(self, frame_ids: Iterable[int], *, leave_gaps: bool) -> list[str]:
        """Take the rows out, and remember that their files have to go; the paths of those. Files are not touched: see
        `pending_deletions`. With `leave_gaps` their slots are told of as deleted, and never captured again.
        """
        with writing(self._engine) as session:
            frames = [
                frame
                for some in _batches(frame_ids)
                for frame in session.exec(select(ArchivedFrame).where(col(ArchivedFrame.id).in_(some)))
            ]
            for frame in frames:
                session.delete(frame)
                session.merge(PendingDeletion(path=frame.path))
                if leave_gaps and frame.slot_start is not None and frame.interval_seconds is not None:
                    slot = Stretch(frame.slot_start, frame.slot_start + frame.interval_seconds)
                    enter_gap(session, frame.camera_key, frame.interval_seconds, Missed(slot, GapReason.DELETED.value))
            return [frame.path for frame in frames]

    def pending_deletions(self) -> Sequence[str]:
        """The paths of files that have no row any more and are to be deleted."""
        with reading(self._engine) as session:
            return session.exec(select(PendingDeletion.path)).all()

    def deletions_done(self, paths: Iterable[str]) -> None:
        """Their files are gone."""
        with writing(self._engine) as session:
            for some in _batches(paths):
                session.exec(delete(PendingDeletion).where(col(PendingDeletion.path).in_(some)))

    def get(self, frame_id: int) -> ArchivedFrame | None:
        if not 1 <= frame_id <= MAX_ID:
            return None
        with reading(self._engine) as session:
            return session.get(ArchivedFrame, frame_id)

    def at_path(self, path: str) -> ArchivedFrame | None:
        with reading(self._engine) as session:
            return session.exec(select(ArchivedFrame).where(ArchivedFrame.path == path)).first()

    def is_settled(self, camera_key: str, slot_start: int) -> bool:
        """Whether the slot has its row, or somebody deleted its picture."""
        row = select(ArchivedFrame.id).where(
            ArchivedFrame.camera_key == camera_key, ArchivedFrame.slot_start == slot_start
        )
        with reading(self._engine) as session:
            return session.exec(row).first() is not None or is_deleted(session, camera_key, slot_start)

    def known_paths(self, paths: Iterable[str]) -> set[str]:
        """Those of them that have a row."""
        with reading(self._engine) as session:
            return {
                path
                for some in _batches(paths)
                for path in session.exec(select(ArchivedFrame.path).where(col(ArchivedFrame.path).in_(some)))
            }

    def unmeasured(self, after_id: int, limit: int) -> Sequence[ArchivedFrame]:
        """Rows without measures or thumbnail, in order of their ids."""
        lacking = or_(col(ArchivedFrame.perceptual_hash).is_(None), col(ArchivedFrame.thumbnail_bytes).is_(None))
        statement = select(ArchivedFrame).where(lacking, col(ArchivedFrame.id) > after_id)
        with reading(self._engine) as session:
            return session.exec(statement.order_by(col(ArchivedFrame.id)).limit(limit)).all()

    def measured(self, frame_id: int, brightness: float, perceptual_hash: str, thumbnail_bytes: int | None) -> None:
        """Enter what was measured on a row's picture."""
        with writing(self._engine) as session:
            frame = session.get(ArchivedFrame, frame_id)
            if frame is not None:
                frame.brightness, frame.perceptual_hash = brightness, perceptual_hash
                frame.thumbnail_bytes = thumbnail_bytes
                session.add(frame)

    def latest(self, camera_key: str | None) -> ArchivedFrame | None:
        """The newest picture of the camera, or of all cameras."""
        rows, _ = self.page(FrameQuery(camera_key=camera_key, limit=1))
        return rows[0] if rows else None

    def nearest(self, camera_key: str | None, instant: datetime) -> ArchivedFrame | None:
        """The picture captured nearest to the instant, the older of two."""
        before = FrameQuery(camera_key, until=instant + _MICROSECOND, limit=1)
        after = FrameQuery(camera_key, since=instant, limit=1, oldest_first=True)
        found = [row for query in (before, after) for row in self.page(query)[0]]
        return min(found, key=lambda row: abs(row.captured_at - instant), default=None)

    def page(self, query: FrameQuery) -> tuple[Sequence[ArchivedFrame], Cursor | None]:
        """The rows in order, and where the next page begins; None after the last one."""
        with reading(self._engine) as session:
            if query.same_hour is None:
                rows = _rows(session, query, conditions_of(query), query.limit + 1)
            else:
                rows = _rows_of_same_hour(session, query, query.same_hour)
        if len(rows) <= query.limit:
            return rows, None
        last = rows[query.limit - 1]
        return rows[: query.limit], Cursor(last.captured_at, last.id or 0)

    def count(self, query: FrameQuery) -> int:
        """How many rows the query means, were it without limit."""
        with reading(self._engine) as session:
            counted = select(func.count()).select_from(ArchivedFrame)
            if query.same_hour is None:
                return session.exec(counted.where(*conditions_of(query))).one()
            total = 0
            windows = _windows(session, query, query.same_hour)
            while some := list(islice(windows, _WINDOWS_AT_ONCE)):
                total += session.exec(counted.where(*conditions_of(query), _within(some))).one()
            return total

    def amounts(self, camera_key: str | None, windows: Iterable[Window]) -> list[Amount]:
        """What was captured within each stretch of time."""
        size = func.sum(col(ArchivedFrame.bytes) + func.coalesce(ArchivedFrame.thumbnail_bytes, 0))
        found = []
        with reading(self._engine) as session:
            for since, until in windows:
                conditions = conditions_of(FrameQuery(camera_key, since, until))
                frames, byte_count = session.exec(select(func.count(), size).where(*conditions)).one()
                found.append(Amount(frames, int(byte_count or 0)))
        return found

    def ends(self, query: FrameQuery) -> tuple[datetime, datetime] | None:
        """When the first and the last of the rows that the query means were captured; None when there are none."""
        with reading(self._engine) as session:
            return _ends(session, query)


def _batches(values: Iterable[ValueT]) -> Iterator[list[ValueT]]:
    """As many as a statement may name."""
    remaining = iter(values)
    while some := list(islice(remaining, _NAMES_AT_ONCE)):
        yield some


def _is_deleted(session: Session, frame: ArchivedFrame) -> bool:
    if session.get(PendingDeletion, frame.path) is not None:
        return True
    return frame.kind == FrameKind.SLOT and is_deleted(session, frame.camera_key, frame.slot_start or 0)


def _rows(
    session: Session, query: FrameQuery, conditions: Sequence[ColumnElement[bool]], limit: int
) -> list[ArchivedFrame]:
    place = (col(ArchivedFrame.captured_at), col(ArchivedFrame.id))
    order = place if query.oldest_first else tuple(column.desc() for column in place)
    return list(session.exec(select(ArchivedFrame).where(*conditions).order_by(*order).limit(limit)))


def _rows_of_same_hour(session: Session, query: FrameQuery, same_hour: SameHour) -> list[ArchivedFrame]:
    """A few weeks at a time, until the page is full, so that the index leads to each day's hour."""
    windows = _windows(session, query, same_hour)
    rows: list[ArchivedFrame] = []
    while len(rows) <= query.limit and (some := list(islice(windows, _WINDOWS_AT_ONCE))):
        conditions = [*conditions_of(query), _within(some)]
        rows += _rows(session, query, conditions, query.limit + 1 - len(rows))
    return rows


def _windows(session: Session, query: FrameQuery, same_hour: SameHour) -> Iterator[Window]:
    ends = _ends(session, query)
    return iter(()) if ends is None else same_hour.windows(*ends, newest_first=not query.oldest_first)


def _within(windows: Iterable[Window]) -> ColumnElement[bool]:
    captured_at = col(ArchivedFrame.captured_at)
    return or_(*(and_(captured_at >= begin, captured_at < end) for begin, end in windows))


def _ends(session: Session, query: FrameQuery) -> tuple[datetime, datetime] | None:
    captured_at, conditions = col(ArchivedFrame.captured_at), conditions_of(query)
    oldest = session.exec(select(captured_at).where(*conditions).order_by(captured_at).limit(1)).first()
    newest = session.exec(select(captured_at).where(*conditions).order_by(captured_at.desc()).limit(1)).first()
    return None if oldest is None or newest is None else (oldest, newest)


def conditions_of(query: FrameQuery) -> list[ColumnElement[bool]]:
    """All that a query asks of a row, but for the same hour of each day."""
    return list(_each_condition(query))


def _each_condition(query: FrameQuery) -> Iterator[ColumnElement[bool]]:
    captured_at = col(ArchivedFrame.captured_at)
    if query.camera_key is not None:
        yield col(ArchivedFrame.camera_key) == query.camera_key
    if query.since is not None:
        yield captured_at >= query.since
    if query.until is not None:
        yield captured_at < query.until
    if query.daylight:
        yield col(ArchivedFrame.brightness) >= DAYLIGHT_BRIGHTNESS
    if query.after is not None:
        own = tuple_(captured_at, col(ArchivedFrame.id))
        place = tuple_(query.after.captured_at, query.after.id, types=[UtcDateTime(), Integer()])
        yield own > place if query.oldest_first else own < place
