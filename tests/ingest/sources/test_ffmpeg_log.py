"""Openings that run side by side in one process, as those of a camera's two streams do: each hears its own log."""

import resource
import socket
import threading
from contextlib import closing
from queue import Queue

import av.logging
import pytest

from services.ingest.sources import SourceUnavailableError, failure_reasons
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.ffmpeg import FfmpegSource
from services.ingest.sources.ffmpeg_log import listening
from tests.ingest.sources.test_ffmpeg import refusing, serving
from tests.ingest.sources.test_ffmpeg_opening import Victim

REDIRECT = b"RTSP/1.0 302 Found\r\n%s\r\nLocation: rtsp://127.0.0.1:%d/internal\r\n\r\n"


def failure(url: str) -> SourceUnavailableError:
    with closing(FfmpegSource(ConnectionOptions(url, "admin", "hunter2hunter2"))) as source:
        with pytest.raises(SourceUnavailableError) as caught:
            source.open()
        return caught.value


class Slow:
    """A camera that was asked, and answers only when the test says what: nothing, or a redirect to `port`."""

    def __init__(self, port: int | None = None) -> None:
        self.was_asked, self.may_answer = threading.Event(), threading.Event()
        self._port = port

    def serve(self, connection: socket.socket) -> None:
        request = connection.recv(4096)
        self.was_asked.set()
        self.may_answer.wait(20)
        if self._port is not None:
            sequence = next(line for line in request.split(b"\r\n") if line.startswith(b"CSeq"))
            connection.sendall(REDIRECT % (sequence, self._port))


def failure_beside_another(slow: Slow) -> SourceUnavailableError:
    """The slow camera's failure, where another camera is asked meanwhile and has no stream at that path."""
    failures: Queue[SourceUnavailableError] = Queue()
    with serving(slow.serve) as port, serving(refusing("404 Not Found")) as other:
        opening = threading.Thread(target=lambda: failures.put(failure(f"rtsp://127.0.0.1:{port}/x")))
        opening.start()
        assert slow.was_asked.wait(20)
        assert str(failure(f"rtsp://127.0.0.1:{other}/x")) == failure_reasons.NO_STREAM
        slow.may_answer.set()
        opening.join(20)
        return failures.get(timeout=5)


def test_a_failures_words_are_never_those_of_another_camera() -> None:
    """One has no stream at that path, and says so; the other hangs up without a word."""
    assert str(failure_beside_another(Slow())) != failure_reasons.NO_STREAM


def test_a_redirect_is_noticed_although_another_opening_ended_meanwhile() -> None:
    """FFmpeg tells it at a level that is switched on for openings alone."""
    with closing(Victim()) as victim:
        assert str(failure_beside_another(Slow(victim.port))) == failure_reasons.REDIRECTED
        assert victim.heard == []


def test_two_redirects_at_once_leave_the_process_as_it_was() -> None:
    """The limit on open files comes back with the end of the last one, and the opening beside them is told."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    is_redirected, may_end = threading.Barrier(3), threading.Event()

    def be_redirected() -> None:
        with listening() as listener:
            is_redirected.wait(20)
            av.logging.log(av.logging.INFO, "rtsp", "Redirecting to rtsp://elsewhere/")
            is_redirected.wait(20)
            may_end.wait(20)
            assert listener.is_redirected

    threads = [threading.Thread(target=be_redirected) for _ in range(2)]
    for thread in threads:
        thread.start()
    with listening() as listener:
        is_redirected.wait(20)
        is_redirected.wait(20)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 0
        may_end.set()
        for thread in threads:
            thread.join(20)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == limits
        assert (listener.is_redirected, listener.was_disturbed, listener.lines) == (False, True, [])


def test_an_opening_waits_for_the_end_of_anothers_redirect() -> None:
    """It could open no socket meanwhile."""
    began = threading.Event()

    def begin() -> None:
        with listening():
            began.set()

    with listening():
        av.logging.log(av.logging.INFO, "rtsp", "Redirecting to rtsp://elsewhere/")
        thread = threading.Thread(target=begin)
        thread.start()
        assert not began.wait(0.2)
    assert began.wait(20)
    thread.join(20)
