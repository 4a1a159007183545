"""The catalog: the rows of the archived frames. Owns every query; knows no files and no HTTP.

Each call is a transaction of its own and blocks on the database: call it on a thread.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from sqlalchemy import ColumnElement, Engine, Integer, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from services.archiver.database import reading, upgrade, writing
from services.archiver.instants import EPOCH
from services.archiver.models import ArchivedFrame, UtcDateTime

MAX_ID: Final = 2**31 - 1
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
            return cls(EPOCH + timedelta(microseconds=int(microseconds)), int(row_id))
        except (binascii.Error, UnicodeError, OverflowError) as error:
            raise ValueError(text) from error


@dataclass(frozen=True, slots=True)
class FrameQuery:
    """Which rows: from `since` on, before `until`, after the cursor's row in newest-first order."""

    camera_key: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: Cursor | None = None
    limit: int = 50


class Catalog:
    """The table of archived frames. Every method raises DatabaseUnavailable when the database is."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def upgrade(self) -> bool:
        """Bring the database to the tables' present shape, making it if need be; whether anything was to do."""
        return upgrade(self._engine)

    def add(self, frame: ArchivedFrame) -> None:
        """Enter the row, unless its camera and slot have one: the first stays."""
        values = frame.model_dump(exclude={"id"})
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        statement = insert(ArchivedFrame).values(**values)
        with writing(self._engine) as session:
            session.exec(statement.on_conflict_do_nothing(index_elements=["camera_key", "slot_start"]))

    def get(self, frame_id: int) -> ArchivedFrame | None:
        if not 1 <= frame_id <= MAX_ID:
            return None
        with reading(self._engine) as session:
            return session.get(ArchivedFrame, frame_id)

    def knows(self, camera_key: str, slot_start: int) -> bool:
        return bool(self.slot_starts(camera_key, slot_start, slot_start + 1))

    def slot_starts(self, camera_key: str, since: int, until: int) -> set[int]:
        """The slots with a row that start in this stretch of epoch seconds."""
        statement = select(ArchivedFrame.slot_start).where(
            col(ArchivedFrame.camera_key) == camera_key,
            col(ArchivedFrame.slot_start) >= since,
            col(ArchivedFrame.slot_start) < until,
        )
        with reading(self._engine) as session:
            return set(session.exec(statement))

    def latest(self, camera_key: str | None) -> ArchivedFrame | None:
        """The newest picture of the camera, or of all cameras."""
        rows, _ = self.page(FrameQuery(camera_key=camera_key, limit=1))
        return rows[0] if rows else None

    def page(self, query: FrameQuery) -> tuple[Sequence[ArchivedFrame], Cursor | None]:
        """The rows, newest first, and where the next page begins; None after the last one."""
        newest_first = (col(ArchivedFrame.captured_at).desc(), col(ArchivedFrame.id).desc())
        statement = select(ArchivedFrame).where(*_conditions(query)).order_by(*newest_first).limit(query.limit + 1)
        with reading(self._engine) as session:
            rows = session.exec(statement).all()
        if len(rows) <= query.limit:
            return rows, None
        last = rows[query.limit - 1]
        return rows[: query.limit], Cursor(last.captured_at, last.id or 0)


def _conditions(query: FrameQuery) -> list[ColumnElement[bool]]:
    captured_at = col(ArchivedFrame.captured_at)
    conditions: list[ColumnElement[bool]] = []
    if query.camera_key is not None:
        conditions.append(col(ArchivedFrame.camera_key) == query.camera_key)
    if query.since is not None:
        conditions.append(captured_at >= query.since)
    if query.until is not None:
        conditions.append(captured_at < query.until)
    if query.after is not None:
        place = tuple_(query.after.captured_at, query.after.id, types=[UtcDateTime(), Integer()])
        conditions.append(tuple_(captured_at, col(ArchivedFrame.id)) < place)
    return conditions
