"""Applies the plan to the rows there are: what expires now and in the days to come. Deletes nothing."""

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import nsmallest
from itertools import chain
from typing import Final, Self
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from services.archiver.base import retention_texts
from services.archiver.base.camera_rules import CameraRules
from services.archiver.base.epoch import EPOCH
from services.archiver.base.local_time import ONE_DAY, day_of
from services.archiver.base.retention_policy import Policy
from services.archiver.base.settings import ArchiverSettings
from services.archiver.retention.daily_share import OVERDUE_AFTER, AgeLimit
from services.archiver.retention.plan import (
    OVER_BUDGET,
    OVER_OWN_BUDGET,
    Expiry,
    expiries,
    over_budget,
    weeks,
)
from services.archiver.retention.queries import Intake, RetentionQueries, Usage

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
    """What expires by age until a day: per local day, the next frames in the order in which they expire, and all."""

    days: tuple[DayAhead, ...]
    next: tuple[Expiry, ...]
    all: tuple[Expiry, ...]
    due: int = 0
    """How many have expired already."""
    overdue: int = 0
    """Among those, the ones that expired more than a day ago."""


class Forecaster:
    """`policy` holds for cameras without one of their own; `max_bytes` for all together, and 0 sets no limit.

    Every method blocks, and raises DatabaseUnavailableError.
    """

    def __init__(self, engine: Engine, policy: Policy, max_bytes: int, rules: CameraRules | None = None) -> None:
        self.policy = policy
        self.max_bytes = max_bytes
        self.rules = rules or CameraRules()
        self._queries = RetentionQueries(engine)

    @classmethod
    def of(cls, settings: ArchiverSettings, engine: Engine, rules: CameraRules) -> Self:
        """By ARCHIVE_KEEP, ARCHIVE_TIME_ZONE and ARCHIVE_MAX_BYTES, and by the cameras' own rules."""
        policy = Policy.parse(settings.archive_keep, ZoneInfo(settings.archive_time_zone))
        return cls(engine, policy, settings.archive_max_bytes, rules)

    def policy_of(self, camera_key: str) -> Policy:
        """The camera's own policy, or that of all."""
        return self.rules.rule_of(camera_key).keep or self.policy

    def newest(self) -> frozenset[int]:
        """The ids of each camera's newest frame of a slot, which always stays."""
        return self._queries.newest()

    def intake(self, since: datetime, until: datetime) -> dict[str, Intake]:
        """What was captured in that time, by camera."""
        return self._queries.intake(since, until)

    def usage(self) -> dict[str, Usage]:
        """What each camera's frames take, by its key."""
        return self._queries.usage()

    def unmet_limits(self, usage: Mapping[str, Usage]) -> list[str]:
        """In a sentence each: the limits of bytes that the kept frames exceed alone. Nothing is deleted for those."""
        limits: list[tuple[str | None, Usage, int]] = [
            (key, used, self.rules.rule_of(key).max_bytes) for key, used in usage.items()
        ]
        limits.append((None, total_of(usage), self.max_bytes))
        return [
            retention_texts.kept_exceed_limit(camera_key, used.kept_bytes, limit)
            for camera_key, used, limit in limits
            if limit and used.kept_bytes > limit
        ]

    def frames(self) -> int:
        """How many frames there are, those in doubt included."""
        return total_of(self.usage()).frames

    def due(self, now: datetime, limit: AgeLimit | None = None) -> Iterator[Expiry]:
        """What expires now: of each camera first by age, as far as the limit admits, then the oldest beyond its own
        limit of bytes; then those beyond the limit of all.

        Each frame may be deleted before the next one is read. A frame whose time is in doubt goes only for room, and
        last.
        """
        limit = limit or AgeLimit()
        newest, usage = self.newest(), self.usage()
        excess_bytes = excess_of(total_of(usage), self.max_bytes)
        gone = set[int]()
        for camera_key, used in usage.items():
            for expiry in self._due_of(camera_key, used, now, newest, limit):
                excess_bytes -= expiry.frame.byte_count
                gone.add(expiry.frame.id)
                yield expiry
        yield from self.beyond(None, excess_bytes, newest, gone)

    def forecast(self, now: datetime, days: int) -> Forecast:
        """What expires by age within that many days from now. What is overdue counts as today's."""
        zone = self.policy.zone
        amounts: dict[date, list[int]] = defaultdict(list)
        newest, until = self.newest(), now + days * ONE_DAY
        going = [expiry for camera_key in self._queries.cameras() for expiry in self._by_age(camera_key, until, newest)]
        for expiry in going:
            amounts[day_of(max(expiry.until, now), zone)].append(expiry.frame.byte_count)
        ahead = tuple(DayAhead(day, len(sizes), sum(sizes)) for day, sizes in sorted(amounts.items()))
        first = nsmallest(SHOWN, going, key=lambda expiry: (expiry.until, expiry.frame.id))
        due = [expiry.until for expiry in going if expiry.until <= now]
        overdue = sum(until <= now - OVERDUE_AFTER for until in due)
        return Forecast(ahead, tuple(first), tuple(going), len(due), overdue)

    def _due_of(
        self, camera_key: str, used: Usage, now: datetime, newest: frozenset[int], limit: AgeLimit
    ) -> Iterator[Expiry]:
        excess_bytes = excess_of(used, self.rules.rule_of(camera_key).max_bytes)
        by_age = set[int]()
        for expiry in self._by_age(camera_key, now, newest):
            if not limit.admits(expiry.until, now):
                continue
            excess_bytes -= expiry.frame.byte_count
            by_age.add(expiry.frame.id)
            yield expiry
        yield from self.beyond(camera_key, excess_bytes, newest, by_age)

    def _by_age(self, camera_key: str, until: datetime, newest: frozenset[int]) -> Iterator[Expiry]:
        """The camera's frames that expire by then. None while its policy is not known for sure."""
        policy = self.policy_of(camera_key)
        if policy.keeps_everything or not self.rules.are_known:
            return
        before = _earlier(until, policy.shortest_age()) + LONGEST_STRETCH
        frames = self._queries.oldest_first(camera_key, before, with_put_back=False)
        for week in weeks(frames, policy):
            for expiry in expiries(week, policy, newest):
                if expiry.until <= until:
                    yield expiry

    def beyond(
        self, camera_key: str | None, excess_bytes: int, newest: frozenset[int], gone: Container[int]
    ) -> Iterator[Expiry]:
        """The oldest frames of the camera, or of all, that hold `excess_bytes`; without those `gone` already."""
        if excess_bytes > 0:
            in_doubt = self._queries.oldest_first(camera_key, doubtful=True)
            everything = chain(self._queries.oldest_first(camera_key), in_doubt)
            others = (frame for frame in everything if frame.id not in gone)
            yield from over_budget(others, excess_bytes, newest, OVER_OWN_BUDGET if camera_key else OVER_BUDGET)


def total_of(usage: Mapping[str, Usage]) -> Usage:
    """What the frames of all cameras take together."""
    total = Usage()
    for used in usage.values():
        total.add(used)
    return total


def excess_of(used: Usage, max_bytes: int) -> int:
    """By how many bytes a limit is exceeded; 0 without a limit, and where even the kept frames alone exceed it.

    To delete all others would not meet such a limit, so nothing is deleted for it.
    """
    return 0 if not max_bytes or used.kept_bytes > max_bytes else used.bytes - max_bytes


def _earlier(instant: datetime, age: timedelta) -> datetime:
    try:
        return max(instant - age, EPOCH)
    except OverflowError:
        return EPOCH
