"""Whether this computer's clock can be right: facts in, a doubt or none out. Pure.

Nothing here knows the true time. A clock is doubted where the archive contradicts it, and where it was set while the
computer ran. Deleting by age has to wait then; another clock or a person ends the doubt (`trusted_clock.py`).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from services.archiver.base.epoch import from_ns
from shared.clock import NS_PER_SECOND

FIRST_RELEASE: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Framecast is younger. A frame that it captured itself can't be older."""
FIRST_CAMERAS: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""No digital picture is older, wherever it came from."""
LONGEST_PAUSE: Final = timedelta(days=2)
"""An archiver that starts later than this after its newest row doubts its clock."""
AHEAD: Final = timedelta(days=1)
"""A frame that is dated later than this in the future was captured by a wrong clock."""
STEP_SECONDS: Final = 60.0
"""A clock that was set by less is not doubted: no rule of retention is finer than an hour."""
SLEW: Final = 0.0005
"""The kernel makes a clock faster or slower by this share at the most (500 ppm). More is a step."""
AGREE_SECONDS: Final = 600.0
"""A witness agrees when its clock is no further away than this. Cameras' and people's clocks are not exact."""


class DoubtKind(StrEnum):
    """Why the clock is doubted."""

    NOT_JUDGED = "not judged"
    """The database has not said yet what is in the archive."""
    BEFORE_RELEASE = "before release"
    """It is set to a time before there was this program."""
    EARLY = "early"
    """It is behind the newest row of the archive."""
    LATE = "late"
    """It is further ahead of the newest row than `LONGEST_PAUSE`."""
    STEP = "step"
    """It was set while the computer ran."""
    CONTRADICTED = "contradicted"
    """A server that keeps the archive has another time."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why the clock is doubted, and by how many seconds it is off as seen from there; positive: ahead."""

    kind: DoubtKind
    seconds: float = 0.0
    witness: str = ""
    """Of a contradiction: whose clock it is."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant by the one clock that never jumps: nanoseconds since the start of this boot of a computer."""

    boot_id: str
    boot_ns: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Both clocks at the same instant: since the computer's start, and UTC as it is set. In nanoseconds."""

    boot_ns: int
    utc_ns: int

    @property
    def offset_ns(self) -> int:
        """UTC minus the time since the start. It is constant, unless somebody sets the clock."""
        return self.utc_ns - self.boot_ns


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the time. `newest_ns` is the latest instant that the archive knows, from rows and notes above
    doubt; None of an empty archive. `anchor` is a reading of this boot that was right; with `is_confirmed` a person
    said so, whatever other clocks say.
    """

    newest_ns: int | None = None
    anchor: Reading | None = None
    is_confirmed: bool = False


def doubt_of(reading: Reading, evidence: Evidence) -> Doubt | None:
    """Why the reading can't be believed; None when nothing speaks against it."""
    if evidence.anchor is not None:
        seconds = (reading.offset_ns - evidence.anchor.offset_ns) / NS_PER_SECOND
        elapsed = abs(reading.boot_ns - evidence.anchor.boot_ns) / NS_PER_SECOND
        return Doubt(DoubtKind.STEP, seconds) if abs(seconds) > STEP_SECONDS + SLEW * elapsed else None
    if from_ns(reading.utc_ns) < FIRST_RELEASE:
        return Doubt(DoubtKind.BEFORE_RELEASE)
    if evidence.newest_ns is None:
        return None
    seconds = (reading.utc_ns - evidence.newest_ns) / NS_PER_SECOND
    if seconds < -STEP_SECONDS:
        return Doubt(DoubtKind.EARLY, seconds)
    return Doubt(DoubtKind.LATE, seconds) if seconds > LONGEST_PAUSE.total_seconds() else None


def agrees(reading: Reading, witness_ns: int) -> bool:
    """Whether a clock that showed `witness_ns` at the instant of the reading confirms it."""
    return abs(reading.utc_ns - witness_ns) <= AGREE_SECONDS * NS_PER_SECOND


def corrected_ns(moment: Moment, anchor: Reading) -> int:
    """The UTC (epoch ns) at this moment of the anchor's boot."""
    return moment.boot_ns + anchor.offset_ns
