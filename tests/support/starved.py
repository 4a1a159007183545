"""A computer with too much to do: processes that get next to no time of one core."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

_SPIN = "while True: pass"
_LOWEST = 19


def process_tree(pid: int) -> list[int]:
    """The process and all its descendants."""
    pids = [pid]
    for known in pids:
        for children in Path(f"/proc/{known}/task").glob("*/children"):
            with suppress(OSError):
                pids += [int(child) for child in children.read_text().split()]
    return pids


@contextmanager
def starved(pids: list[int], spinners: int = 1) -> Iterator[None]:
    """Put the processes on one core at the lowest priority, beside `spinners` that never rest there. Afterwards the
    spinners are gone, and the processes may use every core again, at their own priorities where root gives them back.
    """
    core = min(os.sched_getaffinity(0))
    everywhere = os.sched_getaffinity(0)
    usual = os.getpriority(os.PRIO_PROCESS, pids[0])
    groups = {pid: _group_priority(pid) for pid in pids}
    _place(pids, {core})
    _give_priority(pids, _LOWEST)
    _give_groups(dict.fromkeys(pids, _LOWEST))
    running = [subprocess.Popen([sys.executable, "-c", _SPIN]) for _ in range(spinners)]
    try:
        _place([spinner.pid for spinner in running], {core})
        yield
    finally:
        for spinner in running:
            spinner.kill()
            spinner.wait()
        _place(pids, everywhere)
        _give_priority(pids, usual)
        _give_groups(groups)


def _give_priority(pids: list[int], nice: int) -> None:
    for tid in _threads(pids):
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, tid, nice)


def _group_priority(pid: int) -> int:
    """Linux shares a core between sessions first, where the kernel is built so. A session has a priority of its own,
    which is not that of its processes.
    """
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/autogroup").read_text().split()[-1])
    return 0


def _give_groups(priorities: Mapping[int, int]) -> None:
    for pid, nice in priorities.items():
        with suppress(OSError):
            Path(f"/proc/{pid}/autogroup").write_text(str(nice))


def _threads(pids: list[int]) -> list[int]:
    return [int(task.name) for pid in pids for task in Path(f"/proc/{pid}/task").glob("*")]


def _place(pids: list[int], cores: set[int]) -> None:
    for tid in _threads(pids):
        with suppress(OSError):  # a thread that has ended
            os.sched_setaffinity(tid, cores)
