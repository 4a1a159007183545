"""Applies the plan to the rows there are: what expires now and in the days to come. Deletes nothing."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import nsmallest
from itertools import chain
from typing import Final, Self
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from services.archiver.base.epoch import EPOCH
from services.archiver.base.local_time import ONE_DAY, day_of
from services.archiver.base.retention_policy import Policy
from services.archiver.base.settings import ArchiverSettings
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.retention.daily_share import OVERDUE_AFTER, AgeLimit
from services.archiver.retention.plan import Expiry, expiries, over_budget, weeks
from services.archiver.retention.queries import RetentionQueries

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
    due: int = 0
    """How many have expired already."""
    overdue: int = 0
    """Among those, the ones that expired more than a day ago."""


class Forecaster:
    """`max_bytes` 0 sets no limit. Every method blocks, and raises DatabaseUnavailableError."""

    def __init__(self, engine: Engine, policy: Policy, max_bytes: int) -> None:
        self.policy = policy
        self.max_bytes = max_bytes
        self._queries = RetentionQueries(engine)
        self._frame_rows = FrameRows(engine)

    @classmethod
    def of(cls, settings: ArchiverSettings, engine: Engine) -> Self:
        """By ARCHIVE_KEEP, ARCHIVE_TIME_ZONE and ARCHIVE_MAX_BYTES."""
        policy = Policy.parse(settings.archive_keep, ZoneInfo(settings.archive_time_zone))
        return cls(engine, policy, settings.archive_max_bytes)

    def total_bytes(self) -> int:
        """The bytes of all frames with their thumbnails."""
        return self._frame_rows.total_bytes()

    def frames(self) -> int:
        """How many frames there are, those in doubt included."""
        return sum(self._frame_rows.count(FrameQuery(doubtful=doubtful)) for doubtful in (False, True))

    def due(self, now: datetime, limit: AgeLimit | None = None) -> Iterator[Expiry]:
        """What expires now: first by age, as far as the limit admits, then the oldest beyond ARCHIVE_MAX_BYTES.

        Each frame may be deleted before the next one is read. A frame whose time is in doubt goes only for room, and
        last.
        """
        limit = limit or AgeLimit()
        newest = self._queries.newest()
        excess_bytes = self.total_bytes() - self.max_bytes if self.max_bytes else 0
        by_age = set[int]()
        for expiry in self._by_age(now, newest):
            if not limit.admits(expiry.until, now):
                continue
            excess_bytes -= expiry.frame.byte_count
            by_age.add(expiry.frame.id)
            yield expiry
        if excess_bytes > 0:
            everything = chain(self._queries.oldest_first(), self._queries.oldest_first(doubtful=True))
            others = (frame for frame in everything if frame.id not in by_age)
            yield from over_budget(others, excess_bytes, newest)

    def forecast(self, now: datetime, days: int) -> Forecast:
        """What expires by age within that many days from now. What is overdue counts as today's."""
        zone = self.policy.zone
        amounts: dict[date, list[int]] = defaultdict(list)
        going = list(self._by_age(now + days * ONE_DAY, self._queries.newest()))
        for expiry in going:
            amounts[day_of(max(expiry.until, now), zone)].append(expiry.frame.byte_count)
        ahead = tuple(DayAhead(day, len(sizes), sum(sizes)) for day, sizes in sorted(amounts.items()))
        soonest = tuple(nsmallest(SHOWN, going, key=lambda expiry: (expiry.until, expiry.frame.id)))
        due = [expiry.until for expiry in going if expiry.until <= now]
        return Forecast(ahead, soonest, len(due), sum(until <= now - OVERDUE_AFTER for until in due))

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


def _earlier(instant: datetime, age: timedelta) -> datetime:
    try:
        return max(instant - age, EPOCH)
    except OverflowError:
        return EPOCH
