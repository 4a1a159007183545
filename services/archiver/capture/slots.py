"""Which stretch of UTC a picture belongs to. Pure arithmetic on epoch time: no time zone, no DST, no clock."""

from dataclasses import dataclass

from shared.clock import NS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Slot:
    """The half-open stretch from its start to the next slot's start, aligned to the epoch."""

    start_seconds: int
    interval_seconds: int

    @property
    def end_seconds(self) -> int:
        """The start of the next slot."""
        return self.start_seconds + self.interval_seconds

    def contains(self, utc_ns: int) -> bool:
        """Whether the instant (epoch ns) lies in the slot."""
        return self.start_seconds * NS_PER_SECOND <= utc_ns < self.end_seconds * NS_PER_SECOND

    def seconds_left(self, utc_ns: int) -> float:
        """How long the slot still runs at that instant (epoch ns); never negative."""
        return max(0, self.end_seconds * NS_PER_SECOND - utc_ns) / NS_PER_SECOND


def slot_at(utc_ns: int, interval_seconds: int) -> Slot:
    """The slot that runs at the instant `utc_ns` (epoch ns)."""
    interval_ns = interval_seconds * NS_PER_SECOND
    return Slot(utc_ns // interval_ns * interval_seconds, interval_seconds)
