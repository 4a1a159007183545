"""What root may do beyond files of its own. A camera's process that runs as root needs next to nothing of it."""

import ctypes
import os
import struct
import sys
from typing import Final

_VERSION: Final = 0x20080522
_HEADER: Final = struct.Struct("=Ii")
_SETS: Final = struct.Struct("=6I")
"""Twice (the lower 32 capabilities, then the upper ones): effective, permitted, inheritable."""
_CAP_DAC_OVERRIDE: Final = 1 << 1
"""A video may be another user's. Landlock's rules hold all the same."""


def drop_capabilities() -> None:
    """Give up, for good, whatever makes root more than a user, but for reading other users' files. Linux only.

    Some of it goes past Landlock: with CAP_PERFMON one may read any process's environment.

    Raises:
        OSError: the kernel refused.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = _HEADER.pack(_VERSION, 0), ctypes.create_string_buffer(_SETS.size)
    if libc.capget(header, sets) == 0:
        effective, permitted, *_ = _SETS.unpack(sets.raw)
        kept = _SETS.pack(effective & _CAP_DAC_OVERRIDE, permitted & _CAP_DAC_OVERRIDE, 0, 0, 0, 0)
        if libc.capset(header, kept) == 0:
            return
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
