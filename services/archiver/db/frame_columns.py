"""Many frames as columns of numbers, for clients that need thousands at once."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlmodel import Session, col

from services.archiver.base.epoch import EPOCH
from services.archiver.db.frame_query import Cursor, FrameQuery, conditions_of
from services.archiver.db.models import ArchivedFrame, FrameKind

HASH_DIGITS: Final = 8
"""How many hexadecimal digits of a frame's SHA-256 are told."""
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(slots=True)
class FrameColumns:
    """The frames oldest first, one value each per column; `manual` and `kept` list the positions of such frames."""

    ids: list[int] = field(default_factory=list)
    captured_ms: list[int] = field(default_factory=list)
    """UTC epoch."""
    brightness: list[int | None] = field(default_factory=list)
    """Rounded down, so that it is below a whole number exactly if the row's is."""
    byte_counts: list[int] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    """The first `HASH_DIGITS` of each file's SHA-256."""
    manual: list[int] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)


def read_columns(session: Session, query: FrameQuery) -> tuple[FrameColumns, Cursor | None]:
    """The newest `limit` frames of the query, and the cursor to the older ones; None when there are none."""
    frame = ArchivedFrame
    place = (col(frame.captured_at).desc(), col(frame.id).desc())
    numbers = (col(frame.id), col(frame.captured_at), col(frame.brightness), col(frame.bytes))
    statement = (
        select(*numbers, col(frame.kind), col(frame.kept), func.substr(frame.sha256, 1, HASH_DIGITS))
        .where(*conditions_of(query))
        .order_by(*place)
        .limit(query.limit + 1)
    )
    rows = session.connection().execute(statement).all()
    following = None
    if len(rows) > query.limit:
        rows = rows[: query.limit]
        following = Cursor(rows[-1].captured_at, rows[-1].id or 0)
    columns = FrameColumns()
    for number, (row_id, captured_at, brightness, byte_count, kind, is_kept, digits) in enumerate(reversed(rows)):
        columns.ids.append(row_id or 0)
        columns.captured_ms.append((captured_at - EPOCH) // _MILLISECOND)
        columns.brightness.append(None if brightness is None else int(brightness))
        columns.byte_counts.append(byte_count)
        columns.hashes.append(digits)
        if kind == FrameKind.MANUAL:
            columns.manual.append(number)
        if is_kept:
            columns.kept.append(number)
    return columns, following
