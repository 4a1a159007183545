"""What other processes of the same user may see of this one."""

import ctypes
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def hide_memory() -> None:
    """Have the kernel refuse this process's memory and environment to all but root, and write no core of it.

    Programs that it starts are as usual. Linux only; elsewhere nothing happens.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
