"""Cameras whose address is a single JPEG: how often they are asked, and what counts as a picture and as a failure."""

import functools
import http.server
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from services.ingest.camera.camera import Camera
from services.ingest.camera.policy import CameraPolicy
from services.ingest.camera.renditions import RenderingOptions, Renditions
from services.ingest.sources import OneSource, SourceUnauthorizedError, failure_reasons
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.http import HttpSource, failures
from shared.bus.frames import Frame
from shared.bus.status import CameraState
from tests.ingest.sources.http.odd_camera import Answer, Request, jpeg, number_of, odd_camera, ok
from tests.ingest.sources.reading import failure_of
from tests.support.waiting import wait_until

UNAUTHORIZED = b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
UNCHANGED = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'


@contextmanager
def opened(url: str, *, max_fps: float = 60, **options: Any) -> Iterator[HttpSource]:
    with closing(HttpSource(ConnectionOptions(url, **options), max_fps=max_fps)) as source:
        source.open()
        yield source


class Changing:
    """A camera that shows a new picture each `seconds`, by the clock."""

    def __init__(self, seconds: float, headers: str = "") -> None:
        self._seconds = seconds
        self._headers = headers
        self._begun = time.monotonic()

    def __call__(self, _request: Request) -> Answer:
        number = int((time.monotonic() - self._begun) / self._seconds) % 24 + 1
        return ok("image/jpeg", jpeg(number), self._headers)


@pytest.mark.parametrize("headers", ["", "Connection: close\r\n"])
def test_a_camera_is_asked_one_request_at_a_time_and_as_often_as_its_picture_changes(headers: str) -> None:
    """Each picture once, over one connection if the camera keeps it, and hardly more questions than answers."""
    with odd_camera(Changing(0.1, headers)) as camera, opened(camera.url) as source:
        seen = []
        for _ in range(20):
            assert source.grab()
            seen.append(number_of(source.retrieve()))
        assert all(number != later for number, later in pairwise(seen)), "a picture came twice"
        assert camera.most_at_once == 1
        assert len(camera.requests) < 4 * len(seen)
        assert headers or camera.connections == 1


def test_no_more_pictures_are_asked_for_than_wanted() -> None:
    """The setting is the most that anybody gets."""
    with odd_camera(Changing(0.001)) as camera, opened(camera.url, max_fps=10) as source:
        begun = time.monotonic()
        for _ in range(6):
            source.grab()
            source.retrieve()
        assert time.monotonic() - begun > 0.4
        assert len(camera.requests) <= 8


def test_a_picture_that_stays_the_same_is_confirmed_once_a_second() -> None:
    """By the camera: it is current, and neither live nor stalled by turns."""
    with odd_camera(lambda _request: ok("image/jpeg", jpeg(1))) as camera, opened(camera.url) as source:
        assert source.grab()
        begun = time.monotonic()
        assert source.grab()
        assert 0.8 < time.monotonic() - begun < 3
        assert number_of(source.retrieve()) == 1
        assert len(camera.requests) < 40, "it is asked ever more seldom"


def test_a_version_is_asked_for_by_its_tag_and_not_sent_twice() -> None:
    """A megabyte each second would be wasted."""

    def script(request: Request) -> Answer:
        return (
            UNCHANGED if request.headers.get("if-none-match") == '"1"' else ok("image/jpeg", jpeg(1), 'ETag: "1"\r\n')
        )

    with odd_camera(script) as camera, opened(camera.url) as source:
        for _ in range(2):
            assert source.grab()
            assert number_of(source.retrieve()) == 1
        assert all("if-none-match" in request.headers for request in camera.requests[1:])
        assert camera.connections == 1


@pytest.mark.parametrize(("changed", "is_settled"), [("10:00:00", True), ("10:00:09", False), ("none", False)])
def test_a_date_is_asked_for_only_if_it_tells_versions_apart(changed: str, is_settled: bool) -> None:
    """A date has whole seconds. A picture that changed within this second may change again within it."""
    dates = f"Date: Thu, 26 Nov 2026 10:00:10 GMT\r\nLast-Modified: Thu, 26 Nov 2026 {changed} GMT\r\n"
    with odd_camera(Changing(0.05, dates)) as camera, opened(camera.url) as source:
        for _ in range(3):
            source.grab()
        assert ["if-modified-since" in request.headers for request in camera.requests[1:]].count(not is_settled) == 0


def test_pythons_own_file_server_is_polled_by_date(tmp_path: Path) -> None:
    """A real program: it answers 304 for a file that has not changed."""
    file = tmp_path / "snapshot.jpg"
    file.write_bytes(jpeg(1))
    os.utime(file, (1_700_000_000, 1_700_000_000))
    handler = functools.partial(_Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.05,))
        serving.start()
        with opened(f"http://127.0.0.1:{server.server_port}/snapshot.jpg") as source:
            for _ in range(2):
                assert source.grab()
                assert number_of(source.retrieve()) == 1
            file.write_bytes(jpeg(2))
            wait_until(lambda: source.grab() and number_of(source.retrieve()) == 2, "the new picture", 10)
        server.shutdown()
        serving.join(10)
    assert 304 in _Quiet.codes


