"""Multipart cameras on real sockets: each way of sending, of ending and of falling silent."""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import pytest

from services.ingest.sources import SourceUnavailableError, failure_reasons
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.http import HttpSource, failures
from tests.ingest.sources.http.odd_camera import MULTIPART, Answer, Request, jpeg, number_of, odd_camera, part
from tests.ingest.sources.reading import failure_of, next_picture
from tests.support.ports import free_port
from tests.support.waiting import wait_until

CHUNKED = MULTIPART.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")


@contextmanager
def opened(url: str, **options: Any) -> Iterator[HttpSource]:
    with closing(HttpSource(ConnectionOptions(url, **options), max_fps=60)) as source:
        source.open()
        yield source


class Paced:
    """Sends a piece each time the test says so."""

    def __init__(self) -> None:
        self._may_send = threading.Semaphore(0)
        self.is_over = False

    def send(self) -> None:
        self._may_send.release()

    def pieces(self, head: bytes, pieces: list[bytes]) -> Iterator[bytes]:
        yield head
        for piece in pieces:
            self._may_send.acquire()
            if self.is_over:
                return
            yield piece
        self._may_send.acquire()

    def end(self) -> None:
        self.is_over = True
        self._may_send.release()


@pytest.fixture
def paced() -> Iterator[Paced]:
    made = Paced()
    yield made
    made.end()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@pytest.mark.parametrize("head", [MULTIPART, CHUNKED], ids=["until the end", "chunked"])
@pytest.mark.parametrize("headers", [None, "Content-Type: image/jpg\r\n"], ids=["with a length", "without a length"])
def test_each_picture_is_there_before_the_next_one_is_sent(head: bytes, headers: str | None, paced: Paced) -> None:
    """However the camera frames it, nothing is waited for."""
    frame: Callable[[bytes], bytes] = chunk if head is CHUNKED else bytes
    pieces = [frame(part(jpeg(number), headers=headers)) for number in (1, 2, 3)]
    with odd_camera(lambda _request: paced.pieces(head, pieces)) as camera, opened(camera.url) as source:
        for number in (1, 2, 3):
            paced.send()
            assert source.grab()
            assert number_of(source.retrieve()) == number
            assert source.facts().codec == "mjpeg"
        paced.end()


def test_pictures_that_arrived_meanwhile_are_passed_over(paced: Paced) -> None:
    """Whoever was slow sees the newest."""
    pieces = [part(jpeg(number)) for number in range(1, 21)]
    with odd_camera(lambda _request: paced.pieces(MULTIPART, pieces)) as camera, opened(camera.url) as source:
        for _ in pieces:
            paced.send()
        wait_until(lambda: paced._may_send._value == 0, "all are sent", 10)
        assert source.grab()
        seen = [number_of(source.retrieve())]
        while seen[-1] != 20:
            assert source.grab()
            seen.append(number_of(source.retrieve()))
        assert len(seen) < 5
        paced.end()


