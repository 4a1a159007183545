"""How late the lab runs, and how long the services wait for a CPU: what the machine costs, and not Framecast."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from faults.audience import LAB
from faults.facts import Late

BEAT_SECONDS: Final = 0.05
NOTED_SECONDS: Final = 0.05
WAIT_SHARE: Final = 0.15
"""Some waiting for a CPU is usual on a computer that works. More than this share of a second is lateness."""


class LatenessWatch:
    """A thread that wants to wake up twenty times a second. `note` gets each time that it was late."""

    def __init__(self, note: Callable[[Late], None], pids: Callable[[], Mapping[str, Iterable[int]]]) -> None:
        """`pids` are the processes of each part whose waiting counts, since no fault starves them now."""
        self._note = note
        self._pids = pids
        self._stop = threading.Event()
        self._waited: dict[str, float] = {}
        """By thread."""
        self._thread = threading.Thread(target=self._run, name="lateness", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        looked_at = time.monotonic()
        while not self._stop.is_set():
            before = time.monotonic()
            time.sleep(BEAT_SECONDS)
            now = time.monotonic()
            late = now - before - BEAT_SECONDS
            if late > NOTED_SECONDS:
                self._note(Late(time.time(), late))
            if now - looked_at >= 1.0:
                self._look_at_services(now - looked_at)
                looked_at = now

    def _look_at_services(self, seconds: float) -> None:
        before, self._waited = self._waited, {}
        for part, pids in (*self._pids().items(), (LAB, (os.getpid(),))):
            tasks = [task for pid in pids for task in Path(f"/proc/{pid}/task").glob("*")]
            waited = {task.name: waited_seconds(task) for task in tasks}
            self._waited |= waited
            longest = max((value - before[name] for name, value in waited.items() if name in before), default=0.0)
            if longest > WAIT_SHARE * seconds:
                self._note(Late(time.time(), longest, part))


def waited_seconds(task: Path) -> float:
    """How long the thread was ready to run and got no CPU, since its start."""
    with suppress(OSError, ValueError, IndexError):
        return int((task / "schedstat").read_text().split()[1]) / 1e9
    return 0.0
