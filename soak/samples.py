"""The soak's samples: what every process holds, and how old the steady viewer's pictures are."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Final, Self

from soak.processes import descendants, holdings_of
from soak.traffic import STEADY, Traffic

DATED_PARTS: Final = 10
"""How many pictures of each sample have their clock read: this costs CPU time that the services may want."""
Series = dict[str, list[tuple[float, float]]]
"""By name: the seconds since the start, and the value."""


class Samples:
    """Takes samples, writes each as a line of JSON, and keeps them as series. Names are `PROCESS WHAT`."""

    def __init__(self, file: Path, begun: float) -> None:
        self.series: Series = {}
        self.oldest_ms = 0.0
        """The age of the oldest picture that was marked live, in milliseconds."""
        self._file = file.open("w")
        self._begun = begun

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def take(self, traffic: Traffic) -> None:
        """One sample of everything."""
        values = dict(self._held(traffic)) | dict(self._ages(traffic))
        at = time.monotonic() - self._begun
        self._file.write(json.dumps({"seconds": round(at, 1), **values}) + "\n")
        self._file.flush()
        for name, value in values.items():
            self.series.setdefault(name, []).append((at, value))

    def _held(self, traffic: Traffic) -> Iterator[tuple[str, float]]:
        processes = [(service.pid, name) for name, service in traffic.stack.services.items()]
        below = list(descendants(traffic.stack.services["ingest"].pid))
        # A camera that comes and goes has a new process each time, so its slope says nothing. The total has it.
        names = {f"camera {STEADY}": f"camera {STEADY}", "python": "template", "python3": "template"}
        processes += [(pid, names.get(comm, "")) for pid, comm in below]
        total = 0.0
        for pid, name in processes:
            held = holdings_of(pid)
            if held is None:
                continue
            total += held.anonymous_mb
            if name:
                yield from ((f"{name} {what}", round(value, 2)) for what, value in asdict(held).items())
        yield "all anonymous_mb", round(total, 2)
        yield "all processes", len(processes)

    def _ages(self, traffic: Traffic) -> Iterator[tuple[str, float]]:
        live = [part for part in tuple(traffic.watcher.parts)[-DATED_PARTS:] if part.is_live]
        ages = [age * 1000 for part in live if (age := part.age_seconds) is not None]
        if ages:
            self.oldest_ms = max(self.oldest_ms, *ages)
            yield "pictures age_ms", round(median(ages), 1)
