"""What this computer is short of, in a sentence. It is read when a camera suffers from it, or somebody asks."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

LEAST_FREE_SHARE: Final = 0.05
"""Of the memory. With less, the kernel reads programs from the disk again and again, which looks like a busy CPU."""
_MEMORY: Final = Path("/proc/meminfo")


def shortage() -> str:
    """A sentence with a space behind it. Empty where nothing is short, or nothing tells."""
    load, free_share = 0.0, 1.0
    with suppress(OSError):
        load = os.getloadavg()[0]
    with suppress(OSError, ValueError, KeyError):
        free_share = free_share_of(_MEMORY.read_text())
    return words_of(load, os.cpu_count() or 1, free_share)


def free_share_of(meminfo: str) -> float:
    """How much of the memory programs may still have.

    Raises:
        ValueError, KeyError: when the text is no `/proc/meminfo`.
    """
    sizes = dict(line.split(":", 1) for line in meminfo.splitlines())
    free, total = (int(sizes[name].split()[0]) for name in ("MemAvailable", "MemTotal"))
    return free / total


def words_of(load: float, cpus: int, free_share: float) -> str:
    """`load` is how many tasks computed or waited for a CPU, on average of the last minute. Pure."""
    if free_share < LEAST_FREE_SHARE:
        return f"It is short of memory: {free_share:.0%} is free. "
    if load > cpus:
        return f"It is short of CPU time: {load:.0f} tasks want its {cpus} CPU{'s' if cpus > 1 else ''}. "
    return ""
