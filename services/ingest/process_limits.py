"""What a camera's process may use, derived from the largest picture allowed, and what the owner is told beyond it.

A camera's pictures then end its own process at worst. Imports nothing that decodes, because the parent uses it too.
"""

import resource
import signal
from contextlib import suppress
from pathlib import Path
from typing import Final

MIB: Final = 1024 * 1024
BYTES_A_PIXEL: Final = 36
"""Measured with 8K H.265, all renditions at once, per pixel of the picture: 18 bytes with 8 bits a sample, 33 with 10.
Nine tenths of it are the decoder's reference frames and the copies that are encoded."""
OTHER_BYTES: Final = 256 * MIB
"""For packets that wait (32 MiB), the stacks of threads and what allocators keep for themselves."""
FEWEST_CPU_SECONDS: Final = 2.0
PIXELS_A_CPU_SECOND: Final = 5_000_000
"""The slowest honest picture, 8K H.265 of 10 bits in all renditions, took 0.7 s on a server: 50 million a second."""
EXIT_OUT_OF_MEMORY: Final = 3
_OOM_SCORE: Final = Path("/proc/self/oom_score_adj")
_FIRST_TO_END: Final = "300"
"""As if it used another 300 thousandths of the memory there is. More would end a camera before a larger program that
has nothing to do with us."""


def memory_limit(max_pixels: int) -> int:
    """How many bytes of memory a camera's process may take beyond what its libraries took when they were loaded."""
    return OTHER_BYTES + BYTES_A_PIXEL * max_pixels


def cpu_seconds(max_pixels: int) -> float:
    """How much CPU time one picture may take: 10 s at the default of 40 million pixels."""
    return FEWEST_CPU_SECONDS + max_pixels / PIXELS_A_CPU_SECOND


def limit_memory(max_pixels: int) -> None:
    """Limit this process from now on. What is beyond it fails as if the machine had no more memory.

    The limit is on data (RLIMIT_DATA), not on the address space (RLIMIT_AS): that also counts the libraries' code and
    what allocators only reserve, 64 MiB for each thread. The linear algebra library alone has buffers for each core,
    so what is in use now is counted on top.

    Where all cameras together have too little memory, the kernel is to end one of them, never their parent.
    """
    limit = _data_bytes() + memory_limit(max_pixels)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    with suppress(OSError):  # a host may forbid it, which costs only that order
        _OOM_SCORE.write_text(_FIRST_TO_END)


def broken_limit(exit_code: int, max_pixels: int) -> str | None:
    """Which limit ended a process with `exit_code`, in words that follow "ended: "; None if it was something else."""
    raised = "If the camera's pictures are that large, raise PICTURE_MAX_PIXELS."
    if exit_code == EXIT_OUT_OF_MEMORY:
        megabytes = memory_limit(max_pixels) // 10**6
        return f"a picture needed more than {megabytes} MB of memory. {raised}"
    if exit_code == -signal.SIGPROF:
        return f"a picture needed more than {cpu_seconds(max_pixels):g} s of CPU time. {raised}"
    return None


def _data_bytes() -> int:
    """What RLIMIT_DATA counts, as of now."""
    status = Path("/proc/self/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmData:"))
    return int(kilobytes) * 1024
