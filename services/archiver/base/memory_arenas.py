"""How many pools glibc's allocator keeps: one for every thread by default, each of which gives little back."""

import ctypes
from contextlib import suppress
from typing import Final

ARENAS: Final = 2
_M_ARENA_MAX: Final = -8


def keep_few_arenas() -> None:
    """Call it before the first thread starts. On another C library it does nothing."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS)
