"""Odd cameras in a camera's place: they garble, hang up, refuse, or send no pictures. The odd-camera suite has them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from faults.audience import FRONT, PAGES, watching
from faults.fault import Fault
from faults.kinds.camera import AWAY
from faults.lab import Lab
from faults.window import Promise
from faults.words import CAMERA, PASSWORD, about
from tests.odd_cameras.camera import Camera, running
from tests.odd_cameras.test_packets import LeavesBytesOut, PutsGarbageBetween
from tests.odd_cameras.test_speech import AllowsOneSession, ClosesAfterSomePictures, Guarded
from tests.odd_cameras.test_units import ChangesItsSize
from tests.odd_cameras.test_words import HasNoSuchStream, HasTooManyViewers, IsMute, SpeaksHttp

KIND: Final = "odd cameras"
BACK_SECONDS: Final = 15.0
"""A camera that refuses is asked less and less often."""
REFUSED_SECONDS: Final = 80.0
"""One that refuses the password is asked again after a minute, since cameras lock clients out."""


@contextmanager
def exchanged(lab: Lab, kind: type[Camera]) -> Iterator[None]:
    """The camera is exchanged for another at the same address, and back."""
    with running(kind()) as odd:
        lab.front.relay.lead_to(urlsplit(odd.url).port or 0)
        try:
            yield
        finally:
            lab.front.relay.lead_to(lab.front.camera.port)


def _fault(name: str, kind: type[Camera], *, gives_pictures: bool) -> Fault:
    return _with(name, kind, _PROMISE if gives_pictures else replace(_PROMISE, pages=PAGES, words=about(FRONT, CAMERA)))


def _with(name: str, kind: type[Camera], promise: Promise) -> Fault:
    overlaps = promise.recovery_seconds == BACK_SECONDS  # another fault would be excused for as long
    return Fault(f"a camera that {name}", KIND, lambda lab: exchanged(lab, kind), promise, 7, overlaps=overlaps)


_PROMISE: Final = Promise(BACK_SECONDS, watching(FRONT), AWAY, cameras=frozenset({FRONT}))
_REFUSED: Final = replace(
    _PROMISE,
    recovery_seconds=REFUSED_SECONDS,
    reasons=AWAY | {"camera unauthorized"},
    pages=PAGES,
    words=about(FRONT, PASSWORD),
)


FAULTS: Final = (
    _fault("puts garbage between its packets", PutsGarbageBetween, gives_pictures=True),
    _fault("leaves bytes out", LeavesBytesOut, gives_pictures=True),
    _fault("closes after some pictures", ClosesAfterSomePictures, gives_pictures=True),
    _fault("allows one session", AllowsOneSession, gives_pictures=True),
    _fault("changes its size", ChangesItsSize, gives_pictures=True),
    _fault("has no such stream", HasNoSuchStream, gives_pictures=False),
    _fault("has too many viewers", HasTooManyViewers, gives_pictures=False),
    _with("wants another password", Guarded, _REFUSED),
    _fault("is mute", IsMute, gives_pictures=False),
    _fault("speaks HTTP", SpeaksHttp, gives_pictures=False),
)
