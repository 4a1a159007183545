"""The clock by which sessions, tokens and links end. It never goes back, whatever the computer's clock does."""

from typing import Final

from shared.clock import NS_PER_SECOND, Clock


class KeptClock:
    """UTC seconds, never earlier than `latest`, which an earlier run has kept.

    While the computer's clock is behind, the time since the boot moves this one on: a computer whose clock fell back by
    years would otherwise end nothing for years. Not for two threads at once.
    """

    def __init__(self, clock: Clock, latest: int) -> None:
        self._clock: Final = clock
        self._told_ns = latest * NS_PER_SECOND
        self._seen_ns = clock.boot_ns()

    def now(self) -> int:
        """UTC epoch seconds."""
        seen = self._clock.boot_ns()
        self._told_ns = max(self._clock.utc_ns(), self._told_ns + seen - self._seen_ns)
        self._seen_ns = seen
        return self._told_ns // NS_PER_SECOND

    def keep(self, latest: int) -> None:
        """Another file was taken over, whose clock had come to `latest`."""
        self._told_ns = max(self._told_ns, latest * NS_PER_SECOND)
