"""A camera with two streams: which makes what, with scripted streams and with real cameras."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from services.ingest.camera.camera import Camera
from services.ingest.camera.policy import CameraPolicy
from services.ingest.camera.renditions import RenderingOptions, Renditions
from services.ingest.camera.streams import CameraStreams, Division, divide
from services.ingest.decoding.pictures import BgrPicture
from services.ingest.sources import OneSource, SourceFacts, SourceUnavailableError
from shared.bus.frames import Frame, decode_frame
from shared.bus.status import CameraState, CameraStatus, decode_status
from shared.bus.topics import ALL_STATUSES, frame_topic
from shared.lifecycle import ServiceThread
from tests.support.camera import RtspCamera
from tests.support.ports import free_port
from tests.support.receiver import Receiver
from tests.support.services import ServiceProcess
from tests.support.waiting import PATIENCE, wait_until

ALL = frozenset({"main", "capture", "320", "640", "1280"})
SMALL = frozenset({"320", "640"})


@pytest.mark.parametrize(
    ("small_width", "small_shows", "main_helps", "expected"),
    [
        (640, True, True, Division(ALL - SMALL, SMALL, SMALL)),
        (640, True, False, Division(ALL - SMALL, SMALL, SMALL)),
        (640, False, True, Division(ALL, SMALL, frozenset())),
        (640, False, False, Division(ALL - SMALL, SMALL, frozenset())),
        (None, False, True, Division(ALL, SMALL | {"1280"}, frozenset())),
        (None, False, False, Division(frozenset({"main", "capture"}), SMALL | {"1280"}, frozenset())),
        (200, True, True, Division(ALL, frozenset(), frozenset())),
    ],
)
def test_each_rendition_is_made_by_one_stream(
    small_width: int | None, small_shows: bool, main_helps: bool, expected: Division
) -> None:
    """The small stream gets what it is wide enough for; the main one the rest, and all while the small one is away."""
    assert divide(ALL, small_width, small_shows=small_shows, main_helps=main_helps) == expected


@dataclass
class Stream:
    """A source of gray pictures, `height` pixels high, that fails while `fails` says so. It counts its openings."""

    width: int
    height: int
    fails: bool = False
    opened: int = 0
    level: int = 0
    release: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.release.set()

    def open(self) -> None:
        self.release.wait()
        self.opened += 1
        self._check()

    def grab(self) -> bool:
        threading.Event().wait(0.005)
        self._check()
        self.level = (self.level + 1) % 256
        return True

    def retrieve(self) -> BgrPicture:
        return BgrPicture(np.full((self.height, self.width, 3), self.level, np.uint8))

    def interrupt(self) -> None: ...

    def facts(self) -> SourceFacts:
        return SourceFacts()

    def close(self) -> None: ...

    def _check(self) -> None:
        if self.fails:
            raise SourceUnavailableError("It is unplugged.")


@dataclass
class Scene:
    """Both streams running, and what they deliver. The main one is 16:9, the small one 4:3."""

    main: Stream = field(default_factory=lambda: Stream(640, 360))
    small: Stream = field(default_factory=lambda: Stream(320, 240))
    frames: list[Frame] = field(default_factory=list)
    streams: CameraStreams = field(init=False)

    def __post_init__(self) -> None:
        self.streams = CameraStreams(
            self._camera(self.main, CameraPolicy()),
            self._camera(self.small, CameraPolicy(disconnects_when_idle=True, connects_on_demand=True)),
        )

    @staticmethod
    def _camera(stream: Stream, policy: CameraPolicy) -> Camera:
        return Camera("cam1", OneSource(stream), Renditions("cam1", RenderingOptions()), policy=policy)

    def publish(self, frame: Frame) -> None:
        self.frames.append(frame)

    def state_changed(self) -> None: ...

    def newest_height(self, rendition: str) -> int | None:
        return next((frame.height for frame in reversed(self.frames) if frame.rendition == rendition), None)

    def shows(self, rendition: str, height: int) -> Callable[[], bool]:
        return lambda: self.newest_height(rendition) == height


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    threads = [
        ServiceThread("main", lambda stop: scene.streams.run_main(stop, scene), pytest.fail),
        ServiceThread("small", lambda stop: scene.streams.run_small(stop, scene), pytest.fail),
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: scene.streams.main.is_connected, "the main stream is connected")
    yield scene
    for thread in threads:
        assert thread.stop(5)


def test_a_small_width_comes_from_the_small_stream_which_is_connected_only_then(scene: Scene) -> None:
    """The large picture need not be decoded for it."""
    scene.streams.want(frozenset({"main"}))
    wait_until(scene.shows("main", 360), "main is shown")
    assert scene.small.opened == 0
    scene.streams.want(frozenset({"320"}))
    wait_until(scene.shows("320", 240), "the small stream is shown")
    wait_until(lambda: scene.streams.main.observed.state is CameraState.IDLE, "the main stream rests")
    assert scene.streams.observed.state is CameraState.LIVE


def test_until_the_small_stream_shows_a_picture_the_main_one_does(scene: Scene) -> None:
    """Nobody waits for a second connection and its key frame."""
    scene.small.release.clear()
    scene.streams.want(frozenset({"320"}))
    wait_until(scene.shows("320", 180), "the main stream helps")
    assert scene.streams.small_failure is None
    scene.small.release.set()
    wait_until(scene.shows("320", 240), "the small stream takes over")


def test_a_width_beyond_the_small_streams_own_comes_from_the_main_one(scene: Scene) -> None:
    """No frame of the small stream is passed off as the wider one, not even its first."""
    scene.streams.want(frozenset({"640", "320"}))
    wait_until(scene.shows("320", 240), "the small stream is shown")
    wait_until(scene.shows("640", 360), "the main stream is shown")
    assert {(frame.width, frame.height) for frame in scene.frames if frame.rendition == "640"} == {(640, 360)}


def test_while_the_small_stream_fails_the_main_one_makes_its_widths_and_numbers_go_on(scene: Scene) -> None:
    """A viewer sees nothing of the change, and the owner reads why."""
    scene.streams.want(frozenset({"320"}))
    wait_until(scene.shows("320", 240), "the small stream is shown")
    scene.small.fails = True
    wait_until(scene.shows("320", 180), "the main stream stands in")
    assert scene.streams.small_failure == "It is unplugged."
    scene.small.fails = False
    wait_until(scene.shows("320", 240), "the small stream is back", 20)
    assert scene.streams.small_failure is None
    assert [frame.sequence for frame in scene.frames] == list(range(1, len(scene.frames) + 1))


def test_while_the_main_stream_is_lost_no_picture_is_passed_off_as_live(scene: Scene) -> None:
    """The camera has one state, and the main stream says it."""
    scene.streams.want(frozenset({"320"}))
    wait_until(scene.shows("320", 240), "the small stream is shown")
    scene.main.fails = True
    wait_until(lambda: scene.streams.observed.state is CameraState.OFFLINE, "the main stream is lost")
    level = scene.small.level
    count = len(scene.frames)
    wait_until(lambda: scene.small.level != level, "the small stream goes on")
    assert len(scene.frames) == count


class Watcher:
    """A subscriber that remembers the newest status, and the newest frame of each rendition."""

    def __init__(self, address: str) -> None:
        self.subscriber = Receiver(address)
        self.subscriber.subscribe(ALL_STATUSES)
        self.status: CameraStatus | None = None
        self.sizes: dict[str, tuple[int, int]] = {}

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(20 * PATIENCE):
                while not condition():
                    parts = await self.subscriber.receive()
                    if parts[0].startswith(ALL_STATUSES):
                        self.status = decode_status(parts)
                    else:
                        frame = decode_frame(parts)
                        self.sizes[frame.rendition] = (frame.width, frame.height)
        except TimeoutError:
            pytest.fail(f"never: {what}; {self.sizes}, {self.status}")

    def says(self, words: str) -> bool:
        return self.status is not None and any(words in notice for notice in self.status.notices)


@asynccontextmanager
async def watched_ingest(directory: Path, **environment: str) -> AsyncIterator[Watcher]:
    address = f"tcp://127.0.0.1:{free_port()}"
    ingest = ServiceProcess("services.ingest", {"BUS_BIND": address, **environment}, directory / "log")
    watcher = Watcher(address)
    try:
        yield watcher
    finally:
        watcher.subscriber.close()
        ingest.stop()
    assert "word" not in ingest.output()


@pytest.mark.camera
@pytest.mark.parametrize("decoder", ["direct", "ffmpeg"])
async def test_two_real_streams_serve_what_they_are_for(decoder: str, tmp_path: Path) -> None:
    """The small stream is pulled for the small width only, stands back while it is down, and has the camera's login."""
    login = {"username": "viewer", "password": "word"}
    with RtspCamera(**login) as main, RtspCamera(width=320, height=240, path="/sub", **login) as small:  # type: ignore[arg-type]
        environment = {
            "CAMERA_RTSP_URL": main.url.replace("rtsp://", "rtsp://viewer:word@"),
            "CAMERA_RTSP_URL_SMALL": small.url,
            "CAMERA_DECODER": decoder,
        }
        async with watched_ingest(tmp_path, **environment) as watcher:
            for rendition in ("main", "640"):
                watcher.subscriber.subscribe(frame_topic("camera_1", rendition))
            await watcher.until(lambda: watcher.sizes.get("main") == (640, 360), "main is shown")
            watcher.subscriber.subscribe(frame_topic("camera_1", "320"))
            await watcher.until(lambda: watcher.sizes.get("320") == (320, 240), "the small stream is shown")
            await watcher.until(
                lambda: watcher.sizes.get("640") == (640, 360), "the wider one is made of the main stream"
            )
            small.kill()
            await watcher.until(lambda: watcher.sizes["320"] == (320, 180), "the main stream stands in")
            await watcher.until(lambda: watcher.says("The small stream fails"), "the status says so")
            assert watcher.status is not None
            assert watcher.status.state is CameraState.LIVE
            small.start()
            await watcher.until(lambda: watcher.sizes["320"] == (320, 240), "the small stream is back")
            await watcher.until(lambda: not watcher.says("The small stream fails"), "the notice is gone")
