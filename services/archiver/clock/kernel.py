"""What the kernel says of its own clock: whether a time service (NTP) keeps it, and how it is set. Sets nothing."""

import ctypes
from typing import Final

from shared.clock import NS_PER_SECOND

_UNSYNCHRONISED: Final = 0x0040
_NANOSECONDS: Final = 0x2000
_ERROR: Final = 5
"""adjtimex(2): STA_UNSYNC, STA_NANO, TIME_ERROR."""


class _Timex(ctypes.Structure):
    """`struct timex` of Linux, up to the time; the rest is room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("fraction", ctypes.c_long),
        ("rest", ctypes.c_char * 256),
    )


def synchronised_utc_ns() -> int | None:
    """The kernel's time, if a time service has set it and keeps it; else None, and where the kernel can't be asked.

    To set the clock by hand takes the mark away, until the service has looked at it again. That the mark is missing
    says nothing: no container and no network without NTP has it.
    """
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    now = _Timex()
    state = adjtimex(ctypes.byref(now))
    if state in {-1, _ERROR} or now.status & _UNSYNCHRONISED:
        return None
    fraction = now.fraction if now.status & _NANOSECONDS else now.fraction * 1000
    return int(now.seconds * NS_PER_SECOND + fraction)
