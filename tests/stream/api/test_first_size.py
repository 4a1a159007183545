"""The size with which a stream begins: a program scales everything that follows to it."""

import http.client
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.stream.api import mjpeg_response
from shared.bus.status import CameraState
from shared.bus.topics import frame_topic
from shared.jpeg_segments import size
from tests.support.bus import FakeIngest, fake_ingest, frame_of, status_of
from tests.support.mjpeg import Viewer
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until
from tests.web.support import VIEWER, basic

NEVER_SEEN = status_of("cam1", CameraState.OFFLINE, width=None, height=None)
FRAMES = frame_topic("cam1", "main")
USUAL = (1280, 720)


def sizes(viewer: Viewer) -> list[tuple[int, int]]:
    return [size(part.jpeg) for part in viewer.parts]


@contextmanager
def never_seen(bus: str, **more: object) -> Iterator[tuple[Replica, FakeIngest]]:
    """A replica and an ingest that have both just started, and a camera that is off."""
    with fake_ingest(bus, NEVER_SEEN) as ingest, running_replica(bus, **more) as replica:  # type: ignore[arg-type]
        yield replica, ingest


def test_a_program_that_comes_before_the_cameras_size_begins_with_the_camera(bus: str) -> None:
    """OpenCV would scale a whole day to a placeholder's size, and FFmpeg's film would have it to its end."""
    with never_seen(bus) as (replica, ingest), Viewer(replica.port) as viewer:
        wait_until(lambda: FRAMES in ingest.topics, "it waits")
        ingest.say(status_of("cam1"))
        ingest.show(frame_of("cam1"))
        wait_until(lambda: viewer.parts, "a picture came")
        assert set(sizes(viewer)) == {(64, 48)}


def test_a_program_that_was_shown_a_guess_is_ended_when_the_size_is_known(
    bus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits some seconds, then it is told what is the matter; and with the camera it connects anew."""
    monkeypatch.setattr(mjpeg_response, "SIZE_SECONDS", 0.2)
    with never_seen(bus) as (replica, ingest), Viewer(replica.port) as viewer:
        wait_until(lambda: viewer.parts, "it is told what is the matter")
        browser = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=30)
        browser.request("GET", "/api/camera/stream", headers={"Accept": "image/avif,image/webp,*/*"})
        wait_until(lambda: replica.hub.viewer_total == 2, "a browser watches, too")
        ingest.say(status_of("cam1"))
        ingest.show(frame_of("cam1"))
        wait_until(viewer.ended.is_set, "the program's stream has ended")
        assert set(sizes(viewer)) == {USUAL}
        wait_until(lambda: replica.hub.viewer_total == 1, "it is forgotten")
        ingest.show(frame_of("cam1", level=20))
        body = b""
        while frame_of("cam1", level=20).jpeg not in body:  # browsers take any size
            body += browser.sock.recv(65_536) or pytest.fail("the browser's stream has ended")
        browser.close()
        with Viewer(replica.port) as anew:
            ingest.show(frame_of("cam1"))
            wait_until(lambda: anew.parts, "it has connected anew")
            assert sizes(anew)[0] == (64, 48)


def test_a_guess_that_was_right_ends_nothing(bus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many cameras have the usual size."""
    monkeypatch.setattr(mjpeg_response, "SIZE_SECONDS", 0.0)
    with never_seen(bus) as (replica, ingest), Viewer(replica.port) as viewer:
        wait_until(lambda: viewer.parts, "it is told what is the matter")
        ingest.say(status_of("cam1", width=1280, height=720))
        frame = frame_of("cam1", rendition="1280")
        ingest.show(type(frame)("cam1", "main", 1, frame.captured_at_ns, 1280, 720, True, viewer.parts[0].jpeg))
        wait_until(lambda: viewer.parts[-1].is_live, "the camera's picture came")
        assert not viewer.ended.is_set()


def test_the_size_outlives_a_restart_of_ingest(bus: str) -> None:
    """The replica has seen it."""
    with fake_ingest(bus, status_of("cam1")) as ingest, running_replica(bus) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        ingest.say(NEVER_SEEN)
        with Viewer(replica.port) as viewer:
            wait_until(lambda: viewer.parts, "a marked picture came")
            assert set(sizes(viewer)) == {(64, 48)}


class _Archive(http.server.BaseHTTPRequestHandler):
    """An archive with one frame, which only somebody who is logged in may see."""

    is_open = False

    def do_GET(self) -> None:
        knows = self.is_open or "framecast_session=" in self.headers.get("Cookie", "")
        is_asked = self.path == "/api/camera/frames/latest?camera=cam1"
        self.send_response(200 if knows and is_asked else 401)
        body = json.dumps({"id": 7, "width": 64, "height": 48} if knows else {}).encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


def test_the_size_outlives_a_restart_of_everything_where_the_archive_knows_it(bus: str) -> None:
    """Its newest frame has it. The archiver believes stream's signature, since their secrets are the same."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Archive) as archive:
        threading.Thread(target=archive.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://127.0.0.1:{archive.server_port}"
        with (
            never_seen(bus, archiver_url=url, settings={"viewer_password": VIEWER}) as (replica, _),
            Viewer(replica.port, headers=basic(VIEWER)) as viewer,
        ):
            wait_until(lambda: viewer.parts, "a marked picture came")
            assert set(sizes(viewer)) == {(64, 48)}
        archive.shutdown()


def test_a_motion_detector_gets_silence_while_the_camera_is_down(replica: Replica, ingest: FakeIngest) -> None:
    """A marked picture is motion to it, and so is its end: two false alarms for each outage."""
    with (
        Viewer(replica.port, "/api/camera/stream?stand_in=none") as detector,
        Viewer(replica.port) as other,
    ):
        wait_until(lambda: FRAMES in ingest.topics, "it is subscribed to")
        ingest.show(frame_of("cam1"))
        wait_until(lambda: detector.parts and other.parts, "both have a picture")
        ingest.say(status_of("cam1", CameraState.OFFLINE))
        wait_until(lambda: other.last is not None and not other.last.is_live, "the other is told")
        ingest.say(status_of("cam1"))
        ingest.show(frame_of("cam1", level=20))
        wait_until(lambda: other.last is not None and other.last.is_live, "the camera is back")
        before = len(detector.parts)
        ingest.show(frame_of("cam1", level=30))
        wait_until(lambda: len(detector.parts) > before, "it goes on")
        assert all(part.is_live for part in detector.parts)
        assert not detector.ended.is_set()
