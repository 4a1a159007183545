"""Local days: which day, week and time of day an instant is in a time zone. Pure; instants are aware datetimes."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol, TypeVar
from zoneinfo import ZoneInfo

ONE_DAY: Final = timedelta(days=1)


class Captured(Protocol):
    """Whatever has been taken at an instant."""

    @property
    def id(self) -> int: ...
    @property
    def captured_at(self) -> datetime: ...


CapturedT = TypeVar("CapturedT", bound=Captured)


def time_zone(name: str) -> ZoneInfo:
    """The IANA zone. Raises ValueError when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: a directory of the zones, such as Europe
        raise ValueError(f"'{name}' is no time zone") from None


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def monday_of(instant: datetime, zone: ZoneInfo) -> date:
    """The first day of the local week."""
    day = day_of(instant, zone)
    return day - day.weekday() * ONE_DAY


def at_local(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant at which clocks of the zone show this; the first of two when they are set back."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def nearest(frames: Iterable[CapturedT], instant: datetime) -> CapturedT:
    """The one captured nearest to the instant; of two as near, the earlier and first entered."""
    return min(frames, key=lambda frame: (abs(frame.captured_at - instant), frame.captured_at, frame.id))
