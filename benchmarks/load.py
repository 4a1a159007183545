"""Thousands of viewers: runs `viewers.c` as a process and reads its reports. Use it from one thread only."""

import json
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

STREAM_PATH: Final = "/api/camera/stream"
DATED_VIEWERS: Final = 64
"""`viewers.c` records the age of every picture for the first 64 viewers."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the viewers received since the last `reset`."""

    seconds: float
    closed: int
    parts: list[int]
    """Complete parts, per viewer."""
    first_seconds: list[float]
    """From connecting to the first complete picture, per viewer; -1 if there was none."""
    dated: list[tuple[int, float, float]]
    """For each picture: the viewer, its arrival in UTC epoch seconds, its age in seconds."""

    @property
    def delivered(self) -> int:
        return sum(self.parts)

    @property
    def slowest_fps(self) -> float:
        return round(min(self.parts) / self.seconds, 1)

    @property
    def median_fps(self) -> float:
        return round(statistics.median(self.parts) / self.seconds, 1)

    @property
    def ages_ms(self) -> list[float]:
        return [age * 1000 for _, _, age in self.dated]


class Load:
    """Viewers of one address.

    `prefix` goes before the command: `ip netns exec …` runs them in another namespace. With `spin` they never sleep, so
    the server's CPU time includes no wake-ups of local viewers; viewers on other hosts would cost it none.
    """

    def __init__(  # noqa: PLR0913 - each is the viewers' own
        self,
        program: Path,
        port: int,
        path: str = STREAM_PATH,
        host: str = "127.0.0.1",
        prefix: Sequence[str] = (),
        *,
        spin: bool = False,
    ) -> None:
        command = [*prefix, str(program), host, str(port), path, *(["spin"] if spin else [])]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    @property
    def pid(self) -> int:
        return self._process.pid

    def add(self, count: int, timeout_seconds: float = 60) -> None:
        """Connect `count` more viewers and wait for the first part of each.

        Raises AssertionError if some get none in time.
        """
        missing = self._ask(f"add {count} {timeout_seconds:g}")["without_a_part"]
        assert not missing, f"{missing} of {count} viewers got no picture"

    def reset(self) -> None:
        self._ask("reset")

    def report(self) -> Report:
        answer = self._ask("report")
        return Report(**answer | {"dated": [(int(viewer), at, age) for viewer, at, age in answer["dated"]]})

    def drop(self) -> None:
        """Disconnect all viewers."""
        self._ask("drop")

    def _ask(self, command: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the viewers' process has ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()


def percentile(values: list[float], percent: int) -> float:
    return round(statistics.quantiles(values, n=100)[percent - 1], 1)
