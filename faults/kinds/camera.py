"""Cameras that go away, fall mute, restart, or change their pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from faults.audience import FRONT, PAGES, watching
from faults.fault import Fault
from faults.lab import Lab
from faults.window import Promise
from faults.words import CAMERA, about

KIND: Final = "camera"
AWAY: Final = frozenset({"camera offline", "camera stalled", "camera connecting", "no fresh picture"})
BACK_SECONDS: Final = 8.0
"""Ingest tries again at most a few seconds after the camera answers; its encoder starts with a key frame."""


@contextmanager
def gone(lab: Lab) -> Iterator[None]:
    """Killed: its address refuses connections."""
    lab.front.camera.kill()
    try:
        yield
    finally:
        lab.front.camera.start()


@contextmanager
def standing_still(lab: Lab) -> Iterator[None]:
    """It accepts connections and never answers."""
    lab.front.camera.pause()
    try:
        yield
    finally:
        lab.front.camera.resume()


@contextmanager
def mute(lab: Lab) -> Iterator[None]:
    """It answers and sends no pictures."""
    lab.front.camera.mute()
    try:
        yield
    finally:
        lab.front.camera.speak()


@contextmanager
def restarted(lab: Lab) -> Iterator[None]:
    lab.front.camera.restart()
    yield


@contextmanager
def resized(lab: Lab) -> Iterator[None]:
    """Another size on the same connection, as at nightfall."""
    lab.front.camera.resize(640, 360)
    try:
        yield
    finally:
        lab.front.camera.resize(320, 240)


_BRIEFLY: Final = Promise(BACK_SECONDS, watching(FRONT), AWAY, cameras=frozenset({FRONT}))
_AWAY: Final = replace(_BRIEFLY, pages=PAGES, words=about(FRONT, CAMERA))

FAULTS: Final = (
    Fault("a camera is gone", KIND, gone, _AWAY),
    Fault("a camera stands still", KIND, standing_still, _AWAY, least_seconds=6),
    Fault("a camera falls mute", KIND, mute, _AWAY, least_seconds=6),
    Fault("a camera restarts", KIND, restarted, _BRIEFLY, is_momentary=True),
    Fault("a camera changes its size", KIND, resized, _BRIEFLY),
)
