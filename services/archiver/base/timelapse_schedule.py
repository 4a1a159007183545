"""Automatic time-lapses: `TIMELAPSE_SCHEDULE` as entries, and which local days each shows. Pure; knows no frame.

    daily, monthly daylight keep=1y, rolling 30d at=12:00

docs/timelapse.md describes it for users.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.archiver.base.local_time import ONE_DAY, Window, at_local, day_of
from services.archiver.base.retention_policy import parse_age, parse_time_of_day
from shared.bus.topics import KEY_PATTERN

GRAMMAR: Final = (
    "entries with commas between, such as daily, monthly daylight keep=1y, rolling 30d at=12:00: each daily, weekly, "
    "monthly or rolling with an age, and behind it any of daylight, deflicker, timestamp, at=HH:MM, length=SECONDS, "
    "keep=AGE and camera=KEY (an age is a whole number with h, d, w, m or y)"
)
SETTLING: Final = timedelta(minutes=15)
"""How long after midnight a day's last pictures may still get their rows."""
LONGEST_SECONDS: Final = 3600
LONGEST_SPAN: Final = timedelta(days=3650)


class Rhythm(StrEnum):
    """How often an entry makes a time-lapse. `ROLLING` makes one each day, of the days before."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    ROLLING = "rolling"


_USUAL_SECONDS: Final = {Rhythm.DAILY: 10.0, Rhythm.WEEKLY: 15.0, Rhythm.MONTHLY: 30.0, Rhythm.ROLLING: 30.0}
_FLAGS: Final = ("daylight", "deflicker", "timestamp")


@dataclass(frozen=True, slots=True)
class Period:
    """Local days: `first` and those after it, before `end`."""

    first: date
    end: date

    def window(self, zone: ZoneInfo) -> Window:
        """The stretch of UTC. It is empty for a day that the zone skipped."""
        return at_local(self.first, time(), zone), at_local(self.end, time(), zone)

    def __str__(self) -> str:
        return f"{self.first}/{self.end}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the setting. `span` is a rolling one's; a `camera` of None is every camera; `keep` is an age."""

    rhythm: Rhythm
    length_seconds: float
    span: timedelta | None = None
    at: time | None = None
    daylight: bool = False
    deflicker: bool = False
    timestamp: bool = False
    keep: str | None = None
    camera: str | None = None
    text: str = ""
    """The entry in its user's words."""

    @property
    def replaces(self) -> bool:
        """Whether a new time-lapse takes the place of the one before."""
        return self.rhythm is Rhythm.ROLLING and self.keep is None

    def last_period(self, now: datetime, zone: ZoneInfo) -> Period:
        """The newest one that is over."""
        today = day_of(now - SETTLING, zone)
        if self.rhythm is Rhythm.WEEKLY:
            monday = today - today.weekday() * ONE_DAY
            return Period(monday - 7 * ONE_DAY, monday)
        if self.rhythm is Rhythm.MONTHLY:
            first = today.replace(day=1)
            return Period((first - ONE_DAY).replace(day=1), first)
        return Period(today - (self.span or ONE_DAY), today)


def parse_schedule(text: str) -> tuple[Entry, ...]:
    """Read the setting. Raises ValueError, in words."""
    entries = tuple(parse_entry(entry) for entry in text.split(","))
    twice = next((entry for entry, count in Counter(each.text for each in entries).items() if count > 1), None)
    if twice is not None:
        raise ValueError(f"'{twice}' is there twice.")
    return entries


def parse_entry(text: str) -> Entry:
    """Read one entry. Raises ValueError, in words."""
    words = text.lower().split()
    name = words.pop(0) if words else ""
    if name not in list(Rhythm):
        raise ValueError(f"'{name}' is none of daily, weekly, monthly and rolling.")
    rhythm = Rhythm(name)
    span = _days(words.pop(0) if words else "") if rhythm is Rhythm.ROLLING else None
    options = [_option(word) for word in words]
    given = dict(options)
    if len(given) < len(options):
        raise ValueError(f"'{text.strip()}' says one thing twice.")
    if "at" in given and rhythm is Rhythm.DAILY:
        raise ValueError("'daily' with at= would be one picture: take weekly, monthly or rolling.")
    length_seconds = given.pop("length_seconds", _USUAL_SECONDS[rhythm])
    return Entry(rhythm, length_seconds, span, text=" ".join(text.lower().split()), **given)


def _option(word: str) -> tuple[str, Any]:
    """The name of one of `Entry`'s fields, and its value."""
    name, equals, value = word.partition("=")
    if name in _FLAGS and not equals:
        return name, True
    if name not in _VALUES or not value:
        raise ValueError(f"'{word}' is none of {', '.join(_FLAGS)}, at=HH:MM, length=SECONDS, keep=AGE and camera=KEY.")
    field, read = _VALUES[name]
    return field, read(value)


def _days(text: str) -> timedelta:
    try:
        age = parse_age(text)
    except ValueError:
        age = None
    if age is None or age % ONE_DAY or age > LONGEST_SPAN:
        raise ValueError(
            "'rolling' needs an age of whole days behind it, of 10 years at the most, such as rolling 30d."
        )
    return age


def _length(text: str) -> float:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= LONGEST_SECONDS:
        raise ValueError(f"length={text} is no whole number of seconds from 1 to {LONGEST_SECONDS}.")
    return float(text)


def _age(text: str) -> str:
    try:
        parse_age(text)
    except ValueError as error:
        raise ValueError(f"keep={text}: {error}.") from None
    return text


def _camera(text: str) -> str:
    if not re.match(KEY_PATTERN, text):
        raise ValueError(f"camera={text} is no camera's key.")
    return text


_VALUES: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "at": ("at", parse_time_of_day),
    "length": ("length_seconds", _length),
    "keep": ("keep", _age),
    "camera": ("camera", _camera),
}
