"""What retention reads of the rows: a few columns of many rows, a page at a time so that no writer waits for long.

Each page is a transaction of its own and blocks on the database: call it on a thread.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Engine, Integer, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from services.archiver.base.epoch import EPOCH
from services.archiver.db.engine import reading
from services.archiver.db.frame_query import FILE_BYTES
from services.archiver.db.models import ArchivedFrame, FrameKind, UtcDateTime
from services.archiver.retention.plan import FrameInfo

_ROWS_AT_ONCE: Final = 5000


class RetentionQueries:
    """Every method raises DatabaseUnavailableError when the database is unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def cameras(self) -> Sequence[str]:
        """The keys of all cameras that have frames."""
        with reading(self._engine) as session:
            return session.exec(select(ArchivedFrame.camera_key).distinct().order_by(ArchivedFrame.camera_key)).all()

    def oldest_first(
        self, camera_key: str | None = None, before: datetime | None = None, *, doubtful: bool = False
    ) -> Iterator[FrameInfo]:
        """The frames of the camera, or of all, captured before that instant. Rows may be deleted meanwhile.

        Either those with a known time or those in doubt.
        """
        conditions: list[ColumnElement[bool]] = [col(ArchivedFrame.doubtful).is_(doubtful)]
        if camera_key is not None:
            conditions.append(col(ArchivedFrame.camera_key) == camera_key)
        if before is not None:
            conditions.append(col(ArchivedFrame.captured_at) < before)
        last = FrameInfo(0, "", EPOCH, 0)
        while page := self._page(conditions, last):
            yield from page
            last = page[-1]

    def newest(self) -> frozenset[int]:
        """The ids of each camera's newest frame of a slot; of one in doubt where a camera has no other."""
        return frozenset(row_id for camera_key in self.cameras() for row_id in self._newest_of(camera_key))

    def _page(self, conditions: list[ColumnElement[bool]], last: FrameInfo) -> list[FrameInfo]:
        frame = ArchivedFrame
        place = tuple_(col(frame.captured_at), col(frame.id))
        after = place > tuple_(last.captured_at, last.id, types=[UtcDateTime(), Integer()])
        statement = (
            select_columns(col(frame.id), col(frame.camera_key), col(frame.captured_at), FILE_BYTES, col(frame.kind))
            .where(after, *conditions)
            .order_by(col(frame.captured_at), col(frame.id))
            .limit(_ROWS_AT_ONCE)
        )
        with reading(self._engine) as session:
            return [
                FrameInfo(row_id or 0, camera_key, captured_at, size, kind == FrameKind.MANUAL)
                for row_id, camera_key, captured_at, size, kind in session.connection().execute(statement)
            ]

    def _newest_of(self, camera_key: str) -> Sequence[int]:
        return self._newest(camera_key, doubtful=False) or self._newest(camera_key, doubtful=True)

    def _newest(self, camera_key: str, *, doubtful: bool) -> Sequence[int]:
        statement = (
            select(ArchivedFrame.id)
            .where(
                ArchivedFrame.camera_key == camera_key,
                ArchivedFrame.kind == FrameKind.SLOT.value,
                col(ArchivedFrame.doubtful).is_(doubtful),
            )
            .order_by(col(ArchivedFrame.captured_at).desc())
            .limit(1)
        )
        with reading(self._engine) as session:
            return [row_id for row_id in session.exec(statement) if row_id is not None]
