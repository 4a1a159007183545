"""One instant and all that follows from it; every painter is handed one."""

from dataclasses import dataclass
from typing import Self

from services.ingest.demo_scene.almanac import Almanac
from services.ingest.demo_scene.daylight import Daylight


@dataclass(frozen=True, slots=True)
class Moment:
    """`seconds` is UTC epoch time; motion follows it directly."""

    seconds: float
    light: Daylight
    almanac: Almanac

    @classmethod
    def at(cls, seconds: float) -> Self:
        return cls(seconds, Daylight.at(seconds), Almanac.at(seconds))
