"""When a still was taken: from its EXIF, its name or its file's own time, and what is doubtful about it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final
from zoneinfo import ZoneInfo

from services.archiver.base.epoch import EPOCH
from services.archiver.import_stills.name_times import NamePattern, time_in_name

_YEARS: Final = range(1900, 2200)
"""Cameras that know no time write the year 1 or 9999, and some zones have no such instants."""
_LATEST_FILE: Final = 2.0**32
"""Epoch seconds. A file system may tell any number."""
_NEAR: Final = timedelta(minutes=10)
"""A file's own time that is as near as this tells which of two hours is meant."""


class TimeSource(StrEnum):
    """Where a time is from."""

    EXIF = "exif"
    NAME = "name"
    FILE = "file"


class Doubt(StrEnum):
    """What is doubtful about a time."""

    TWICE = "twice"
    """The clocks were set back: they showed it twice, and nothing tells which one is meant. The first was taken."""
    NEVER = "never"
    """The clocks were set ahead: they never showed it. Perhaps the time zone is another one."""


@dataclass(frozen=True, slots=True)
class FoundTime:
    """An instant in UTC, where it is from, and what is doubtful about it."""

    instant: datetime
    source: TimeSource
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True)
class TimeFinder:
    """Asks the sources in their order. Without a pattern of the owner names are read as many programs write them."""

    sources: Sequence[TimeSource]
    zone: ZoneInfo
    """Of times that tell no offset."""
    pattern: NamePattern | None = None

    def find(self, path: str, exif: datetime | None, modified_at: float) -> FoundTime | None:
        """The time of the still at `path` (with slashes); None when no source tells one.

        `exif` is what its EXIF tells, `modified_at` the file's own time in epoch seconds.
        """
        of_file = EPOCH + timedelta(seconds=min(max(modified_at, 0.0), _LATEST_FILE))
        for source in self.sources:
            told = {TimeSource.EXIF: exif, TimeSource.FILE: of_file}.get(source) or self._of_name(path, source)
            if told is not None and told.year in _YEARS:
                return self._resolved(told, source, of_file)
        return None

    def _of_name(self, path: str, source: TimeSource) -> datetime | None:
        if source is not TimeSource.NAME:
            return None
        if self.pattern is not None:
            return self.pattern.find(path)
        return time_in_name(str(PurePosixPath(path).with_suffix("")))

    def _resolved(self, told: datetime, source: TimeSource, of_file: datetime) -> FoundTime:
        if told.tzinfo is not None:
            return FoundTime(told.astimezone(UTC), source)
        first, second = (told.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        if first == second:
            return FoundTime(first, source)
        if first.astimezone(self.zone).replace(tzinfo=None) != told:
            return FoundTime(first, source, Doubt.NEVER)
        near = [instant for instant in (first, second) if abs(of_file - instant) <= _NEAR]
        return FoundTime(near[0], source) if near else FoundTime(first, source, Doubt.TWICE)
