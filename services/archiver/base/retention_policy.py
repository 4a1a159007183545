"""The retention policy: `ARCHIVE_KEEP` as tiers. Owns the setting's grammar; knows no frame and no clock.

    all:30d,daily@12:00:2y      everything for 30 days, and one picture a day for two years

A frame is kept as long as any tier keeps it. docs/retention.md describes it for users.
"""

import re
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from typing import Final, Self
from zoneinfo import ZoneInfo

KEEP_EVERYTHING: Final = "all:forever"
GRAMMAR: Final = (
    "tiers such as all:30d,daily@12:00:2y: each at most once all, hourly, daily@HH:MM, weekly@HH:MM or manual, with a "
    "colon and an age (a whole number with h, d, w, m or y, or forever)"
)
LONGEST: Final = timedelta(days=365 * 200)
_UNITS: Final = {
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "m": timedelta(days=30),
    "y": timedelta(days=365),
}
_AGE: Final = re.compile(r"^(?P<number>[1-9]\d{0,5})(?P<unit>[hdwmy])$")

_TIME_OF_DAY: Final = re.compile(r"^(?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5]?[0-9])\Z")


class TierName(StrEnum):
    """What a tier keeps one frame of. `MANUAL` keeps every manual capture, `ALL` every other frame."""

    ALL = "all"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MANUAL = "manual"


_TIER: Final = re.compile(rf"^(?P<name>{'|'.join(TierName)})(?:@(?P<at>\d{{1,2}}:\d{{2}}))?:(?P<age>[^:@]+)$")
_WITH_TIME_OF_DAY: Final = (TierName.DAILY, TierName.WEEKLY)
NOON: Final = time(12)


@dataclass(frozen=True, slots=True)
class Tier:
    """One rule. `at` is a local time of day, for tiers that have one; an `age` of None keeps frames for ever."""

    name: TierName
    age: timedelta | None
    at: time | None = None

    def __str__(self) -> str:
        return f"{self.name}{f'@{self.at:%H:%M}' if self.at else ''}:{_age_words(self.age)}"


@dataclass(frozen=True, slots=True)
class Policy:
    """The tiers, and the time zone of their days and times of day."""

    tiers: tuple[Tier, ...]
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, zone: ZoneInfo) -> Self:
        """Read `ARCHIVE_KEEP`. Raises ValueError, in words, when it is not a list of tiers."""
        tiers = tuple(parse_tier(part.strip()) for part in text.split(","))
        names = [tier.name for tier in tiers]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"'{min(twice)}' is there twice")
        if set(names) == {TierName.MANUAL}:
            tiers = (*tiers, Tier(TierName.ALL, None))
        return cls(tiers, zone)

    @property
    def keeps_everything(self) -> bool:
        """Whether no frame ever expires by age."""
        everything = Tier(TierName.ALL, None)
        return everything in self.tiers and self.manual_age is None

    @property
    def manual_age(self) -> timedelta | None:
        """How long manual captures are kept; None for ever, which is the default without a `manual` tier."""
        return next((tier.age for tier in self.tiers if tier.name is TierName.MANUAL), None)

    @property
    def slot_tiers(self) -> tuple[Tier, ...]:
        """The tiers that apply to the frames of slots."""
        return tuple(tier for tier in self.tiers if tier.name is not TierName.MANUAL)

    def shortest_age(self) -> timedelta:
        """No frame younger than this expires."""
        everything = [tier.age for tier in self.tiers if tier.name is TierName.ALL]
        slots = (everything[0] or LONGEST) if everything else timedelta(0)
        return min(slots, self.manual_age or LONGEST)

    def __str__(self) -> str:
        return ",".join(str(tier) for tier in self.tiers)


def parse_tier(text: str) -> Tier:
    """Read one tier. Raises ValueError, in words."""
    match = _TIER.match(text)
    if match is None:
        raise ValueError(f"'{text}' is no tier")
    name = TierName(match["name"])
    if match["at"] is not None and name not in _WITH_TIME_OF_DAY:
        raise ValueError(f"'{name}' has no time of day")
    at = parse_time_of_day(match["at"]) if match["at"] else NOON if name in _WITH_TIME_OF_DAY else None
    return Tier(name, parse_age(match["age"]), at)


def parse_age(text: str) -> timedelta | None:
    """Read an age such as `30d`; None for `forever`. A month is 30 days, a year 365. Raises ValueError, in words."""
    if text == "forever":
        return None
    match = _AGE.match(text)
    if match is None:
        raise ValueError(f"'{text}' is no age")
    age = int(match["number"]) * _UNITS[match["unit"]]
    if age > LONGEST:
        raise ValueError(f"'{text}' is more than 200 years")
    return age


def parse_time_of_day(text: str) -> time:
    """Read a time such as `12:00`. Raises ValueError, in words."""
    match = _TIME_OF_DAY.match(text)
    if match is None:
        raise ValueError(f"'{text}' is no time of day such as 12:00")
    return time(int(match["hour"]), int(match["minute"]))


def _age_words(age: timedelta | None) -> str:
    if age is None:
        return "forever"
    for unit in ("y", "w", "d"):
        if age % _UNITS[unit] == timedelta(0):
            return f"{age // _UNITS[unit]}{unit}"
    return f"{age // _UNITS['h']}h"
