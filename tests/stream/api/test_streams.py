"""The endpoints of streams: what a viewer may ask for, and which viewers are refused."""

import json
import socket
import time
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from services.stream.base import texts
from shared.bus.status import CameraStatus
from shared.bus.topics import frame_topic
from tests.support.bus import FakeIngest, frame_of, status_of
from tests.support.mjpeg import Viewer
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until

MAIN, NARROW = frame_topic("cam1", "main"), frame_topic("cam1", "32")


@pytest.fixture
def statuses() -> list[CameraStatus]:
    return [status_of("cam1", widths=(16, 32, 640))]


def test_before_ingest_is_heard_the_default_stream_is_a_waiting_picture(lonely_replica: Replica) -> None:
    """The first person to open the page must see what happens, with 200, and again every second."""
    with Viewer(lonely_replica.port) as viewer:
        wait_until(lambda: len(viewer.parts) >= 2, "the picture came and was repeated")
        assert not viewer.parts[0].is_live
        assert viewer.parts[0].picture.shape == (720, 1280, 3)
    status, body = lonely_replica.json("/api/camera/stream/status")
    assert (status, body["is_streaming"], body["state"], body["camera"]) == (200, False, "unknown", None)


def test_before_ingest_is_heard_a_named_camera_is_asked_for_again_later(lonely_replica: Replica) -> None:
    """No replica can know yet whether it exists."""
    for path in ("/api/cameras/cam1/stream", "/api/camera/stream?camera=cam1", "/api/cameras/cam1/snapshot"):
        status, headers, body = lonely_replica.request(path, headers={"Accept": "application/json"})
        assert (status, headers["retry-after"]) == (503, "1"), path
        assert b"not known yet" in body
    # Code 1008 would tell a page to give up.
    with (
        connect(f"ws://127.0.0.1:{lonely_replica.port}/api/cameras/cam1/ws", proxy=None) as client,
        pytest.raises(ConnectionClosedError, match="not known yet") as closed,
    ):
        client.recv(20)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1013
    assert lonely_replica.request("/api/camera/snapshot")[0] == 503


def test_a_width_is_a_rendition_of_its_own_on_the_bus(replica: Replica, ingest: FakeIngest) -> None:
    """Subscribed to while somebody watches it, and given up within five seconds."""
    with Viewer(replica.port, "/api/camera/stream?width=32") as viewer:
        wait_until(lambda: NARROW in ingest.topics, "it is subscribed to")
        assert MAIN not in ingest.topics
        ingest.show(frame_of("cam1", rendition="32"))
        wait_until(lambda: viewer.parts and viewer.parts[-1].picture.shape == (24, 32, 3), "it came at that width")
    wait_until(lambda: NARROW not in ingest.topics, "it is given up", 5)


def test_a_width_that_is_not_offered_is_422_and_names_those_that_are(replica: Replica) -> None:
    """No request can make ingest encode at will."""
    status, body = replica.json("/api/camera/stream?width=33")
    assert status == 422
    assert body["detail"] == "'width' is 33 but must be one of those offered: 16, 32, 640."


def test_a_width_beyond_the_cameras_is_its_own_size(replica: Replica, ingest: FakeIngest) -> None:
    """Never enlarged."""
    with Viewer(replica.port, "/api/camera/stream?width=640"):
        wait_until(lambda: MAIN in ingest.topics, "its own size is subscribed to")


@pytest.mark.parametrize("query", ["fps=0", "fps=many", "width=-1", "quality=best"])
def test_a_bad_option_is_422_in_words(query: str, replica: Replica) -> None:
    """It names the option."""
    status, body = replica.json(f"/api/camera/stream?{query}")
    assert status == 422
    assert body["detail"].startswith(f"'{query.split('=', maxsplit=1)[0]}' is not valid: ")


def test_a_rate_thins_one_viewer_and_no_other(replica: Replica, ingest: FakeIngest) -> None:
    """Three seconds of frames for a viewer that wants two a second."""
    with Viewer(replica.port, "/api/camera/stream?fps=2") as thrifty, Viewer(replica.port) as other:
        wait_until(lambda: MAIN in ingest.topics, "it is subscribed to")
        began_at, shown = time.monotonic(), 0

        def other_has_the_newest() -> bool:
            return len(other.parts) >= shown

        while (seconds := time.monotonic() - began_at) < 3:
            shown += 1
            ingest.show(frame_of("cam1", shown))
            wait_until(other_has_the_newest, "the other has it")
        # How evenly they are spaced is the pacer's own test: here a busy machine decides when a picture arrives.
        assert min(shown, 2 * seconds) / 2 <= len(thrifty.parts) <= 2 * seconds + 2


def test_a_viewer_beyond_the_limit_is_asked_to_come_later(bus: str) -> None:
    """And there is room again when one has left."""
    with running_replica(bus, max_viewers=3) as replica:
        with ExitStack() as stack:
            for _ in range(3):
                stack.enter_context(Viewer(replica.port))
            status, headers, body = replica.request("/api/camera/stream")
            assert (status, headers["retry-after"]) == (503, "5")
            assert json.loads(body) == {"detail": texts.server_full(3)}
            assert replica.request("/healthz")[0] == 200
        wait_until(lambda: not replica.hub.is_full, "they have left")
        with Viewer(replica.port):
            pass


def test_a_browser_gets_the_advance_framing(replica: Replica, ingest: FakeIngest) -> None:
    """The part after the picture has begun before the next picture exists."""
    frame = frame_of("cam1")
    with socket.create_connection(("127.0.0.1", replica.port), timeout=30) as client:
        client.sendall(b"GET /api/camera/stream HTTP/1.1\r\nHost: x\r\nAccept: image/avif,image/*;q=0.8\r\n\r\n")
        wait_until(lambda: MAIN in ingest.topics, "it is subscribed to")
        ingest.show(frame)
        expected = b"\r\n\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n" + frame.jpeg
        expected += b"\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n"
        received = b""
        while expected not in received:
            chunk = client.recv(65536)
            assert chunk, received
            received += chunk


def test_head_tells_the_type_and_no_more(replica: Replica) -> None:
    """Link checkers and Home Assistant's set-up ask first."""
    status, headers, body = replica.request("/api/camera/stream", "HEAD")
    assert (status, body) == (200, b"")
    assert headers["content-type"] == "multipart/x-mixed-replace; boundary=frame"


def test_plain_asgi_refuses_http_1_0_in_words(bus: str) -> None:
    """It could only send chunks, which such a client would take for pictures."""
    with (
        running_replica(bus, direct=False) as replica,
        socket.create_connection(("127.0.0.1", replica.port), timeout=30) as client,
    ):
        client.sendall(b"GET /api/camera/stream HTTP/1.0\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 505 ")


def test_the_server_ends_a_stream_at_a_parts_boundary(bus: str, ingest: FakeIngest) -> None:
    """A client that keeps what it has keeps whole pictures."""
    with running_replica(bus) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        viewer = Viewer(replica.port)
        viewer.__enter__()
        wait_until(lambda: MAIN in ingest.topics, "it is subscribed to")
        ingest.show(frame_of("cam1"))
        wait_until(lambda: viewer.parts, "a picture came")
    assert viewer.ended.wait(5)
    viewer.__exit__()
