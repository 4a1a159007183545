"""`CAMERA_DECODER=auto` as a whole: real readers, real sockets, and the camera that runs them."""

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest

from services.ingest.camera.camera import Camera
from services.ingest.camera.policy import CameraPolicy
from services.ingest.camera.renditions import RenderingOptions, Renditions
from services.ingest.select_source import answers_at, source_opener
from services.ingest.settings import CameraSettings
from shared.bus.frames import Frame
from shared.bus.status import CameraState
from tests.ingest.sources.rtsp.fake_camera import H264_VIDEO, fake_camera, said
from tests.support.camera import RtspCamera
from tests.support.connections import each_connection
from tests.support.waiting import wait_until


class Sink:
    def publish(self, frame: Frame) -> None: ...

    def state_changed(self) -> None: ...


@contextmanager
def running(url: str, **settings: object) -> Iterator[Camera]:
    """A camera that somebody watches."""
    chosen = CameraSettings.model_validate({"rtsp_url": url, "open_seconds": 2, **settings})
    policy = CameraPolicy(stall_seconds=chosen.stall_seconds, open_seconds=chosen.open_seconds)
    camera = Camera(
        "cam1",
        source_opener(chosen),
        Renditions("cam1", RenderingOptions()),
        policy=policy,
        probe=answers_at(chosen),
    )
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


def refuses(socket_answer: bytes) -> Callable[[socket.socket], None]:
    """Says the same to each request on a connection."""

    def serve(connection: socket.socket) -> None:
        while connection.recv(65_536):
            connection.sendall(socket_answer)

    return serve


BUSY_RTSP = refuses(b"RTSP/1.0 453 Not Enough Bandwidth\r\nCSeq: 1\r\n\r\n")
NO_SUCH_PATH = refuses(b"RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n")
BUSY_HTTP = refuses(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
REFUSAL_SECONDS = 6.5
"""Longer than it takes to knock seven times at one a second, and for four tries, which are at 0, 0.5, 1.5 and 3.5 s."""


def test_a_camera_that_keeps_refusing_is_not_knocked_at_every_second() -> None:
    """By no reader: each connection takes a place from a viewer of a camera that has few."""
    kinds = [
        *(("rtsp", serve, decoder) for serve in (BUSY_RTSP, NO_SUCH_PATH) for decoder in ("auto", "direct", "ffmpeg")),
        ("http", BUSY_HTTP, "auto"),
    ]
    knocks: Counter[int] = Counter()

    def counting(number: int, serve: Callable[[socket.socket], None], connection: socket.socket) -> None:
        knocks[number] += 1
        serve(connection)

    with ExitStack() as stack:
        for number, (scheme, serve, decoder) in enumerate(kinds):
            port = stack.enter_context(each_connection(partial(counting, number, serve)))
            stack.enter_context(running(f"{scheme}://127.0.0.1:{port}/cam", decoder=decoder))
        threading.Event().wait(REFUSAL_SECONDS)
    assert all(2 <= knocks[number] <= 5 for number in range(len(kinds))), knocks


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
