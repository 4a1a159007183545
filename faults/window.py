"""The time that a fault lasted, and what it may do to whom. Pure."""

from dataclasses import dataclass
from typing import Final

from faults.audience import CAMERAS

FOR_EVER: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised about a fault.

    `viewers` are those that may notice it. `reasons` are those that are true of a slot that it spoils; none when it may
    spoil no slot. `pages` must show one of `words` within `told_seconds` of its start. As before again is promised
    within `recovery_seconds` of its end.
    """

    recovery_seconds: float
    viewers: frozenset[str] = frozenset()
    reasons: frozenset[str] = frozenset()
    pages: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    told_seconds: float = 3.0
    cameras: frozenset[str] = CAMERAS
    """Whose slots it may spoil."""
    at_edges: bool = False
    """It may be noticed, and spoil slots, at its begin and its end, and not in between."""
    live_slack_seconds: float = 0.0
    """How much older than else a picture may be that is marked live."""
    dates_ahead_seconds: float = 0.0
    """How much too late the archive may date its pictures meanwhile: its clock is ahead, by too little for a doubt."""


@dataclass(frozen=True, slots=True)
class Window:
    """One fault. It is in force from `in_place` to `ending`: to get there and back, a service may be started anew.
    `in_place`, `ending`, `ended` and `recovered` are `FOR_EVER` until then.
    """

    fault: str
    kind: str
    promise: Promise
    began: float
    in_place: float = FOR_EVER
    ending: float = FOR_EVER
    ended: float = FOR_EVER
    recovered: float = FOR_EVER

    def covers(self, at: float, margin: float = 0.0) -> bool:
        return self.began <= at <= self.recovered + margin

    def disturbs(self, viewer: str) -> list[tuple[float, float]]:
        """From when to when the viewer may notice it."""
        return self.spans(self.recovered) if viewer in self.promise.viewers else []

    def spans(self, until: float) -> list[tuple[float, float]]:
        """From when to when it may be noticed or spoil a slot, if its excuse ends at `until`. The slots that a clock
        leaps over are spoilt, too, when it is set ahead.
        """
        if self.promise.at_edges:
            return [(self.began, self.in_place + self.promise.dates_ahead_seconds), (self.ending, until)]
        return [(self.began, until)]
