"""How much retention may delete by age in a day, so that a mistake is noticed before the archive is gone.

Frames that expired within the last day always go: that is the pace at which they were captured. What is overdue for
longer, after a change of ARCHIVE_KEEP or by a clock that is wrong, goes at a share of the archive a day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from sqlalchemy import Engine

from services.archiver.base.local_time import ONE_DAY
from services.archiver.db.engine import reading, writing
from services.archiver.db.models import RetentionDay

OVERDUE_AFTER: Final = timedelta(days=1)
ALL_PERCENT: Final = 100
_ROW: Final = 1


@dataclass(slots=True)
class AgeLimit:
    """What may go by age in one round, and what came of it. `most_overdue` None sets no limit."""

    by_age: bool = True
    most_overdue: int | None = None
    overdue: int = 0
    """How many overdue frames may go; counted while they are read."""
    held: int = 0
    """How many frames are due and stay."""

    def admits(self, until: datetime, now: datetime) -> bool:
        """Whether the frame that expired at `until` may go. Counts it."""
        is_overdue = until <= now - OVERDUE_AFTER
        if not self.by_age or (is_overdue and self.most_overdue is not None and self.overdue >= self.most_overdue):
            self.held += 1
            return False
        self.overdue += is_overdue
        return True


class DailyShare:
    """`percent` of the archive's frames may go in a day, of those that are overdue; 100 sets no limit.

    The database knows the day, so a restart begins no new one. Every method blocks, and raises
    DatabaseUnavailableError.
    """

    def __init__(self, engine: Engine, percent: int) -> None:
        self.percent = percent
        self._engine = engine

    def left(self, now: datetime, frames: int) -> int | None:
        """How many overdue frames of an archive of `frames` may still go today; None without a limit."""
        if self.percent >= ALL_PERCENT:
            return None
        with reading(self._engine) as session:
            deleted = _deleted_today(session.get(RetentionDay, _ROW), now)
        return max(0, ceil((frames + deleted) * self.percent / 100) - deleted)

    def spend(self, now: datetime, count: int) -> None:
        """Count overdue frames that are being deleted."""
        if not count or self.percent >= ALL_PERCENT:
            return
        with writing(self._engine) as session:
            day = session.get(RetentionDay, _ROW)
            deleted = _deleted_today(day, now)
            began_at = day.began_at if day is not None and deleted else now
            session.merge(RetentionDay(id=_ROW, began_at=began_at, deleted=deleted + count))


def _deleted_today(day: RetentionDay | None, now: datetime) -> int:
    """A day that began in the future was begun by another setting of the clock: it is over."""
    return day.deleted if day is not None and day.began_at <= now < day.began_at + ONE_DAY else 0