def test_an_unwatched_camera_has_nothing_checked_and_its_newest_picture_at_hand(
    paced: Paced, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nobody watches a camera costs next to nothing."""
    checked: list[bytes] = []
    monkeypatch.setattr(
        "services.ingest.sources.http.newest_jpeg.JpegPicture.checked", lambda data, _most: checked.append(data)
    )
    pieces = [part(jpeg(number)) for number in (1, 2, 3)]
    with odd_camera(lambda _request: paced.pieces(MULTIPART, pieces)) as camera, opened(camera.url) as source:
        for _ in pieces:
            paced.send()
            assert source.grab()
        assert checked == []
        source.retrieve()
        source.retrieve()
        assert checked == [jpeg(3)]
        paced.end()


def test_a_wait_can_be_interrupted_without_losing_the_place(paced: Paced) -> None:
    """Whoever begins to watch a slow camera sees its newest picture at once."""
    first, second = part(jpeg(1)), part(jpeg(2))
    pieces = [first + second[:300], second[300:]]
    with odd_camera(lambda _request: paced.pieces(MULTIPART, pieces)) as camera, opened(camera.url) as source:
        paced.send()
        assert source.grab()
        interrupter = threading.Timer(0.2, source.interrupt)
        interrupter.start()
        assert not source.grab()
        interrupter.join()
        paced.send()
        assert number_of(next_picture(source)) == 2
        paced.end()


def test_an_unwatched_camera_is_read_a_few_times_a_second_and_each_picture_is_counted(
    paced: Paced, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To wake up for each costs more than to read it. Whoever comes ends the nap, and sees what arrived in it."""
    monkeypatch.setattr("services.ingest.sources.http.jpeg_stream.IDLE_AFTER_SECONDS", 0.0)
    monkeypatch.setattr("services.ingest.sources.http.jpeg_stream.LONGEST_NAP_SECONDS", 5.0)
    monkeypatch.setattr("services.ingest.sources.http.jpeg_stream.NAP_BYTES", 1 << 40)
    pieces = [part(jpeg(number)) for number in range(1, 6)]
    with odd_camera(lambda _request: paced.pieces(MULTIPART, pieces)) as camera, opened(camera.url) as source:
        paced.send()
        assert source.grab()
        assert source.facts().bits_per_second
        for _ in pieces[1:]:
            paced.send()
        wait_until(lambda: paced._may_send._value == 0, "all are sent", 10)
        interrupter = threading.Timer(0.3, source.interrupt)
        interrupter.start()
        begun = time.monotonic()
        assert source.grab()
        assert 0.2 < time.monotonic() - begun < 3
        assert number_of(source._opened().retrieve()) == 5
        assert [source.grab() for _ in range(3)] == [True] * 3
        assert time.monotonic() - begun < 3
        interrupter.join()
        source.interrupt()
        assert not source.grab(), "there is nothing more"
        paced.end()


def test_a_damaged_picture_is_not_shown_and_that_is_said(paced: Paced) -> None:
    """One such picture stops a browser for good."""
    whole = jpeg(2)
    pieces = [part(jpeg(1)), part(whole[:-200] + b"\xff\xd9"), part(jpeg(3))]
    with odd_camera(lambda _request: paced.pieces(MULTIPART, pieces)) as camera, opened(camera.url) as source:
        shown = []
        for _ in pieces:
            paced.send()
            source.grab()
            shown.append(source.retrieve() is not None)
            notice = source.facts().notice
            assert (notice is None) == shown[-1]
        assert shown == [True, False, True]
        paced.end()


def test_a_camera_that_ends_its_answer_again_and_again_is_asked_again() -> None:
    """Some send one picture in each answer, some close after some seconds. The viewer notices nothing."""
    count = iter(range(1, 1000))

    def script(_request: Request) -> Answer:
        return [MULTIPART, part(jpeg(next(count) % 20))]

    with odd_camera(script) as camera, opened(camera.url) as source:
        assert [number_of(next_picture(source)) for _ in range(4)] == [1, 2, 3, 4]
        assert camera.most_at_once == 1


def test_a_camera_whose_answer_holds_no_picture_is_not_asked_for_ever() -> None:
    """The words say what came instead."""
    with (
        odd_camera(lambda _request: [MULTIPART, b"--frame\r\n\r\nno picture\r\n"]) as camera,
        opened(camera.url) as source,
    ):
        assert str(failure_of(source)) == failures.NO_JPEG
        assert len(camera.requests) == 1


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"", failures.NOTHING_CAME),
        (b"--frame\r\n\r\nno picture\r\n", failures.NO_JPEG),
        (part(jpeg(1)), failure_reasons.STOPPED),
    ],
)
def test_a_silent_camera_is_noticed_in_time(sent: bytes, words: str, paced: Paced) -> None:
    """And it is told whether anything came before."""
    with (
        odd_camera(lambda _request: paced.pieces(MULTIPART + sent, [])) as camera,
        opened(camera.url, stall_seconds=0.5) as source,
    ):
        begun = time.monotonic()
        assert str(failure_of(source)) == words
        assert time.monotonic() - begun < 3
        paced.end()


