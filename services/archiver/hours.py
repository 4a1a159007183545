"""Local days and hours as stretches of UTC, whatever a time zone does twice a year. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class SameHour:
    """The same hour (0 to 23) of every local day."""

    hour: int
    zone: ZoneInfo

    def windows(self, first: datetime, last: datetime, *, newest_first: bool) -> Iterator[Window]:
        """This hour of all days from that of `first` to that of `last`. A day that leaves the hour out has none; on one
        that repeats it, the window is two hours long.
        """
        for day in _days(first.astimezone(self.zone).date(), last.astimezone(self.zone).date(), newest_first):
            local = datetime.combine(day, time(self.hour), self.zone)
            begin = local.astimezone(UTC)
            if begin.astimezone(self.zone).hour == self.hour:
                yield begin, local.replace(fold=1).astimezone(UTC) + _HOUR


def day_windows(first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[tuple[date, Window]]:
    """Every local day from that of `first` to that of `last`, with its stretch of UTC: 23 to 25 hours."""
    for day in _days(first.astimezone(zone).date(), last.astimezone(zone).date(), newest_first=False):
        begin, end = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + _DAY))
        yield day, (begin, end)


def _days(first: date, last: date, newest_first: bool) -> Iterator[date]:
    count = (last - first).days + 1
    for number in range(count):
        yield last - number * _DAY if newest_first else first + number * _DAY
