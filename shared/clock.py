"""The clocks, as a seam for tests: UTC for records, monotonic for intervals, and the time since the boot."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

NS_PER_SECOND: Final = 1_000_000_000


def ns_since_boot() -> int:
    """Nanoseconds since the computer started, its sleep included. Every process of the same boot reads the same clock.

    Only Linux counts the sleep. Elsewhere a computer that wakes up looks like one whose clock was set.
    """
    return time.clock_gettime_ns(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class Clock:
    """`utc_ns` is the wall clock in epoch nanoseconds, which may be set; `monotonic` counts seconds and never jumps.

    `boot_ns` counts nanoseconds since the computer started, and never jumps either.
    """

    utc_ns: Callable[[], int] = time.time_ns
    monotonic: Callable[[], float] = time.monotonic
    boot_ns: Callable[[], int] = ns_since_boot
