"""A computer that has too little: of a core, of memory, of descriptors, of processes."""

import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from faults import cgroup
from faults.audience import EVERYBODY, FIRST, FRONT, NOBODY, at_replica, watching
from faults.fault import Fault
from faults.kinds.camera import AWAY
from faults.kinds.processes import NO_ARCHIVER, NO_INGEST, START_SECONDS, kill_worker
from faults.lab import Lab
from faults.viewers import bad
from faults.window import Promise
from tests.support.starved import starved

KIND: Final = "computer"
SPARE_DESCRIPTORS: Final = 3
SPARE_BYTES: Final = 2 * 1024 * 1024


@contextmanager
def starved_core(lab: Lab, label: str) -> Iterator[None]:
    """The service gets next to nothing of one core."""
    pids = lab.stack.services[label].pids()
    before = {pid: os.getpriority(os.PRIO_PROCESS, pid) for pid in pids}
    lab.starved.update(pids)
    try:
        with starved(pids):
            yield
    finally:
        for pid, priority in before.items():
            for task in Path(f"/proc/{pid}/task").glob("*"):
                with suppress(OSError):
                    os.setpriority(os.PRIO_PROCESS, int(task.name), priority)
        lab.starved.difference_update(pids)


@contextmanager
def no_descriptors(lab: Lab, label: str) -> Iterator[None]:
    """The service may open next to nothing more."""
    pid = lab.stack.services[label].pid
    held = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (held + SPARE_DESCRIPTORS, before[1]))
    try:
        if label == FIRST:
            with bad.flooding(lab.stack.doors[0]):
                yield
        else:
            yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


@contextmanager
def short_of_memory(lab: Lab, label: str) -> Iterator[None]:
    """The service has two megabytes more than now; beyond that the kernel kills it."""
    with cgroup.limited("memory", lab.stack.services[label].pids(), SPARE_BYTES):
        yield


@contextmanager
def no_processes(lab: Lab) -> Iterator[None]:
    """Ingest can start no process, and the front camera's ends."""
    pids = lab.stack.services["ingest"].pids()
    threads = sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in pids)
    with cgroup.limited("pids", pids, threads - 2):
        threading.Event().wait(0.1)
        kill_worker(lab)
        yield


_INGEST: Final = Promise(START_SECONDS, EVERYBODY, NO_INGEST | AWAY)
_STARVED_INGEST: Final = replace(_INGEST, live_slack_seconds=3.0)
"""What judges that pictures are late is itself late."""
_NO_PROCESS: Final = Promise(START_SECONDS, watching(FRONT), NO_INGEST | AWAY, cameras=frozenset({FRONT}))
_STREAM: Final = Promise(START_SECONDS, at_replica(FIRST))
_ARCHIVER: Final = Promise(20.0, NOBODY, NO_ARCHIVER | {"storage unavailable"})

FAULTS: Final = (
    Fault("ingest is starved of CPU", KIND, lambda lab: starved_core(lab, "ingest"), _STARVED_INGEST),
    Fault("a replica is starved of CPU", KIND, lambda lab: starved_core(lab, FIRST), _STREAM),
    Fault("the archiver is starved of CPU", KIND, lambda lab: starved_core(lab, "archiver"), _ARCHIVER),
    Fault("a replica has no descriptors left", KIND, lambda lab: no_descriptors(lab, FIRST), _STREAM),
    Fault("the archiver has no descriptors left", KIND, lambda lab: no_descriptors(lab, "archiver"), _ARCHIVER),
    Fault("ingest has no descriptors left", KIND, lambda lab: no_descriptors(lab, "ingest"), Promise(START_SECONDS)),
    Fault(
        "a replica is short of memory",
        KIND,
        lambda lab: short_of_memory(lab, FIRST),
        _STREAM,
        needs=lambda: cgroup.missing("memory"),
    ),
    Fault(
        "the archiver is short of memory",
        KIND,
        lambda lab: short_of_memory(lab, "archiver"),
        _ARCHIVER,
        needs=lambda: cgroup.missing("memory"),
    ),
    Fault("ingest can start no process", KIND, no_processes, _NO_PROCESS, needs=lambda: cgroup.missing("pids")),
)
