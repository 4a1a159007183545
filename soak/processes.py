"""What the services' processes hold: memory, descriptors and threads, read from /proc."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_KILOBYTES_A_MEGABYTE: Final = 1024


@dataclass(frozen=True, slots=True)
class Holdings:
    """What one process holds at one moment. Memory in megabytes.

    `anonymous_mb` is what it allocated itself; what forked processes share is divided among them. Its part of files is
    left out: that falls when another program on the machine maps the same library, and no leak is in it.
    """

    rss_mb: float
    anonymous_mb: float
    descriptors: int
    threads: int


def holdings_of(pid: int) -> Holdings | None:
    """None if the process has ended."""
    own = _PROC / str(pid)
    with suppress(OSError, KeyError):
        rollup = _numbers(own / "smaps_rollup")
        return Holdings(
            rss_mb=rollup["Rss"] / _KILOBYTES_A_MEGABYTE,
            anonymous_mb=rollup["Pss_Anon"] / _KILOBYTES_A_MEGABYTE,
            descriptors=sum(1 for _ in (own / "fd").iterdir()),
            threads=_numbers(own / "status")["Threads"],
        )
    return None


def descendants(pid: int) -> Iterator[tuple[int, str]]:
    """The process ids and names of all processes below `pid`. Those that end meanwhile are missing."""
    with suppress(OSError):
        for thread in (_PROC / str(pid) / "task").iterdir():
            for child in map(int, (thread / "children").read_text().split()):
                with suppress(OSError):
                    yield child, (_PROC / str(child) / "comm").read_text().strip()
                yield from descendants(child)


def _numbers(path: Path) -> dict[str, int]:
    """The lines `Name:   number …` of a file of /proc."""
    found = {}
    for line in path.read_text().splitlines():
        name, _, value = line.partition(":")
        first = value.split()[:1]
        if first and first[0].isdecimal():
            found[name] = int(first[0])
    return found
