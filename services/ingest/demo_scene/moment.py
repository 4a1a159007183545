"""One instant and everything that follows from it. Every painter gets one."""

from dataclasses import dataclass
from typing import Self

from services.ingest.demo_scene.almanac import Almanac
from services.ingest.demo_scene.daylight import Daylight


@dataclass(frozen=True, slots=True)
class Moment:
    """`seconds` is UTC epoch time; everything that moves depends on it directly."""

    seconds: float
    light: Daylight
    almanac: Almanac

    @classmethod
    def at(cls, seconds: float) -> Self:
        return cls(seconds, Daylight.at(seconds), Almanac.at(seconds))
