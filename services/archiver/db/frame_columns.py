"""The index: a camera's frames as columns of numbers, for whoever needs to know of thousands at once. Only reads.

Each call is a transaction of its own and blocks on the database: call it on a thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from services.archiver.base.epoch import EPOCH
from services.archiver.db.engine import reading
from services.archiver.db.frames import Cursor, FrameQuery, conditions_of
from services.archiver.db.models import ArchivedFrame, FrameKind

_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(slots=True)
class Columns:
    """As many values in each as there are frames, oldest first. `manual` has the places of those captured by hand."""

    ids: list[int] = field(default_factory=list)
    captured_ms: list[int] = field(default_factory=list)
    """UTC epoch."""
    brightness: list[int | None] = field(default_factory=list)
    """Rounded down, so that it is below a whole number if the row's is."""
    byte_counts: list[int] = field(default_factory=list)
    manual: list[int] = field(default_factory=list)


class FrameIndex:
    """The table of archived frames, read widely. Every method raises DatabaseUnavailableError when the database is."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def columns(self, query: FrameQuery) -> tuple[Columns, Cursor | None]:
        """The newest `limit` frames that the query means, and where those before them end; None with the oldest."""
        frame = ArchivedFrame
        place = (col(frame.captured_at).desc(), col(frame.id).desc())
        wanted = (frame.id, frame.captured_at, frame.brightness, frame.bytes, frame.kind)
        statement = select_columns(*wanted).where(*conditions_of(query)).order_by(*place).limit(query.limit + 1)  # type: ignore[call-overload] # columns, to SQLAlchemy
        with reading(self._engine) as session:
            rows = session.connection().execute(statement).all()
        following = None
        if len(rows) > query.limit:
            rows = rows[: query.limit]
            following = Cursor(rows[-1].captured_at, rows[-1].id)
        columns = Columns()
        for number, (row_id, captured_at, brightness, byte_count, kind) in enumerate(reversed(rows)):
            columns.ids.append(row_id)
            columns.captured_ms.append((captured_at - EPOCH) // _MILLISECOND)
            columns.brightness.append(None if brightness is None else int(brightness))
            columns.byte_counts.append(byte_count)
            if kind == FrameKind.MANUAL:
                columns.manual.append(number)
        return columns, following

    def rows(self, frame_ids: Sequence[int]) -> dict[int, ArchivedFrame]:
        """Those of these frames that there are, by their ids."""
        with reading(self._engine) as session:
            found = session.exec(select(ArchivedFrame).where(col(ArchivedFrame.id).in_(frame_ids)))
            return {frame.id or 0: frame for frame in found}
