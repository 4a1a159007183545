"""Another host's clock, known only by the times in its messages and by when they came. Pure.

A message can't come before it was sent, so the smallest difference between its coming and its time is the clocks'
offset and the quickest way between them. Older than the quickest is what took longer, however wrong the other clock.
"""

from collections import deque
from typing import Final

from shared.clock import Clock

WINDOW_SECONDS: Final = 60.0
SET_BACK_SECONDS: Final = 0.5
"""Messages come in the order of their times, or nearly: the time falling by more means that the clock was set back."""
_NS: Final = 10**9


class RemoteClock:
    """The clock of whoever sends. Observe times in the order in which they were taken, the latest about a second ago.

    Which way the clock was set shows at the next message: forward, since the difference becomes the smallest; back,
    since the time falls. Until then ages are wrong by as much. Drift within the window counts as a longer way.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._newest_ns = 0
        self._smallest: deque[tuple[float, int]] = deque()
        """When a difference was seen (monotonic seconds) and the difference: each smaller than all after it."""

    def observe(self, sent_at_ns: int) -> None:
        """A message has come just now that was sent at `sent_at_ns` by its sender's clock."""
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
        """How long ago the other clock showed `remote_ns`, beyond the quickest way here; never negative. `now` is
        monotonic seconds, for who has asked already.
        """
        if not self._smallest:
            return None
        now = self._clock.monotonic() if now is None else now
        return max(0.0, now - (remote_ns + self._smallest[0][1]) / _NS)

    def utc_ns_at(self, remote_ns: int) -> int | None:
        """What this host's clock showed, or would have if it was set since, when the other's showed `remote_ns`."""
        age_seconds = self.age_seconds(remote_ns)
        return None if age_seconds is None else self._clock.utc_ns() - round(age_seconds * _NS)

    @property
    def ahead_seconds(self) -> float | None:
        """By how much the other clock is ahead of this host's; negative when it is behind. The quickest way counts as
        being behind.
        """
        if not self._smallest:
            return None
        difference = self._clock.utc_ns() - round(self._clock.monotonic() * _NS) + self._smallest[0][1]
        return -difference / _NS
