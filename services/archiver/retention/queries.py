"""What retention reads of the rows: a few columns of many rows, a page at a time so that no writer waits for long.

Each page is a transaction of its own and blocks on the database: call it on a thread.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Engine, Integer, func, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from services.archiver.base.epoch import EPOCH
from services.archiver.db.engine import reading
from services.archiver.db.frame_query import FILE_BYTES
from services.archiver.db.models import ArchivedFrame, FrameKind, UtcDateTime
from services.archiver.retention.plan import FrameInfo

_ROWS_AT_ONCE: Final = 5000


@dataclass(slots=True)
class Usage:
    """A camera's frames, and the bytes of their files with thumbnails; of both the part that is marked as kept."""

    frames: int = 0
    bytes: int = 0
    kept_frames: int = 0
    kept_bytes: int = 0

    def add(self, other: "Usage") -> None:
        """Count these as well."""
        self.frames += other.frames
        self.bytes += other.bytes
        self.kept_frames += other.kept_frames
        self.kept_bytes += other.kept_bytes


@dataclass(frozen=True, slots=True)
class Intake:
    """What was captured of a camera in some time: since `first_at`, in slots of up to `interval_seconds`."""

    frames: int
    bytes: int
    first_at: datetime
    interval_seconds: int


class RetentionQueries:
    """Every method raises DatabaseUnavailableError when the database is unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def cameras(self) -> Sequence[str]:
        """The keys of all cameras that have frames."""
        with reading(self._engine) as session:
            return session.exec(select(ArchivedFrame.camera_key).distinct().order_by(ArchivedFrame.camera_key)).all()

    def usage(self) -> dict[str, Usage]:
        """What each camera's frames take, by its key; a camera without frames is left out."""
        frame, found = ArchivedFrame, defaultdict[str, Usage](Usage)
        statement = (
            select_columns(col(frame.camera_key), col(frame.kept), func.count(), func.sum(FILE_BYTES))
            .group_by(col(frame.camera_key), col(frame.kept))
            .order_by(col(frame.camera_key))
        )
        with reading(self._engine) as session:
            for camera_key, is_kept, frames, byte_sum in session.connection().execute(statement):
                size = int(byte_sum or 0)
                found[camera_key].add(Usage(frames, size, frames, size) if is_kept else Usage(frames, size))
        return dict(found)

    def intake(self, since: datetime, until: datetime) -> dict[str, Intake]:
        """What was captured in that time, by camera."""
        frame = ArchivedFrame
        captured_at = col(frame.captured_at)
        statement = (
            select_columns(
                col(frame.camera_key),
                func.count(),
                func.sum(FILE_BYTES),
                func.min(captured_at),
                func.max(col(frame.interval_seconds)),
            )
            .where(captured_at >= since, captured_at < until, col(frame.doubtful).is_(False))
            .group_by(col(frame.camera_key))
        )
        with reading(self._engine) as session:
            return {
                camera_key: Intake(frames, int(byte_sum or 0), first_at, interval_seconds or 0)
                for camera_key, frames, byte_sum, first_at, interval_seconds in session.connection().execute(statement)
            }

    def oldest_first(
        self,
        camera_key: str | None = None,
        before: datetime | None = None,
        *,
        doubtful: bool = False,
        with_put_back: bool = True,
    ) -> Iterator[FrameInfo]:
        """The frames of the camera, or of all, captured before that instant. Rows may be deleted meanwhile.

        Either those with a known time or those in doubt. `with_put_back`: also those that somebody put back after
        retention had deleted them.
        """
        conditions: list[ColumnElement[bool]] = [col(ArchivedFrame.doubtful).is_(doubtful)]
        if not with_put_back:
            conditions.append(col(ArchivedFrame.put_back_at).is_(None))
        if camera_key is not None:
            conditions.append(col(ArchivedFrame.camera_key) == camera_key)
        if before is not None:
            conditions.append(col(ArchivedFrame.captured_at) < before)
        last = FrameInfo(0, "", EPOCH, 0)
        while page := self._page(conditions, last):
            yield from page
            last = page[-1]

    def newest(self) -> frozenset[int]:
        """The ids of each camera's newest frame, manual captures aside; of one in doubt if there is no other."""
        return frozenset(row_id for camera_key in self.cameras() for row_id in self._newest_of(camera_key))

    def _page(self, conditions: list[ColumnElement[bool]], last: FrameInfo) -> list[FrameInfo]:
        frame = ArchivedFrame
        place = tuple_(col(frame.captured_at), col(frame.id))
        after = place > tuple_(last.captured_at, last.id, types=[UtcDateTime(), Integer()])
        statement = (
            select_columns(
                col(frame.id),
                col(frame.camera_key),
                col(frame.captured_at),
                FILE_BYTES,
                col(frame.kind),
                col(frame.kept),
            )
            .where(after, *conditions)
            .order_by(col(frame.captured_at), col(frame.id))
            .limit(_ROWS_AT_ONCE)
        )
        with reading(self._engine) as session:
            return [
                FrameInfo(row_id or 0, camera_key, captured_at, size, kind == FrameKind.MANUAL, is_kept)
                for row_id, camera_key, captured_at, size, kind, is_kept in session.connection().execute(statement)
            ]

    def _newest_of(self, camera_key: str) -> Sequence[int]:
        return self._newest(camera_key, doubtful=False) or self._newest(camera_key, doubtful=True)

    def _newest(self, camera_key: str, *, doubtful: bool) -> Sequence[int]:
        statement = (
            select(ArchivedFrame.id)
            .where(
                ArchivedFrame.camera_key == camera_key,
                ArchivedFrame.kind != FrameKind.MANUAL.value,
                col(ArchivedFrame.doubtful).is_(doubtful),
            )
            .order_by(col(ArchivedFrame.captured_at).desc())
            .limit(1)
        )
        with reading(self._engine) as session:
            return [row_id for row_id in session.exec(statement) if row_id is not None]
