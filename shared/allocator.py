"""glibc's allocator gives little memory back by itself. On another C library these functions do nothing."""

import ctypes
from contextlib import suppress
from typing import Final

ARENAS: Final = 2
"""How many pools it keeps: by default one for every thread, each of which gives little back."""
_M_ARENA_MAX: Final = -8


def keep_few_arenas() -> None:
    """Call it before the first thread starts."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS)


def give_memory_back() -> None:
    """Return the pages that nothing uses to the system. 35 ms for 150 MB, 0.4 ms where there are none."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