class _Quiet(http.server.SimpleHTTPRequestHandler):
    codes: list[int] = []  # noqa: RUF012 for the test

    def log_request(self, code: int | str = "-", _size: int | str = "-") -> None:
        self.codes.append(int(code))


def test_a_camera_that_fails_for_a_moment_has_not_stalled() -> None:
    """One answer in three is a refusal: the picture goes on."""
    count = iter(range(1, 1000))

    def script(_request: Request) -> Answer:
        number = next(count)
        return BUSY if number % 3 == 0 else ok("image/jpeg", jpeg(number % 20))

    with odd_camera(script) as camera, opened(camera.url, stall_seconds=3) as source:
        for _ in range(5):
            assert source.grab()


def test_a_camera_that_goes_on_failing_has_stalled_for_its_own_reason() -> None:
    """After as long as a camera may be silent, and meanwhile it is asked ever more seldom."""
    answers = iter([ok("image/jpeg", jpeg(1))])
    with odd_camera(lambda _request: next(answers, BUSY)) as camera, opened(camera.url, stall_seconds=2) as source:
        begun = time.monotonic()
        assert str(failure_of(source)) == failures.TOO_BUSY.format("503 Busy")
        assert time.monotonic() - begun < 5
        assert len(camera.requests) < 10


def test_a_refused_password_is_not_tried_again() -> None:
    """Cameras lock out clients that go on."""
    answers = iter([ok("image/jpeg", jpeg(1))])
    with odd_camera(lambda _request: next(answers, UNAUTHORIZED)) as camera, opened(camera.url) as source:
        error = failure_of(source)
        assert isinstance(error, SourceUnauthorizedError)
        assert len(camera.requests) == 2


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8"])
def test_a_mute_camera_has_stalled(said: bytes) -> None:
    """It accepts the request and says nothing more, or nothing more of its picture. How long it may take to answer at
    first says nothing of that.
    """
    over = threading.Event()
    answers = iter([ok("image/jpeg", jpeg(1))])

    def script(_request: Request) -> Answer:
        if answer := next(answers, None):
            return answer
        return silent_after(said, over)

    with odd_camera(script) as camera, opened(camera.url, stall_seconds=1, open_seconds=15) as source:
        begun = time.monotonic()
        assert str(failure_of(source)) == failure_reasons.STOPPED
        assert time.monotonic() - begun < 7
        over.set()


def silent_after(said: bytes, over: threading.Event) -> Iterator[bytes]:
    yield said
    over.wait(20)


def test_an_unwatched_camera_is_asked_once_a_second_and_at_once_when_somebody_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first thing that a viewer sees is a fresh picture."""
    monkeypatch.setattr("services.ingest.sources.http.still_images.IDLE_AFTER_SECONDS", 0.0)
    with odd_camera(Changing(0.01)) as camera, opened(camera.url) as source:
        assert source.grab()
        begun = time.monotonic()
        assert source.grab()
        assert time.monotonic() - begun > 0.8
        interrupter = threading.Timer(0.1, source.interrupt)
        interrupter.start()
        begun = time.monotonic()
        assert source.grab()
        assert time.monotonic() - begun < 0.7
        interrupter.join()
        assert len(camera.requests) == 3


def test_a_picture_without_a_length_ends_where_the_jpeg_does() -> None:
    """A camera may keep the connection open all the same."""
    over = threading.Event()

    def script(_request: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg(5)
        over.wait(20)

    with odd_camera(script) as camera, opened(camera.url, stall_seconds=5) as source:
        begun = time.monotonic()
        assert source.grab()
        assert number_of(source.retrieve()) == 5
        assert time.monotonic() - begun < 4
        over.set()


class Sink:
    def __init__(self) -> None:
        self.states: list[CameraState] = []
        self.frames: list[Frame] = []
        self.camera: Camera

    def publish(self, frame: Frame) -> None:
        self.frames.append(frame)

    def state_changed(self) -> None:
        self.states.append(self.camera.observed.state)


def test_a_camera_with_a_new_picture_each_few_seconds_is_live_all_the_time() -> None:
    """The new picture comes less often than a camera may be silent."""
    with odd_camera(Changing(3.0)) as running:
        source = HttpSource(ConnectionOptions(running.url, stall_seconds=1.5), max_fps=30)
        sink, stop = Sink(), threading.Event()
        camera = Camera(
            "door", OneSource(source), Renditions("door", RenderingOptions()), policy=CameraPolicy(stall_seconds=1.5)
        )
        sink.camera = camera
        camera.want(frozenset({"main"}))
        thread = threading.Thread(target=camera.run, args=(stop, sink))
        thread.start()
        wait_until(lambda: len({frame.jpeg for frame in sink.frames}) == 3, "three pictures", 20)
        stop.set()
        thread.join(10)
        assert set(sink.states) == {CameraState.LIVE}
        gaps = [b.captured_at_ns - a.captured_at_ns for a, b in zip(sink.frames, sink.frames[1:], strict=False)]
        assert max(gaps) < 2_500_000_000, "each second it is said that the picture is current"
