"""The clocks, as a seam for tests: UTC for records, monotonic for intervals."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

NS_PER_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Clock:
    """`utc_ns` is the wall clock in epoch nanoseconds, which may be set; `monotonic` counts seconds and never jumps."""

    utc_ns: Callable[[], int] = time.time_ns
    monotonic: Callable[[], float] = time.monotonic
