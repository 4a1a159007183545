"""How much of its time a thread computes or waits for a CPU to compute on: near 1 when there is too much to do.

Linux counts both. Elsewhere nothing tells, and the answer is always 0.
"""

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from shared.clock import NS_PER_SECOND

_SCHEDSTAT: Final = Path("/proc/thread-self/schedstat")
BUSY_SHARE: Final = 0.6
"""Above it lateness is no wonder."""


MEASURE_SECONDS: Final = 0.5


class CpuDemand:
    """Only the thread that it is about may ask."""

    def __init__(self) -> None:
        self._is_too_much = self._was_too_much = False
        self._before: tuple[float, float] | None = None

    def is_too_much(self) -> bool:
        """Over the last half second, or since the last question if that is longer ago; or over the one before. Cheap to
        ask often.

        One half second alone can't tell: a thread that is kept waiting between its look at the clock and its look at
        these times counts the wait for the one before, and none for the next.
        """
        now = time.monotonic()
        if self._before is None or now - self._before[0] >= MEASURE_SECONDS:
            with suppress(OSError, ValueError):
                computing, waiting, _ = (int(number) for number in _SCHEDSTAT.read_text().split())
                wanted = (computing + waiting) / NS_PER_SECOND
                if self._before is not None:
                    self._was_too_much = self._is_too_much
                    self._is_too_much = (wanted - self._before[1]) / (now - self._before[0]) > BUSY_SHARE
                self._before = now, wanted
        return self._is_too_much or self._was_too_much
