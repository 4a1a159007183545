"""A clock for tests of capturing: it stands still until it is set or advanced."""

from datetime import datetime

from shared.clock import Clock


class FakeClock:
    """Wall clock and monotonic clock. `clock` is what the code under test gets."""

    def __init__(self, at: datetime) -> None:
        self._utc_ns = int(at.timestamp()) * 1_000_000_000
        self._monotonic = self._slept = 0.0
        self.clock = Clock(
            lambda: self._utc_ns, lambda: self._monotonic, lambda: round((self._monotonic + self._slept) * 1e9)
        )

    def advance(self, seconds: float) -> None:
        """Both clocks go on."""
        self._utc_ns += round(seconds * 1_000_000_000)
        self._monotonic += seconds

    def sleep(self, seconds: float) -> None:
        """The computer sleeps: its monotonic clock stands still."""
        self._utc_ns += round(seconds * 1_000_000_000)
        self._slept += seconds

    def set_wall(self, at: datetime) -> None:
        """The wall clock jumps."""
        self._utc_ns = int(at.timestamp()) * 1_000_000_000
