"""Processes, descriptors, threads and memory are back where they were, once all is as before."""

from collections.abc import Iterator
from itertools import groupby
from statistics import median
from typing import Final

from faults.facts import Usage
from faults.promises.breach import Breach
from faults.record import Record

FIRST: Final = 2
LAST: Final = 2
"""How many readings at rest make the baseline, and how many are compared with it. A reading is once a round."""
MORE_DESCRIPTORS: Final = 10
MORE_THREADS: Final = 4
MORE_MEMORY: Final = 0.35
MORE_MEMORY_BYTES: Final = 24 * 1024 * 1024
"""What an allocator, a pool of threads or connections may still hold. More than it, twice in a row, is a leak."""


IDLE_SECONDS: Final = 10.0
"""After so long without work a thread of an endpoint ends."""


class BackAtBaseline:
    """Compares the smaller of the last readings at rest with the first ones, whatever was started anew meanwhile."""

    name = "processes, descriptors, threads and memory are back at the baseline"

    def breaches(self, record: Record) -> Iterator[Breach]:
        ordered = sorted(record.usages, key=lambda usage: (usage.service, usage.at))
        for service, group in groupby(ordered, key=lambda usage: usage.service):
            usages = list(group)
            if len(usages) >= FIRST + LAST:
                yield from self._grown(
                    service, usages, threads=MORE_THREADS + _waiting_threads(record, service, usages)
                )

    def _grown(self, service: str, usages: list[Usage], threads: int) -> Iterator[Breach]:
        first, last = usages[:FIRST], usages[-LAST:]
        allowed = {
            "processes": median(usage.processes for usage in first),
            "descriptors": median(usage.descriptors for usage in first) + MORE_DESCRIPTORS,
            "threads": median(usage.threads for usage in first) + threads,
            "memory_bytes": median(usage.memory_bytes for usage in first) * (1 + MORE_MEMORY) + MORE_MEMORY_BYTES,
        }
        for what, most in allowed.items():
            now = min(getattr(usage, what) for usage in last)
            if now > most:
                words = f"{service} holds {now} {what.replace('_', ' ')} at rest; {most:.0f} would be allowed"
                yield Breach(self.name, f"{service}, {what}", usages[-1].at, words)


def _waiting_threads(record: Record, service: str, usages: list[Usage]) -> int:
    """How many threads more may be at work, because requests that wait for a CPU are under way at the same time.

    One for each second that the service waited, in the time for which a thread stays without work.
    """
    parts = frozenset({service})
    return int(min(record.late_seconds(usage.at - IDLE_SECONDS, usage.at, parts) for usage in usages[-LAST:]))
