"""The story of a made-up archive: which hours have a picture, and why the others have none. Pure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.archiver.db.intervals import GapReason, Missed, Stretch

HOUR_SECONDS: Final = 3600
LAG_SECONDS: Final = 2.4
"""How far into its slot a picture is taken."""
_OFFLINE_DETAIL: Final = "The camera can't be reached: check its power and its network."
_FROZEN_DETAIL: Final = "The camera sends the same picture again and again: restart it."
_OUTAGES: Final = (
    (0.12, 5, GapReason.ARCHIVER_DOWN.value, None),
    (0.27, 31, "camera offline", _OFFLINE_DETAIL),
    (0.45, 9, "camera frozen", _FROZEN_DETAIL),
    (0.46, 2, GapReason.DELETED.value, None),
    (0.63, 14, GapReason.DISK_FULL.value, None),
    (0.8, 3, "camera stalled", "No pictures for 10 seconds."),
    (0.93, 4, GapReason.INGEST_UNREACHABLE.value, None),
)
"""When each begins, as a share of the whole; its hours; why."""
_STANDSTILL: Final = (0.5, 0.56)
"""Nobody waters the plant: it does not grow."""


@dataclass(frozen=True, slots=True)
class Season:
    """From its first slot to before its end. Both are UTC epoch seconds at whole hours."""

    begin: int
    end: int

    @property
    def missed(self) -> Sequence[Missed]:
        """Oldest first; they do not overlap."""
        return list(self._each_missed())

    def slots(self) -> Iterator[int]:
        """The starts of those that have a picture, oldest first."""
        for start in range(self.begin, self.end, HOUR_SECONDS):
            if not any(missed.stretch.start <= start < missed.stretch.end for missed in self.missed):
                yield start

    def growth(self, at: float) -> float:
        """How far the plant has grown at an instant (epoch seconds), from 0 to 1. For a while it does not grow."""
        share = (at - self.begin) / (self.end - self.begin)
        first, last = _STANDSTILL
        paused = min(max(share - first, 0.0), last - first)
        grown = min(1.0, max(0.0, (share - paused) / (1 - (last - first))))
        return math.pow(grown, 1.2)

    def _each_missed(self) -> Iterator[Missed]:
        hours, free = (self.end - self.begin) // HOUR_SECONDS, 0
        for share, length, reason, detail in _OUTAGES:
            first = max(round(hours * share), free)
            free = min(first + length, hours)
            if first < free:
                stretch = Stretch(self.begin + first * HOUR_SECONDS, self.begin + free * HOUR_SECONDS)
                yield Missed(stretch, reason, detail)
