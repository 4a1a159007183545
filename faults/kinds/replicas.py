"""Replicas that are added and taken away."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from faults.audience import FIRST, FRONT, NOBODY, at_replica
from faults.fault import Fault
from faults.kinds.processes import START_SECONDS, ended_by
from faults.lab import Lab
from faults.viewers.healthy import MjpegViewer
from faults.window import Promise
from tests.support.waiting import wait_until

KIND: Final = "replicas"


@contextmanager
def one_more(lab: Lab) -> Iterator[None]:
    """Another replica with a viewer of its own comes, and goes in good order. Nobody else may notice."""
    door = lab.stack.add_replica("stream-3", lab.stack.free_port())
    service = lab.stack.services["stream-3"]
    service.start()
    viewer = MjpegViewer(door, FRONT, lambda _sight: None)
    viewer.start()
    try:
        wait_until(lambda: viewer.last_live_at, "the new replica shows a picture", 15)
        yield
    finally:
        viewer.stop()
        service.stop()
        viewer.join()
        del lab.stack.services["stream-3"]
        lab.stack.doors.remove(door)


@contextmanager
def restarted(lab: Lab) -> Iterator[None]:
    """SIGTERM, as for an update."""
    ended_by(lab.stack.services[FIRST], signal.SIGTERM)
    yield


FAULTS: Final = (
    Fault("a replica is added and taken away", KIND, one_more, Promise(5.0, NOBODY)),
    Fault(
        "a replica is restarted in good order",
        KIND,
        restarted,
        Promise(START_SECONDS, at_replica(FIRST)),
        is_momentary=True,
    ),
)