def test_a_camera_that_ends_its_answer_and_gives_no_other_has_stalled() -> None:
    """How long it may take to answer at first says nothing of that."""
    over = threading.Event()
    answers = iter([MULTIPART + part(jpeg(1))])

    def script(_request: Request) -> Iterator[bytes]:
        if answer := next(answers, None):
            yield answer
        else:
            over.wait(20)

    with odd_camera(script) as camera, opened(camera.url, stall_seconds=1, open_seconds=15) as source:
        begun = time.monotonic()
        assert str(failure_of(source)) == failure_reasons.STOPPED
        assert time.monotonic() - begun < 7
        assert camera.connections == 2
        over.set()


def test_a_camera_that_trickles_has_stalled() -> None:
    """Bytes are no pictures."""
    over = threading.Event()

    def trickle(_request: Request) -> Iterator[bytes]:
        yield MULTIPART + part(jpeg(1)) + b"--frame\r\n\r\n\xff\xd8\xff\xe0\x7f\xff"
        while not over.wait(0.02):
            yield b"\0"

    with odd_camera(trickle) as camera, opened(camera.url, stall_seconds=0.5) as source:
        assert str(failure_of(source)) == failure_reasons.STOPPED
        over.set()


@pytest.mark.parametrize("boundary", [" ", "; boundary =frame", '; boundary="--frame"', ";boundary=", "; charset=x"])
def test_the_headers_boundary_does_not_matter(boundary: str) -> None:
    """The body has the pictures."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: Multipart/X-Mixed-Replace{boundary}\r\n\r\n".encode()
    with odd_camera(lambda _request: [head, part(jpeg(7))]) as camera, opened(camera.url) as source:
        assert number_of(next_picture(source)) == 7


@pytest.mark.parametrize("content_type", ["image/jpeg", "text/plain", "application/octet-stream", "video/mjpeg"])
def test_multipart_under_another_name_is_read_too(content_type: str) -> None:
    """And so are JPEGs one after the other."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n\r\n".encode()
    with odd_camera(lambda _request: [head, part(jpeg(3)), part(jpeg(4))]) as camera, opened(camera.url) as source:
        assert number_of(next_picture(source)) in (3, 4)


def test_jpegs_one_after_the_other_are_read() -> None:
    """As FFmpeg's raw MJPEG is."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: video/x-motion-jpeg\r\n\r\n"
    with odd_camera(lambda _request: [head, jpeg(3), jpeg(4)]) as camera, opened(camera.url) as source:
        assert number_of(next_picture(source)) in (3, 4)


def test_thirty_openings_leave_nothing_behind() -> None:
    """No thread and no descriptor."""
    from tests.ingest.sources.rtsp.test_source import threads_and_descriptors  # noqa: PLC0415

    with odd_camera(lambda _request: [MULTIPART, part(jpeg(1))]) as camera:
        source = HttpSource(ConnectionOptions(camera.url), max_fps=30)
        before, threads = None, threading.active_count()
        for _ in range(30):
            source.open()
            source.grab()
            source.close()
            wait_until(lambda: threading.active_count() <= threads, "the threads of camera and source end", 10)
            before = before or threads_and_descriptors()
        assert threads_and_descriptors() == before


@pytest.mark.clients("ffmpeg", "ffmpeg")
def test_ffmpegs_own_multipart_server_is_read() -> None:
    """A real program's multipart over chunks."""
    ffmpeg = shutil.which("ffmpeg")
    assert ffmpeg is not None
    port = free_port()
    command = (
        f"-v error -re -f lavfi -i testsrc2=size=320x240:rate=10 -f mpjpeg -listen 1 http://127.0.0.1:{port}/video"
    )
    with subprocess.Popen([ffmpeg, *command.split()], stdin=subprocess.DEVNULL) as program:
        with closing(HttpSource(ConnectionOptions(f"http://127.0.0.1:{port}/video"), max_fps=30)) as source:

            def opens() -> bool:
                with suppress(SourceUnavailableError):
                    source.open()
                    return True
                return False

            wait_until(opens, "FFmpeg listens", 20)
            pictures = [next_picture(source) for _ in range(5)]
            assert all((picture.width, picture.height) == (320, 240) for picture in pictures)
        program.terminate()
