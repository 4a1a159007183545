"""From sunrise to sunset at a place. Pure; astral knows where the sun stands, and is loaded when it is first asked.

Sunrise and sunset are looked for as crossings of the horizon between the sun's lowest and highest place of each day. So
days without them need no rules of their own: in a polar night nothing is due, and on a polar day everything is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from services.archiver.base.weekly_hours import joined

HORIZON_DEGREES: Final = -0.833
"""Where the sun's centre is when its upper edge appears: the air bends light, and the sun has a size."""
_DAY_SECONDS: Final = 86_400
_SECONDS_PER_DEGREE: Final = 240
_SUNDIAL_SECONDS: Final = 960
"""So much the sun's own noon is before or after that of the clocks, at most."""
_MARGIN: Final = re.compile(r"daylight(?: ?(?P<sign>[+-]) ?(?P<number>\d{1,3}) ?(?P<unit>[mh]))?")
_MOST_MARGIN_SECONDS: Final = 12 * 3600
_LOCATION: Final = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*")
_MOST_LATITUDE: Final = 90
_MOST_LONGITUDE: Final = 180


class Location(NamedTuple):
    """A place on earth, in degrees; north and east are positive."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Daylight:
    """Pictures are due by daylight, and for `margin_seconds` before and after it; negative for less than it."""

    location: Location
    margin_seconds: int = 0

    @property
    def opening(self) -> str | None:
        """See `CaptureRule`."""
        return None if self.margin_seconds else "sunrise"

    def spans(self, since: int, until: int) -> Iterator[tuple[int, int]]:
        """See `CaptureRule`."""
        margin, beyond = self.margin_seconds, 2 * _DAY_SECONDS
        light = joined(_light(self.location, since - beyond, until + beyond))
        for begin, end in joined(
            (begin - margin, end + margin) for begin, end in light if begin - margin < end + margin
        ):
            if begin >= until:
                return
            if end > since:
                yield max(begin, since), min(end, until)

    def __str__(self) -> str:
        minutes = self.margin_seconds // 60
        return f"daylight{minutes:+d}m" if minutes else "daylight"


def parse_margin(text: str) -> int:
    """The seconds in `daylight+30m`; 0 in `daylight`. Raises ValueError, in words."""
    match = _MARGIN.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is neither daylight nor daylight+30m or the like")
    if match["number"] is None:
        return 0
    seconds = int(match["number"]) * (3600 if match["unit"] == "h" else 60)
    if seconds > _MOST_MARGIN_SECONDS:
        raise ValueError(f"'{text}' is more than twelve hours")
    return seconds if match["sign"] == "+" else -seconds


def parse_location(text: str) -> Location:
    """Read `52.5,13.4`: latitude and longitude. Raises ValueError, in words."""
    match = _LOCATION.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text}' is no location such as 52.5,13.4")
    location = Location(float(match[1]), float(match[2]))
    if abs(location.latitude) > _MOST_LATITUDE or abs(location.longitude) > _MOST_LONGITUDE:
        raise ValueError(f"'{text}' is not on earth: latitudes go from -90 to 90, longitudes from -180 to 180")
    return location


def _light(location: Location, since: int, until: int) -> Iterator[tuple[int, int]]:
    """The daylight of each day between two midnights of the sun, in order."""
    ahead = round(location.longitude * _SECONDS_PER_DEGREE)
    for day in range((since + ahead) // _DAY_SECONDS, (until + ahead) // _DAY_SECONDS + 1):
        light = _light_of(location, day * _DAY_SECONDS - ahead)
        if light is not None:
            yield light


@lru_cache(maxsize=1024)
def _light_of(location: Location, midnight: int) -> tuple[int, int] | None:
    lowest, next_lowest = (
        min(_near(at), key=lambda each: _elevation(location, each)) for at in (midnight, midnight + _DAY_SECONDS)
    )
    highest = max(_near(midnight + _DAY_SECONDS // 2), key=lambda each: _elevation(location, each))
    if not _is_up(location, highest):
        return None
    begin = lowest if _is_up(location, lowest) else _crossing(location, lowest, highest)
    end = next_lowest if _is_up(location, next_lowest) else _crossing(location, next_lowest, highest)
    return begin, end


def _near(instant: int) -> tuple[int, int, int]:
    return instant - _SUNDIAL_SECONDS, instant, instant + _SUNDIAL_SECONDS


def _crossing(location: Location, down: int, up: int) -> int:
    """The second at which the sun is at the horizon, between one at which it is down and one at which it is up."""
    while abs(up - down) > 1:
        middle = (down + up) // 2
        down, up = (down, middle) if _is_up(location, middle) else (middle, up)
    return up


def _is_up(location: Location, instant: int) -> bool:
    return _elevation(location, instant) > HORIZON_DEGREES


def _elevation(location: Location, instant: int) -> float:
    """In degrees above the horizon, without what the air does."""
    from astral import Observer  # noqa: PLC0415 1 MB and 10 ms, of which only this rule has any use
    from astral.sun import elevation  # noqa: PLC0415

    return elevation(Observer(*location), datetime.fromtimestamp(instant, UTC), with_refraction=False)
