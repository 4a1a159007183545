"""RTP's time stamps, which begin anywhere and wrap after 13 hours, as seconds that go on. Pure."""

from typing import Final

CLOCK_RATE: Final = 90_000
"""Ticks a second, of every kind of video that we read (RFC 6184, 7798, 2435)."""
_VALUES: Final = 1 << 32
_HALF: Final = 1 << 31


class RtpTimestamps:
    """Each is taken to be less than half of all values away from the one before."""

    def __init__(self) -> None:
        self._ticks = 0
        self._last: int | None = None

    def seconds(self, timestamp: int) -> float:
        """Seconds since the first of them; negative before it."""
        self._ticks += self._ahead(timestamp)
        self._last = timestamp
        return self._ticks / CLOCK_RATE

    def peek(self, timestamp: int) -> float:
        """The same for one that belongs to no picture: the next picture is counted from the last one."""
        return (self._ticks + self._ahead(timestamp)) / CLOCK_RATE

    def _ahead(self, timestamp: int) -> int:
        return 0 if self._last is None else (timestamp - self._last + _HALF) % _VALUES - _HALF
