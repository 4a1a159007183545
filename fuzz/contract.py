"""What a target promises of every input: only the errors that its callers handle come out, in bounded time and memory.

A target checks by itself what must be true of a result, and raises `AssertionError` where it is not.
"""

import importlib
import pkgutil
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from fuzz import targets

MOST_CPU_SECONDS: Final = 2.0
"""For one input. CPU time, because a computer that is busy with other things is no fault of the reader."""
MOST_MEMORY_BYTES: Final = 256 * 1024 * 1024
"""By which one input may raise the highest memory that the process ever had."""


class TooSlowError(AssertionError):
    """Raised when an input took too long. Name it, keep the input."""


class TooLargeError(AssertionError):
    """Raised when an input took too much memory. Name it, keep the input."""


@dataclass(frozen=True, slots=True)
class Target:
    """`read` takes one input. `handled` are the errors that its callers in the services catch by name."""

    name: str
    read: Callable[[bytes], None]
    handled: tuple[type[Exception], ...]
    max_bytes: int
    """Of an input. The reader's own limits must be within reach, as far as that is quick."""

    def check(self, data: bytes) -> None:
        """Give `data` to the reader.

        Raises:
            Exception: whatever breaks the promise.
        """
        memory, begun = _peak_bytes(), time.process_time()
        with suppress(*self.handled):
            self.read(data)
        seconds, grown = time.process_time() - begun, _peak_bytes() - memory
        if seconds > MOST_CPU_SECONDS:
            raise TooSlowError(f"{len(data)} bytes took {seconds:.1f} s of CPU time")
        if grown > MOST_MEMORY_BYTES:
            raise TooLargeError(f"{len(data)} bytes took {grown >> 20} MiB of memory")


def target_names() -> list[str]:
    """All targets, in the order of the alphabet."""
    return sorted(module.name for module in pkgutil.iter_modules(targets.__path__))


def load_target(name: str) -> Target:
    """Import the target's module, and with it what it reads by."""
    module = importlib.import_module(f"{targets.__name__}.{name}")
    return Target(name, module.read, module.HANDLED, getattr(module, "MAX_BYTES", 4096))


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
