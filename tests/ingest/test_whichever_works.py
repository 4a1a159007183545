"""`CAMERA_DECODER=auto` as a whole: real readers, real sockets, and the camera that runs them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from services.ingest.camera.camera import Camera
from services.ingest.camera.policy import CameraPolicy
from services.ingest.camera.renditions import RenderingOptions, Renditions
from services.ingest.select_source import source_opener
from services.ingest.settings import CameraSettings
from shared.bus.frames import Frame
from shared.bus.status import CameraState
from tests.ingest.sources.rtsp.fake_camera import H264_VIDEO, fake_camera, said
from tests.support.camera import RtspCamera
from tests.support.waiting import wait_until


class Sink:
    def publish(self, frame: Frame) -> None: ...

    def state_changed(self) -> None: ...


@contextmanager
def running(url: str, **settings: object) -> Iterator[Camera]:
    """A camera that somebody watches."""
    chosen = CameraSettings.model_validate({"rtsp_url": url, "open_seconds": 2, **settings})
    policy = CameraPolicy(stall_seconds=chosen.stall_seconds, open_seconds=chosen.open_seconds)
    camera = Camera("cam1", source_opener(chosen), Renditions("cam1", RenderingOptions()), policy=policy)
    camera.want(frozenset({"main"}))
    stop = threading.Event()
    thread = threading.Thread(target=camera.run, args=(stop, Sink()))
    thread.start()
    try:
        yield camera
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def last_error_of(camera: Camera) -> Callable[[], str]:
    return lambda: (camera.observed.last_error or "") if camera.observed.state is not CameraState.CONNECTING else ""


@pytest.mark.camera
def test_a_camera_that_only_ffmpeg_decodes_is_live_and_says_who_reads_it() -> None:
    """VP8 is not ours, and it is FFmpeg's."""
    with RtspCamera(codec="vp8") as vp8, running(vp8.url, open_seconds=15) as camera:
        wait_until(lambda: camera.observed.state is CameraState.LIVE, "it is live", 20)
        wait_until(lambda: "through FFmpeg" in (camera.facts.notice or ""), "it is said", 5)


def test_a_camera_that_neither_reader_gets_pictures_of_is_asked_by_both_and_both_reasons_are_told() -> None:
    """It agrees to everything and sends nothing; to the second reader it does not even answer."""
    with (
        fake_camera(lambda _method: said("200 OK", "Session: 1", body=H264_VIDEO)) as silent,
        running(silent.url) as camera,
    ):
        words = wait_until(last_error_of(camera), "a failure is told", 20)
    assert words.startswith("The camera answers but sends no pictures by TCP.")
    assert "With FFmpeg instead: The camera accepts connections, but did not answer" in words


def test_too_many_viewers_are_no_reason_to_become_one_more() -> None:
    """Each try may take the place that a viewer has just left."""
    with (
        fake_camera(lambda method: said("453 Full") if method == "DESCRIBE" else said("200 OK")) as full,
        running(full.url) as camera,
    ):
        words = wait_until(last_error_of(camera), "a failure is told", 20)
    assert "too many viewers" in words
    assert "FFmpeg" not in words
    assert sum(request.startswith("DESCRIBE") for request in full.requests) == 1
