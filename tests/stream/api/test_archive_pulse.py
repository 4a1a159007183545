"""An archiver that hangs is told within seconds; one that takes long over a request is waited for."""

import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.stream.api import archive_pulse
from services.stream.base import texts
from tests.support.ports import free_port
from tests.support.replica import running_replica
from tests.support.waiting import wait_until


class _BusyArchive(http.server.BaseHTTPRequestHandler):
    """Answers its health check at once, and everything else when it is told to."""

    protocol_version = "HTTP/1.1"
    go_on = threading.Event()
    health_checks = 0

    def do_GET(self) -> None:
        if self.path == "/healthz":
            type(self).health_checks += 1
        else:
            assert self.go_on.wait(60)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, *_: object) -> None: ...


@contextmanager
def an_archive_that_answers_nothing() -> Iterator[str]:
    """The kernel accepts for it, as for a stopped process."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_an_archive_that_hangs_is_told_and_the_cameras_are_there_meanwhile() -> None:
    """It was a minute, and the page said that Framecast can't be reached."""
    bus = f"tcp://127.0.0.1:{free_port()}"
    with an_archive_that_answers_nothing() as url, running_replica(bus, archiver_url=url) as replica:
        answers: list[tuple[int, bytes]] = []

        def ask() -> None:
            status, _, body = replica.request("/api/camera/frames/status")
            answers.append((status, body))

        asking = threading.Thread(target=ask)
        asking.start()
        assert replica.request("/api/status")[0] == 200
        asking.join(60)
        ((status, body),) = answers
        assert status == 504
        assert texts.ARCHIVE_HANGS.encode() in body
        assert archive_pulse.PATIENT_SECONDS + archive_pulse.HEALTH_SECONDS <= 2


def test_an_archiver_that_has_ended_is_unreachable_and_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last connections may still be open, where its host or a proxy holds them."""
    monkeypatch.setattr(archive_pulse, "PATIENT_SECONDS", 0.05)
    listener = socket.create_server(("127.0.0.1", 0))
    bus, url = f"tcp://127.0.0.1:{free_port()}", f"http://127.0.0.1:{listener.getsockname()[1]}"
    held: list[socket.socket] = []

    def accept_and_end() -> None:
        held.append(listener.accept()[0])
        listener.close()

    thread = threading.Thread(target=accept_and_end)
    thread.start()
    with running_replica(bus, archiver_url=url) as replica:
        status, _, body = replica.request("/api/camera/frames/status")
    thread.join(60)
    held[0].close()
    assert status == 502
    assert texts.ARCHIVE_UNREACHABLE.encode() in body


@pytest.mark.parametrize("count", [3])
def test_an_archive_that_is_busy_is_waited_for(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It still answers its health check, which all requests that wait share."""
    monkeypatch.setattr(archive_pulse, "PATIENT_SECONDS", 0.05)
    _BusyArchive.go_on.clear()
    _BusyArchive.health_checks = 0
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _BusyArchive) as archive:
        threading.Thread(target=archive.serve_forever, args=(0.05,), daemon=True).start()
        bus, url = f"tcp://127.0.0.1:{free_port()}", f"http://127.0.0.1:{archive.server_port}"
        with running_replica(bus, archiver_url=url) as replica:
            answers: list[int] = []
            asking = [
                threading.Thread(target=lambda: answers.append(replica.request("/api/camera/frames")[0]))
                for _ in range(count)
            ]
            for thread in asking:
                thread.start()
            wait_until(lambda: _BusyArchive.health_checks >= 2, "it is asked again and again")
            assert not answers
            _BusyArchive.go_on.set()
            for thread in asking:
                thread.join(60)
            assert answers == [200] * count
        archive.shutdown()
