"""The survey: the plan applied to the rows there are. Says what goes now and in the days to come; deletes nothing."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import nsmallest
from typing import Final

from services.archiver.base.epoch import EPOCH
from services.archiver.base.local_time import ONE_DAY, day_of
from services.archiver.base.retention_policy import Policy
from services.archiver.retention.plan import Expiry, fates, over_budget, weeks
from services.archiver.retention.rows import Rows

LONGEST_STRETCH: Final = timedelta(days=8)
"""A local week, with room for what clocks do in it."""
SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class DayAhead:
    """How much goes on one local day."""

    day: date
    frames: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What goes by age until a day, by day; the next ones of them, first to go first."""

    days: tuple[DayAhead, ...]
    next: tuple[Expiry, ...]


class Survey:
    """`max_bytes` 0 sets no limit. Every method raises DatabaseUnavailableError when the database is."""

    def __init__(self, rows: Rows, policy: Policy, max_bytes: int) -> None:
        self.rows = rows
        self.policy = policy
        self.max_bytes = max_bytes

    def due(self, now: datetime) -> Iterator[Expiry]:
        """What goes now: by age, then the oldest beyond the limit. Each may be deleted before the next is asked for."""
        newest = self.rows.newest()
        excess_bytes = self.rows.total_bytes() - self.max_bytes if self.max_bytes else 0
        by_age = set[int]()
        for fate in self._by_age(now, newest):
            excess_bytes -= fate.frame.byte_count
            by_age.add(fate.frame.id)
            yield fate
        if excess_bytes > 0:
            others = (frame for frame in self.rows.oldest_first() if frame.id not in by_age)
            yield from over_budget(others, excess_bytes, newest)

    def forecast(self, now: datetime, days: int) -> Forecast:
        """What goes by age until so many days from now. What is overdue counts as today's."""
        zone = self.policy.zone
        amounts: dict[date, list[int]] = defaultdict(list)
        going = list(self._by_age(now + days * ONE_DAY, self.rows.newest()))
        for fate in going:
            amounts[day_of(max(fate.until, now), zone)].append(fate.frame.byte_count)
        ahead = tuple(DayAhead(day, len(sizes), sum(sizes)) for day, sizes in sorted(amounts.items()))
        return Forecast(ahead, tuple(nsmallest(SHOWN, going, key=lambda fate: (fate.until, fate.frame.id))))

    def _by_age(self, until: datetime, newest: frozenset[int]) -> Iterator[Expiry]:
        """Those whose time is up by then."""
        if self.policy.keeps_everything:
            return
        before = _earlier(until, self.policy.shortest_age()) + LONGEST_STRETCH
        for camera_key in self.rows.cameras():
            for week in weeks(self.rows.oldest_first(camera_key, before), self.policy):
                for fate in fates(week, self.policy, newest):
                    if fate.until <= until:
                        yield fate


def _earlier(instant: datetime, age: timedelta) -> datetime:
    try:
        return max(instant - age, EPOCH)
    except OverflowError:
        return EPOCH
