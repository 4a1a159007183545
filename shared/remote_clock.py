"""The clock of another host, estimated from the times in its messages and their arrivals. Pure.

min(arrival - sent) over a minute is the clocks' offset plus the shortest delay. Ages are measured against that minimum,
so it does not matter how wrong the other clock is. (NTP's clock filter trusts the sample of least delay, too.)
"""

from collections import deque
from typing import Final

from shared.clock import Clock

WINDOW_SECONDS: Final = 60.0
SET_BACK_SECONDS: Final = 0.5
"""Messages arrive nearly in the order of their times. If the time falls by more than this, the clock was set back."""
_NS: Final = 10**9


class RemoteClock:
    """The sender's clock. Call `observe` about once a second, with times in the order in which they were taken.

    A clock that was set is noticed at the next message: set forward, its difference is the new minimum; set back, its
    time falls. Until then ages are wrong by that jump. Drift within the window counts as delay.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._newest_ns = 0
        self._smallest: deque[tuple[float, int]] = deque()
        """Pairs of arrival (monotonic seconds) and difference (ns), each difference smaller than all later ones: the
        sliding-window minimum by a monotonic queue."""

    def observe(self, sent_at_ns: int) -> None:
        """A message has just arrived that was sent at `sent_at_ns` by its sender's clock."""
        now = self._clock.monotonic()
        difference = round(now * _NS) - sent_at_ns
        if sent_at_ns < self._newest_ns - SET_BACK_SECONDS * _NS:
            self._smallest.clear()
            self._newest_ns = sent_at_ns
        self._newest_ns = max(self._newest_ns, sent_at_ns)
        while self._smallest and self._smallest[-1][1] >= difference:
            self._smallest.pop()
        self._smallest.append((now, difference))
        while self._smallest[0][0] < now - WINDOW_SECONDS:
            self._smallest.popleft()

    def age_seconds(self, remote_ns: int, now: float | None = None) -> float | None:
        """The seconds since the other clock showed `remote_ns`, less the shortest delay; never negative, and None
        before the first message. `now` is monotonic seconds, from a caller that has read its clock already.
        """
        if not self._smallest:
            return None
        now = self._clock.monotonic() if now is None else now
        return max(0.0, now - (remote_ns + self._smallest[0][1]) / _NS)

    def utc_ns_at(self, remote_ns: int) -> int | None:
        """The time by this host's clock, as it is set now, at which the other clock showed `remote_ns`."""
        age_seconds = self.age_seconds(remote_ns)
        return None if age_seconds is None else self._clock.utc_ns() - round(age_seconds * _NS)

    @property
    def ahead_seconds(self) -> float | None:
        """By how many seconds the other clock is ahead of this host's; negative when it is behind. The shortest delay
        can't be told from being behind.
        """
        if not self._smallest:
            return None
        difference = self._clock.utc_ns() - round(self._clock.monotonic() * _NS) + self._smallest[0][1]
        return -difference / _NS
