"""Applies the plan to the rows there are: what expires now and in the days to come. Deletes nothing."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import nsmallest
from typing import Final, Self
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from services.archiver.base import texts
from services.archiver.base.epoch import EPOCH
from services.archiver.base.local_time import ONE_DAY, day_of
from services.archiver.base.retention_policy import Policy
from services.archiver.base.settings import ArchiverSettings
from services.archiver.retention.plan import Expiry, expiries, over_budget, weeks
from services.archiver.retention.queries import RetentionQueries, Usage

LONGEST_STRETCH: Final = timedelta(days=8)
"""A local week, with a day to spare for changes of the clocks."""
SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class DayAhead:
    """How much expires on one local day."""

    day: date
    frames: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What expires by age until a day: per local day, and the next frames in the order in which they expire."""

    days: tuple[DayAhead, ...]
    next: tuple[Expiry, ...]


class Forecaster:
    """`max_bytes` 0 sets no limit. Every method blocks, and raises DatabaseUnavailableError."""

    def __init__(self, engine: Engine, policy: Policy, max_bytes: int) -> None:
        self.policy = policy
        self.max_bytes = max_bytes
        self._queries = RetentionQueries(engine)

    @classmethod
    def of(cls, settings: ArchiverSettings, engine: Engine) -> Self:
        """By ARCHIVE_KEEP, ARCHIVE_TIME_ZONE and ARCHIVE_MAX_BYTES."""
        policy = Policy.parse(settings.archive_keep, ZoneInfo(settings.archive_time_zone))
        return cls(engine, policy, settings.archive_max_bytes)

    def usage(self) -> Usage:
        """What the frames of all cameras take."""
        total = Usage()
        for used in self._queries.usage().values():
            total.add(used)
        return total

    def unmet_limits(self) -> list[str]:
        """In a sentence each: the limits of bytes that the kept frames exceed alone. Nothing is deleted for those."""
        total = self.usage()
        exceeds = self.max_bytes and total.kept_bytes > self.max_bytes
        return [texts.kept_exceed_limit(total.kept_bytes, self.max_bytes)] if exceeds else []

    def due(self, now: datetime) -> Iterator[Expiry]:
        """What expires now: first by age, then the oldest beyond the limit.

        Each frame may be deleted before the next one is read.
        """
        newest = self._queries.newest()
        excess_bytes = _excess(self.usage(), self.max_bytes)
        by_age = set[int]()
        for expiry in self._by_age(now, newest):
            excess_bytes -= expiry.frame.byte_count
            by_age.add(expiry.frame.id)
            yield expiry
        if excess_bytes > 0:
            others = (frame for frame in self._queries.oldest_first() if frame.id not in by_age)
            yield from over_budget(others, excess_bytes, newest)

    def forecast(self, now: datetime, days: int) -> Forecast:
        """What expires by age within that many days from now. What is overdue counts as today's."""
        zone = self.policy.zone
        amounts: dict[date, list[int]] = defaultdict(list)
        going = list(self._by_age(now + days * ONE_DAY, self._queries.newest()))
        for expiry in going:
            amounts[day_of(max(expiry.until, now), zone)].append(expiry.frame.byte_count)
        ahead = tuple(DayAhead(day, len(sizes), sum(sizes)) for day, sizes in sorted(amounts.items()))
        return Forecast(ahead, tuple(nsmallest(SHOWN, going, key=lambda expiry: (expiry.until, expiry.frame.id))))

    def _by_age(self, until: datetime, newest: frozenset[int]) -> Iterator[Expiry]:
        """The frames that expire by then."""
        if self.policy.keeps_everything:
            return
        before = _earlier(until, self.policy.shortest_age()) + LONGEST_STRETCH
        for camera_key in self._queries.cameras():
            for week in weeks(self._queries.oldest_first(camera_key, before), self.policy):
                for expiry in expiries(week, self.policy, newest):
                    if expiry.until <= until:
                        yield expiry


def _excess(used: Usage, max_bytes: int) -> int:
    """By how many bytes a limit is exceeded; 0 without a limit, and where even the kept frames alone exceed it.

    To delete all others would not meet such a limit, so nothing is deleted for it.
    """
    return 0 if not max_bytes or used.kept_bytes > max_bytes else used.bytes - max_bytes


def _earlier(instant: datetime, age: timedelta) -> datetime:
    try:
        return max(instant - age, EPOCH)
    except OverflowError:
        return EPOCH
