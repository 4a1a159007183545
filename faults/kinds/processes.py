"""Processes that are killed, and such that stand still."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from faults.audience import ARCHIVER_PAGES, BROWSER_PAGE, EVERYBODY, FIRST, FRONT, NOBODY, PAGES, at_replica, watching
from faults.fault import Fault
from faults.lab import Lab
from faults.service import Service
from faults.window import Promise
from faults.words import ARCHIVER_GONE, ARCHIVER_SILENT, INGEST, REPLICA
from tests.support.waiting import wait_until

KIND: Final = "processes"
START_SECONDS: Final = 12.0
"""A service is started again half a second after its end, imports everything, and finds its peers."""
NO_INGEST: Final = frozenset({"ingest unreachable", "no fresh picture", "camera not reported", "camera connecting"})
"""Not `camera stalled`: the camera goes on when ingest stands still."""
NO_ARCHIVER: Final = frozenset({"archiver down", "no fresh picture"})


@contextmanager
def killed(lab: Lab, label: str) -> Iterator[None]:
    """SIGKILL; it is started again at once."""
    ended_by(lab.stack.services[label], signal.SIGKILL)
    yield


def ended_by(service: Service, number: signal.Signals) -> None:
    """Return when the process is gone: what it still answers says nothing of its recovery."""
    pid = service.pid
    service.signal(number)
    wait_until(lambda: service.pid != pid, f"{service.label} has ended", 20)


@contextmanager
def down(lab: Lab, label: str) -> Iterator[None]:
    """SIGKILL, and nobody starts it again within the block."""
    service = lab.stack.services[label]
    service.hold()
    service.signal(signal.SIGKILL)
    try:
        yield
    finally:
        service.release()


@contextmanager
def stopped(lab: Lab, pids: list[int]) -> Iterator[None]:
    """SIGSTOP, and SIGCONT at the end."""
    lab.starved.update(pids)
    _send(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        _send(pids, signal.SIGCONT)
        lab.starved.difference_update(pids)


@contextmanager
def worker_killed(lab: Lab) -> Iterator[None]:
    """The front camera's process; ingest's own starts another."""
    kill_worker(lab)
    yield


def kill_worker(lab: Lab) -> None:
    """The front camera's process. It has a connection only while the camera is there."""
    ingest = lab.stack.services["ingest"]
    processes = wait_until(
        lambda: [pid for pid in ingest.pids() if _name_of(pid) == f"camera {FRONT}"], "the camera has a process"
    )
    _send(processes, signal.SIGKILL)


def _name_of(pid: int) -> str | None:
    with suppress(OSError):  # it has just ended
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return None


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


INGEST_AWAY: Final = Promise(START_SECONDS, EVERYBODY, NO_INGEST, PAGES, INGEST)
INGEST_BRIEFLY: Final = Promise(START_SECONDS, EVERYBODY, NO_INGEST)
_STREAM: Final = Promise(START_SECONDS, at_replica(FIRST))
STREAM_STILL: Final = replace(_STREAM, pages=frozenset({BROWSER_PAGE}), words=REPLICA)
_WORKER: Final = Promise(START_SECONDS, watching(FRONT), NO_INGEST | {"camera offline"}, cameras=frozenset({FRONT}))
"""Ingest waits before it starts another: for twice as long each time, so that the camera is offline for a slot."""
_ARCHIVER: Final = Promise(START_SECONDS, NOBODY, NO_ARCHIVER, ARCHIVER_PAGES, ARCHIVER_GONE)

FAULTS: Final = (
    Fault("ingest is killed", KIND, lambda lab: killed(lab, "ingest"), INGEST_BRIEFLY, is_momentary=True),
    Fault("ingest is down", KIND, lambda lab: down(lab, "ingest"), INGEST_AWAY),
    Fault(
        "ingest and its cameras' processes stand still",
        KIND,
        lambda lab: stopped(lab, lab.stack.services["ingest"].pids()),
        INGEST_AWAY,
    ),
    Fault("a camera's process is killed", KIND, worker_killed, _WORKER, is_momentary=True),
    Fault("a replica is killed", KIND, lambda lab: killed(lab, FIRST), _STREAM, is_momentary=True),
    Fault("a replica stands still", KIND, lambda lab: stopped(lab, lab.stack.services[FIRST].pids()), STREAM_STILL),
    Fault(
        "the archiver is killed",
        KIND,
        lambda lab: killed(lab, "archiver"),
        Promise(START_SECONDS, NOBODY, NO_ARCHIVER),
        is_momentary=True,
    ),
    Fault("the archiver is down", KIND, lambda lab: down(lab, "archiver"), _ARCHIVER),
    Fault(
        "the archiver hangs under a watching page",
        KIND,
        lambda lab: stopped(lab, lab.stack.services["archiver"].pids()),
        replace(_ARCHIVER, words=ARCHIVER_SILENT),
    ),
)
