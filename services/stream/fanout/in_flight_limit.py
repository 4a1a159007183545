"""How much may be under way to a viewer: what its link carries in a round trip, and a little more to keep it busy.

How long a byte is under way is how many are, over how many arrive in a second (Little's law). As long as that is no
longer than the bare round trip, nothing queues; what is longer is the age of the next picture. Of the congestion
controls TCP Vegas goes by the same difference. Pure: the caller brings the time.
"""

from collections.abc import Callable
from typing import Final

QUEUE_SECONDS: Final = 0.1
"""How long a picture may wait on its way. Three of 30 a second: with less a link would idle between two looks."""
QUEUE_SHARE: Final = 0.25
"""And for how much of a round trip: on a long way, what is found to fit grows with each by so much."""
WINDOW_SECONDS: Final = 0.25
"""Over which the rate is measured, or a round trip if that is longer: the time in which a link that turns bad fills."""
DRAIN_SECONDS: Final = 60.0
"""The kernel forgets a round trip's minimum after minutes (net.ipv4.tcp_min_rtt_wlen), and a link that is never empty
shows none. So it is emptied this often."""

RoundTrip = Callable[[], float]
"""The shortest one known, seconds; asked for now and then, as it costs a system call."""


class LinkRate:
    """Looked at with each part that is offered. Bytes are counts of the connection's whole life."""

    __slots__ = (
        "_acknowledged_bytes",
        "_advanced_at",
        "_began_at",
        "_began_bytes",
        "_emptied_at",
        "_rate",
        "_room_bytes",
        "_round_trip_seconds",
        "_was_empty",
    )

    def __init__(self, now: float, acknowledged_bytes: int) -> None:
        self._acknowledged_bytes = acknowledged_bytes
        self._advanced_at = self._emptied_at = now
        self._began_at: float | None = None
        """The window's beginning. It begins and ends when something has arrived: on a long way that comes in bursts."""
        self._began_bytes = 0
        self._was_empty = False
        """Within the window: then the link may carry more than it had to."""
        self._rate = 0.0
        """Bytes a second."""
        self._room_bytes = float("inf")
        self._round_trip_seconds = 0.0

    def emptied(self, now: float, acknowledged_bytes: int, round_trip: RoundTrip) -> None:
        """All that was written has arrived."""
        self._emptied_at = now
        self._was_empty = True
        self._arrived(now, acknowledged_bytes, round_trip)

    def admits(self, now: float, under_way_bytes: int, acknowledged_bytes: int, round_trip: RoundTrip) -> bool:
        """Whether one more part may follow: never while nothing arrives, however much the link carried before."""
        if acknowledged_bytes > self._acknowledged_bytes:
            self._arrived(now, acknowledged_bytes, round_trip)
        elif now - self._advanced_at > self._round_trip_seconds + WINDOW_SECONDS:
            return False
        return under_way_bytes <= self._room_bytes and now - self._emptied_at < DRAIN_SECONDS

    def _arrived(self, now: float, acknowledged_bytes: int, round_trip: RoundTrip) -> None:
        self._acknowledged_bytes, self._advanced_at = acknowledged_bytes, now
        if self._began_at is None:
            self._round_trip_seconds = round_trip()
        elif now - self._began_at < max(WINDOW_SECONDS, self._round_trip_seconds):
            return
        else:
            rate = (acknowledged_bytes - self._began_bytes) / (now - self._began_at)
            self._rate = max(rate, self._rate) if self._was_empty else rate
            self._round_trip_seconds = round_trip()
            self._room_bytes = self._rate * (self._round_trip_seconds * (1 + QUEUE_SHARE) + QUEUE_SECONDS)
        self._began_at, self._began_bytes, self._was_empty = now, acknowledged_bytes, False
