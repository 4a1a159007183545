"""Processes and cores: pinning, limits, CPU time, memory, and compiling a C program for one run."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

SERVER_CORE: Final = 0
LOAD_CORE: Final = max(os.sched_getaffinity(0))
_HERE: Final = Path(__file__).parent


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Processes and threads that this thread starts within the block stay on `core`."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def allow_many_files() -> None:
    """Raise the limit on file descriptors to the system's maximum, for this process and its children."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def clean_up_when_terminated() -> None:
    """Make SIGTERM exit through the `finally` blocks, so that no server and no namespace outlives this process."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def go_first(pid: int) -> None:
    """Put a process, and what it starts from now on, before all else on the machine, where that is allowed."""
    with suppress(PermissionError):
        os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(1))


def build(source: str, directory: Path) -> Path:
    """Compile `source`, a C file beside this one, into `directory`."""
    program = directory / Path(source).stem
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", str(program), str(_HERE / source)], check=True)
    return program


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads since their start, from schedstat: /proc/PID/stat would round it to ticks."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def memory_megabytes(pid: int) -> dict[str, float]:
    """RSS and PSS of a process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
    return {"rss": round(kilobytes["Rss"] / 1024, 1), "pss": round(kilobytes["Pss"] / 1024, 1)}
