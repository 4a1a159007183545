"""A control group of the lab's own, for limits that a whole computer would have: memory, or processes."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


def missing(controller: str) -> str | None:
    """Why there can be none; None when there can."""
    return None if (_ROOT / controller / "cgroup.procs").exists() else f"this machine has no cgroup v1 '{controller}'"


@contextmanager
def limited(controller: str, pids: Iterable[int], limit: str, value: int) -> Iterator[None]:
    """The processes, and those that they start, are in a group with this limit within the block."""
    group = _ROOT / controller / f"framecast-faults-{time.time_ns()}"
    group.mkdir()
    try:
        for pid in pids:
            with suppress(OSError):  # it has ended
                (group / "cgroup.procs").write_text(str(pid))
        (group / limit).write_text(str(value))
        yield
    finally:
        (group / limit).write_text("-1" if controller == "memory" else "max")
        for left in (group / "cgroup.procs").read_text().split():
            with suppress(OSError):
                (_ROOT / controller / "cgroup.procs").write_text(left)
        group.rmdir()
