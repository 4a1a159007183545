"""The network between a camera and ingest, on the bus, and to the archiver: cut, lossy, slow."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from faults import firewall
from faults.audience import ARCHIVER_PAGES, EVERYBODY, FRONT, NOBODY, PAGES, watching
from faults.fault import Fault
from faults.kinds.camera import AWAY
from faults.kinds.processes import NO_INGEST
from faults.lab import Lab
from faults.stack import ARCHIVER_PORT, BUS_PORT
from faults.window import Promise
from faults.words import ARCHIVER_SILENT, CAMERA, INGEST, about

KIND: Final = "network"


@contextmanager
def delayed(lab: Lab, seconds: float) -> Iterator[None]:
    lab.front.relay.delay_seconds = seconds
    try:
        yield
    finally:
        lab.front.relay.delay_seconds = 0.0


@contextmanager
def narrow(lab: Lab, bytes_per_second: float) -> Iterator[None]:
    lab.front.relay.bytes_per_second = bytes_per_second
    try:
        yield
    finally:
        lab.front.relay.bytes_per_second = None


_CAMERA: Final = Promise(12.0, watching(FRONT), AWAY, cameras=frozenset({FRONT}))
_NARROW: Final = replace(_CAMERA, live_slack_seconds=0.5)
"""Its last picture is just as late as a live one may be, and is shown for as long as one may be: the bound itself."""
_CAMERA_AWAY: Final = replace(_CAMERA, pages=PAGES, words=about(FRONT, CAMERA))
_BUS: Final = Promise(10.0, EVERYBODY, NO_INGEST, PAGES, INGEST)

FAULTS: Final = (
    Fault("the cable of a camera is cut", KIND, lambda lab: firewall.cut(lab.front.relay.port), _CAMERA_AWAY, 6),
    Fault("a camera refuses", KIND, lambda lab: firewall.refused(lab.front.relay.port), _CAMERA_AWAY, 6),
    Fault(
        "a camera's link loses 5 % of its packets",
        KIND,
        lambda lab: firewall.lossy(lab.front.relay.port, 5),
        _CAMERA,
    ),
    Fault("a camera's link takes 0.4 s", KIND, lambda lab: delayed(lab, 0.4), replace(_CAMERA, recovery_seconds=8.0)),
    Fault("a camera's link is narrow", KIND, lambda lab: narrow(lab, 6000), _NARROW),
    Fault("the bus is cut", KIND, lambda _lab: firewall.cut(BUS_PORT), _BUS, 6),
    Fault(
        "the bus loses 5 % of its packets",
        KIND,
        lambda _lab: firewall.lossy(BUS_PORT, 5),
        Promise(10.0, EVERYBODY, NO_INGEST),
    ),
    Fault(
        "the way to the archiver is cut",
        KIND,
        lambda _lab: firewall.cut(ARCHIVER_PORT),
        Promise(12.0, NOBODY, frozenset(), ARCHIVER_PAGES, ARCHIVER_SILENT),
    ),
)
