"""What a wrong clock left in the archive: finds it, and takes it out. Meaningful only by a clock that is right.

Each call is some transactions of its own and blocks on the database: call it on a thread.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Engine, and_, func, or_
from sqlmodel import col, select

from services.archiver.base.clock_doubt import AHEAD, FIRST_CAMERAS, FIRST_RELEASE
from services.archiver.base.epoch import from_seconds, to_seconds
from services.archiver.db.engine import reading, writing
from services.archiver.db.frame_query import FILE_BYTES
from services.archiver.db.models import ArchiveCamera, ArchivedFrame, ArchiveGap

LONGEST_GAP: Final = timedelta(days=365)
"""No gap from before the first release is longer, unless a clock was set."""
_ROWS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Frames whose time is in doubt, gaps that no outage made, and cameras that were heard or settled in the future."""

    frames: int
    bytes: int
    kept: int
    """How many of the frames somebody marked as kept: those stay."""
    kept_bytes: int
    oldest_at: datetime | None
    newest_at: datetime | None
    gaps: Sequence[ArchiveGap]
    cameras: Sequence[str]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to take out."""
        return not (self.frames or self.gaps or self.cameras)


class ClockLeftovers:
    """For one database. Every method raises DatabaseUnavailableError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, now: datetime) -> Leftovers:
        """What there is, by a clock that says `now`."""
        captured_at, marked = col(ArchivedFrame.captured_at), col(ArchivedFrame.doubtful).is_(True)
        amount = select(func.count(), func.sum(FILE_BYTES), func.min(captured_at), func.max(captured_at)).where(marked)
        kept_amount = select(func.count(), func.sum(FILE_BYTES)).where(marked, col(ArchivedFrame.kept).is_(True))
        with reading(self._engine) as session:
            frames, byte_count, oldest, newest = session.exec(amount).one()
            kept, kept_bytes = session.exec(kept_amount).one()
            gaps = session.exec(select(ArchiveGap).where(_no_outage(now)).order_by(col(ArchiveGap.start_seconds))).all()
            cameras = session.exec(select(ArchiveCamera.key).where(_in_future(now))).all()
        return Leftovers(frames, int(byte_count or 0), kept, int(kept_bytes or 0), oldest, newest, gaps, cameras)

    def frames(self) -> Iterator[ArchivedFrame]:
        """The frames whose time is in doubt, in the order of their capture; they may be deleted meanwhile."""
        last_id = 0
        while True:
            statement = (
                select(ArchivedFrame)
                .where(col(ArchivedFrame.doubtful).is_(True), col(ArchivedFrame.id) > last_id)
                .order_by(col(ArchivedFrame.id))
                .limit(_ROWS_AT_ONCE)
            )
            with reading(self._engine) as session:
                rows = session.exec(statement).all()
            if not rows:
                return
            yield from rows
            last_id = rows[-1].id or 0

    def mend(self, now: datetime) -> None:
        """Cut the gaps and set back the cameras' marks. Frames are deleted as all others are, by their ids."""
        with writing(self._engine) as session:
            for gap in session.exec(select(ArchiveGap).where(_no_outage(now))).all():
                running = to_seconds(now) // gap.interval_seconds * gap.interval_seconds
                if _begins_too_early(gap) or gap.start_seconds >= running:
                    session.delete(gap)
                else:
                    gap.end_seconds = running
            for camera in session.exec(select(ArchiveCamera).where(_in_future(now))):
                running = to_seconds(now) // camera.interval_seconds * camera.interval_seconds
                camera.settled_until = min(camera.settled_until, running)
                camera.heard_at = min(camera.heard_at, now)


def _begins_too_early(gap: ArchiveGap) -> bool:
    begin, end = from_seconds(gap.start_seconds), gap.end_seconds
    return begin < FIRST_CAMERAS or (begin < FIRST_RELEASE and end - gap.start_seconds > LONGEST_GAP.total_seconds())


def _no_outage(now: datetime) -> ColumnElement[bool]:
    """The same as a condition, and gaps whose last slot begins in the future. The running slot may end in a month."""
    start, end = col(ArchiveGap.start_seconds), col(ArchiveGap.end_seconds)
    last = end - col(ArchiveGap.interval_seconds)
    long_before = and_(start < to_seconds(FIRST_RELEASE), end - start > int(LONGEST_GAP.total_seconds()))
    return or_(start < to_seconds(FIRST_CAMERAS), long_before, last > to_seconds(now + AHEAD))


def _in_future(now: datetime) -> ColumnElement[bool]:
    settled = col(ArchiveCamera.settled_until) > to_seconds(now + AHEAD)
    return or_(settled, col(ArchiveCamera.heard_at) > now + AHEAD)
