"""How many bytes may be in flight to a viewer: what its connection carries in a round trip, and a little more.

A byte is in flight for as long as the number of bytes in flight over the number that arrive per second (Little's law).
While that is no longer than the bare round trip, nothing queues. Any longer time is added to the age of the next
picture. TCP Vegas, a congestion control, uses the same difference. Pure: the caller passes the time.
"""

from collections.abc import Callable
from typing import Final

QUEUE_SECONDS: Final = 0.1
"""How long a picture may queue on its way: three pictures at 30 a second. With less, the connection would idle between
two checks."""
QUEUE_SHARE: Final = 0.25
"""And for this share of a round trip. On a long path, the limit can grow by this share with each round trip."""
WINDOW_SECONDS: Final = 0.25
"""The rate is measured over this time, or over a round trip if that is longer. For as long, a connection that turns bad
fills up."""
DRAIN_SECONDS: Final = 60.0
"""The kernel forgets a connection's shortest round trip after minutes (net.ipv4.tcp_min_rtt_wlen), and a connection
that is never empty shows no new one. So it is emptied this often."""

RoundTrip = Callable[[], float]
"""Returns the shortest round trip known, in seconds. It costs a system call, so it is called once per window."""


class InFlightLimit:
    """Consulted with each part that is offered. All byte counts are over the connection's whole life."""

    __slots__ = (
        "_acknowledged_bytes",
        "_advanced_at",
        "_began_at",
        "_began_bytes",
        "_emptied_at",
        "_limit_bytes",
        "_rate",
        "_round_trip_seconds",
        "_was_empty",
    )

    def __init__(self, now: float, acknowledged_bytes: int) -> None:
        self._acknowledged_bytes = acknowledged_bytes
        self._advanced_at = self._emptied_at = now
        self._began_at: float | None = None
        """When the window began. It begins and ends when bytes are acknowledged: on a long path that is in bursts."""
        self._began_bytes = 0
        self._was_empty = False
        """Whether it was empty at some time in the window: then the connection may carry more than measured."""
        self._rate = 0.0
        """Bytes per second."""
        self._limit_bytes = float("inf")
        self._round_trip_seconds = 0.0

    def emptied(self, now: float, acknowledged_bytes: int, round_trip: RoundTrip) -> None:
        """Everything that was written has arrived."""
        self._emptied_at = now
        self._was_empty = True
        self._acknowledge(now, acknowledged_bytes, round_trip)

    def admits(self, now: float, in_flight_bytes: int, acknowledged_bytes: int, round_trip: RoundTrip) -> bool:
        """Whether one more part may follow. Never while nothing arrives, however much the connection carried before."""
        if acknowledged_bytes > self._acknowledged_bytes:
            self._acknowledge(now, acknowledged_bytes, round_trip)
        elif now - self._advanced_at > self._round_trip_seconds + WINDOW_SECONDS:
            return False
        return in_flight_bytes <= self._limit_bytes and now - self._emptied_at < DRAIN_SECONDS

    def _acknowledge(self, now: float, acknowledged_bytes: int, round_trip: RoundTrip) -> None:
        self._acknowledged_bytes, self._advanced_at = acknowledged_bytes, now
        if self._began_at is None:
            self._round_trip_seconds = round_trip()
        elif now - self._began_at < max(WINDOW_SECONDS, self._round_trip_seconds):
            return
        else:
            rate = (acknowledged_bytes - self._began_bytes) / (now - self._began_at)
            self._rate = max(rate, self._rate) if self._was_empty else rate
            self._round_trip_seconds = round_trip()
            self._limit_bytes = self._rate * (self._round_trip_seconds * (1 + QUEUE_SHARE) + QUEUE_SECONDS)
        self._began_at, self._began_bytes, self._was_empty = now, acknowledged_bytes, False
