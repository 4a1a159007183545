"""A camera's life, with a scripted source and a clock of the test's own where hours must pass."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from services.ingest.camera import Camera, CameraCondition
from services.ingest.sources import Picture, SourceUnauthorizedError, SourceUnavailableError
from shared.clock import Clock
from shared.frames import Frame
from shared.status import CameraState

PICTURE: Picture = np.full((48, 64, 3), 90, np.uint8)
FRAME_SECONDS = 1 / 30


@dataclass
class Scene:
    """A scripted source, an outlet that remembers, and the time, in one: the camera's whole surroundings.

    Each step of the script is what the next `open` or `grab` does: None for a success, an error to raise.
    When the script is at its end, the camera is told to stop.
    """

    script: Iterator[SourceUnavailableError | None]
    now: float = 1000.0
    waits: list[float] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    told: list[CameraCondition] = field(default_factory=list)
    retrieved: int = 0
    closed: int = 0
    camera: Camera = field(init=False)

    def __post_init__(self) -> None:
        clock = Clock(utc_ns=lambda: int(self.now * 1e9), monotonic=lambda: self.now)
        self.camera = Camera("cam1", lambda: self, max_fps=30, jpeg_quality=80, clock=clock)

    def run(self) -> None:
        self.camera.run(self._stop_event(), self)

    def _stop_event(self) -> threading.Event:
        scene = self

        class Stop(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                scene.waits.append(timeout or 0)
                scene.now += timeout or 0
                return self.is_set()

        self._stop = Stop()
        return self._stop

    def _step(self) -> None:
        try:
            error = next(self.script)
        except StopIteration:
            self._stop.set()
            error = SourceUnavailableError("the script is over")
        if error is not None:
            raise error

    def open(self) -> None:
        self._step()

    def grab(self) -> None:
        self.now += FRAME_SECONDS
        self._step()

    def retrieve(self) -> Picture:
        self.retrieved += 1
        return PICTURE

    def close(self) -> None:
        self.closed += 1

    def publish(self, frame: Frame) -> None:
        self.frames.append(frame)

    def condition_changed(self) -> None:
        self.told.append(self.camera.condition)

    @property
    def states(self) -> list[CameraState]:
        return [condition.state for condition in self.told]


def test_frames_are_grabbed_but_not_retrieved_while_nobody_subscribes() -> None:
    """Decoding into a picture and encoding are for somebody, or not at all."""
    scene = Scene(iter([None] * 10))
    scene.run()
    assert scene.retrieved == 0
    assert scene.frames == []
    assert scene.states[0] is CameraState.IDLE


def test_a_subscription_makes_it_publish_and_live() -> None:
    """Each frame carries its size, its time and a number one higher than the last's."""
    scene = Scene(iter([None] * 6))
    scene.camera.want(frozenset({"main"}))
    scene.run()
    assert [frame.sequence for frame in scene.frames] == [1, 2, 3, 4, 5]
    assert {(frame.width, frame.height, frame.live) for frame in scene.frames} == {(64, 48, True)}
    assert scene.frames[0].captured_at_ns == pytest.approx((1000 + FRAME_SECONDS) * 1e9, abs=1000)
    assert scene.states[0] is CameraState.LIVE


def test_watched_or_not_it_delivers_since_the_same_instant() -> None:
    """`since` tells of the camera, not of its audience."""
    scene = Scene(iter([None] * 5))
    scene.camera.want(frozenset({"main"}))
    scene.run()
    since_ns = 1000 + FRAME_SECONDS
    assert scene.states[0] is CameraState.LIVE
    scene.camera.want(frozenset())
    scene.script = iter([None] * 3)
    scene.camera.run(scene._stop_event(), scene)
    assert scene.camera.condition.since_ns >= since_ns


def test_it_tries_again_for_ever_with_pauses_that_double_up_to_half_a_minute() -> None:
    """A camera that is off for the night is found within half a minute in the morning."""
    scene = Scene(iter([SourceUnavailableError("refused")] * 10))
    scene.run()
    assert scene.waits[:10] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30]
    assert scene.closed == 11


def test_one_good_frame_makes_the_pauses_short_again() -> None:
    """The next outage has nothing to do with the last."""
    gone = SourceUnavailableError("gone")
    scene = Scene(iter([gone, gone, gone, None, None, gone, gone]))
    scene.run()
    assert scene.waits[:5] == [0.5, 1, 2, 0.5, 1]


def test_refused_credentials_are_tried_once_a_minute() -> None:
    """Cameras lock out those who keep guessing."""
    scene = Scene(iter([SourceUnauthorizedError("wrong")] * 3))
    scene.run()
    assert scene.waits[:3] == [60, 60, 60]
    assert scene.states == [CameraState.UNAUTHORIZED, CameraState.OFFLINE]


def test_an_outage_is_told_with_its_reason_and_its_beginning() -> None:
    """Stalled first, then offline: one outage, since its first moment; afterwards one reconnect more."""
    gone = SourceUnavailableError("gone")
    refused = SourceUnavailableError("refused")
    scene = Scene(iter([None, None, gone, refused, None, None]))
    scene.run()
    idle, stalled, offline, back = scene.told[:4]
    assert [one.state for one in (idle, stalled, offline, back)] == ["idle", "stalled", "offline", "idle"]
    assert (stalled.last_error, offline.last_error) == ("gone", "refused")
    assert stalled.since_ns == offline.since_ns < back.since_ns
    assert (back.last_error, back.reconnects) == (None, 1)


def test_the_rate_is_measured_not_believed() -> None:
    """What a camera says of its rate is often wrong."""
    scene = Scene(iter([None] * 90))
    assert scene.camera.fps is None
    scene.run()
    assert scene.camera.fps == pytest.approx(30, abs=0.5)
    scene.now += 10
    assert scene.camera.fps is None


def test_each_wanted_rendition_is_encoded_once_and_never_larger_than_the_source() -> None:
    """In the picture's own proportions, and numbered by itself."""
    scene = Scene(iter([None] * 3))
    scene.camera.want(frozenset({"main", "32", "640"}))
    scene.run()
    sizes = {frame.rendition: (frame.width, frame.height) for frame in scene.frames}
    assert sizes == {"main": (64, 48), "32": (32, 24), "640": (64, 48)}
    assert sorted(frame.sequence for frame in scene.frames) == [1, 1, 1, 2, 2, 2]
    assert scene.retrieved == 2
