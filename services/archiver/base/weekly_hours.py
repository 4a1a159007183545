"""Hours of days of the week, by a zone's clock. Pure.

What counts is the clock on the wall: an hour that it skips when it is set ahead is not there, and one that it shows
twice is there twice.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_SECONDS: Final = 86_400
_DAY_MINUTES: Final = 1440
_FIRST_WEEKDAY: Final = 3
"""1 January 1970 was a Thursday."""
_WINDOW: Final = re.compile(
    r"(?:(?P<days>[a-z][a-z, -]*?) ?)?(?: ?(?P<begin>\d{1,2}:\d{2}) ?- ?(?P<end>\d{1,2}:\d{2}))?"
)


@dataclass(frozen=True, slots=True)
class Hours:
    """From `begin` on, before `end`, in minutes from the midnight of each of the days (0 is Monday).

    Over midnight, `end` is more than a day; the hours belong to the day on which they begin.
    """

    days: frozenset[int]
    begin: int
    end: int


@dataclass(frozen=True)
class WeeklyHours:
    """Pictures are due within any of these hours."""

    hours: tuple[Hours, ...]
    zone: ZoneInfo
    opening: ClassVar[None] = None

    def spans(self, since: int, until: int) -> Iterator[tuple[int, int]]:
        """See `CaptureRule`."""
        return joined(sorted(self._pieces(since, until)))

    def _pieces(self, since: int, until: int) -> Iterator[tuple[int, int]]:
        for begin, end, offset in _with_offsets(self.zone, since, until):
            for day in range((begin + offset) // _DAY_SECONDS - 1, (end + offset) // _DAY_SECONDS + 1):
                midnight = day * _DAY_SECONDS - offset
                for hours in self.hours:
                    first = max(begin, midnight + hours.begin * 60)
                    last = min(end, midnight + hours.end * 60)
                    if first < last and (day + _FIRST_WEEKDAY) % 7 in hours.days:
                        yield first, last

    def __str__(self) -> str:
        return "; ".join(map(_words, self.hours))


def parse_hours(text: str) -> tuple[Hours, ...]:
    """Read hours such as `mon-fri 06:00-20:00; sat,sun 22:00-04:00`, in lower case. Raises ValueError, in words."""
    return tuple(_window(part.strip()) for part in text.split(";"))


def joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same time, without overlaps and neighbours. `spans` are sorted by their begin."""
    last: tuple[int, int] | None = None
    for begin, end in spans:
        if last is not None and begin <= last[1]:
            last = (last[0], max(last[1], end))
            continue
        if last is not None:
            yield last
        last = (begin, end)
    if last is not None:
        yield last


def _window(text: str) -> Hours:
    match = _WINDOW.fullmatch(text)
    if match is None or not text:
        raise ValueError(f"'{text}' is no hours such as mon-fri 06:00-20:00")
    days = frozenset(_days(match["days"])) if match["days"] else frozenset(range(7))
    if match["begin"] is None:
        return Hours(days, 0, _DAY_MINUTES)
    begin, end = _minutes(match["begin"]), _minutes(match["end"])
    if begin in (end, _DAY_MINUTES):
        raise ValueError(f"'{text}' has hours that end where they begin")
    return Hours(days, begin, end if end > begin else end + _DAY_MINUTES)


def _days(text: str) -> Iterator[int]:
    for part in text.split(","):
        first, dash, last = (name.strip() for name in part.partition("-"))
        names = (first, last) if dash else (first, first)
        for name in names:
            if name not in DAYS:
                raise ValueError(f"'{name}' is none of {', '.join(DAYS)}")
        begin, end = map(DAYS.index, names)
        yield from (day % 7 for day in range(begin, end + 1 if end >= begin else end + 8))


def _minutes(text: str) -> int:
    hour, minute = map(int, text.split(":"))
    minutes = hour * 60 + minute
    if minute >= 60 or minutes > _DAY_MINUTES:  # noqa: PLR2004 in an hour
        raise ValueError(f"'{text}' is no time of day")
    return minutes


def _with_offsets(zone: ZoneInfo, since: int, until: int) -> Iterator[tuple[int, int, int]]:
    """The stretch in parts, each with the seconds by which the zone's clock is ahead of UTC in it."""
    begin, offset = since, _offset(zone, since)
    for at in range(since, until, _DAY_SECONDS):
        after = min(at + _DAY_SECONDS, until)
        if _offset(zone, after) == offset:
            continue
        low, high = at, after  # the clock is set between them
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
        yield begin, high, offset
        begin, offset = high, _offset(zone, high)
    if begin < until:
        yield begin, until, offset


def _offset(zone: ZoneInfo, instant: int) -> int:
    offset = datetime.fromtimestamp(instant, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _words(hours: Hours) -> str:
    days = ",".join(DAYS[day] for day in sorted(hours.days))
    begin, end = (f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in (hours.begin, _within_a_day(hours.end)))
    return f"{days} {begin}-{end}"


def _within_a_day(minutes: int) -> int:
    return minutes if minutes <= _DAY_MINUTES else minutes - _DAY_MINUTES
