"""Local days and hours of a time zone, as instants and stretches of UTC. Pure; instants are aware datetimes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol, TypeVar
from zoneinfo import ZoneInfo

ONE_DAY: Final = timedelta(days=1)
ONE_HOUR: Final = timedelta(hours=1)
Window = tuple[datetime, datetime]
"""A half-open stretch of time: its begin and its end."""


class Captured(Protocol):
    """Anything that was captured at an instant."""

    @property
    def id(self) -> int: ...
    @property
    def captured_at(self) -> datetime: ...


CapturedT = TypeVar("CapturedT", bound=Captured)


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The local day."""
    return instant.astimezone(zone).date()


def monday_of(instant: datetime, zone: ZoneInfo) -> date:
    """The first day of the local week."""
    day = day_of(instant, zone)
    return day - day.weekday() * ONE_DAY


def at_local(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant at which clocks in the zone show this day and time; the first of two when clocks are set back."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def nearest(frames: Iterable[CapturedT], instant: datetime) -> CapturedT:
    """The frame captured nearest to the instant; if two are equally near, the earlier one, then the lower id."""
    return min(frames, key=lambda frame: (abs(frame.captured_at - instant), frame.captured_at, frame.id))


@dataclass(frozen=True, slots=True)
class SameHour:
    """The same hour (0 to 23) of every local day."""

    hour: int
    zone: ZoneInfo

    def windows(self, first: datetime, last: datetime, *, newest_first: bool) -> Iterator[Window]:
        """This hour of each day from the day of `first` to the day of `last`.

        A day that skips the hour has no window. On a day that repeats it, the window is two hours long. Where clocks
        are set by half an hour, it is longer or shorter by that.
        """
        for day in _days(first.astimezone(self.zone).date(), last.astimezone(self.zone).date(), newest_first):
            begin = at_local(day, time(self.hour), self.zone)
            if begin.astimezone(self.zone).hour == self.hour:
                # What the clock shows for the first time when the hour is over, however often it has shown this one.
                following = datetime.combine(day, time(self.hour)) + ONE_HOUR
                yield begin, at_local(following.date(), following.time(), self.zone)


def day_windows(first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[tuple[date, Window]]:
    """Each local day from the day of `first` to the day of `last`, with its stretch of UTC: 23 to 25 hours."""
    for day in _days(first.astimezone(zone).date(), last.astimezone(zone).date(), newest_first=False):
        begin, end = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + ONE_DAY))
        yield day, (begin, end)


def _days(first: date, last: date, newest_first: bool) -> Iterator[date]:
    count = (last - first).days + 1
    for number in range(count):
        yield last - number * ONE_DAY if newest_first else first + number * ONE_DAY
