"""A replica as its clients see it: real HTTP in front, a real bus behind."""

import http.client
import http.server
import json
import socket
import threading
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from shared.bus.status import CameraState
from shared.bus.topics import frame_topic
from tests.support.bus import FakeIngest, fake_ingest, frame_of, status_of
from tests.support.mjpeg import Viewer
from tests.support.ports import free_port
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until

FRAMES = frame_topic("cam1", "main")


@pytest.fixture
def bus() -> str:
    return f"tcp://127.0.0.1:{free_port()}"


@pytest.fixture
def ingest(bus: str) -> Iterator[FakeIngest]:
    with fake_ingest(bus, status_of("cam1")) as running:
        yield running


@pytest.fixture
def lonely(bus: str) -> Iterator[Replica]:
    """A replica that hears nobody."""
    with running_replica(bus) as replica:
        yield replica


@pytest.fixture
def replica(bus: str, ingest: FakeIngest) -> Iterator[Replica]:
    assert ingest
    with running_replica(bus) as running:
        wait_until(running.knows_a_camera, "the camera is known")
        yield running


def test_before_ingest_is_heard_the_default_stream_is_a_waiting_picture(lonely: Replica) -> None:
    """Whoever opens the page first must see what happens, with 200, and again every second."""
    with Viewer(lonely.port) as viewer:
        wait_until(lambda: len(viewer.parts) >= 2, "the picture came and was repeated")
        assert not viewer.parts[0].is_live
        assert viewer.parts[0].picture.shape == (720, 1280, 3)
    status, body = lonely.json("/api/camera/stream/status")
    assert (status, body["is_streaming"], body["state"], body["camera"]) == (200, False, "unknown", None)


def test_before_ingest_is_heard_a_named_camera_is_asked_for_again_later(lonely: Replica) -> None:
    """Nobody can know yet whether it exists."""
    for path in ("/api/cameras/cam1/stream", "/api/camera/stream?camera=cam1", "/api/cameras/cam1/snapshot"):
        status, headers, body = lonely.request(path)
        assert (status, headers["retry-after"]) == (503, "1"), path
        assert b"not known yet" in body
    # Code 1008 would tell a page to give up.
    with (
        connect(f"ws://127.0.0.1:{lonely.port}/api/cameras/cam1/ws", proxy=None) as client,
        pytest.raises(ConnectionClosedError, match="not known yet") as closed,
    ):
        client.recv(20)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1013
    assert lonely.request("/api/camera/snapshot")[0] == 503


def test_viewers_who_came_before_the_camera_are_shown_it_when_it_comes(lonely: Replica, bus: str) -> None:
    """On the connection they have."""
    with Viewer(lonely.port) as viewer:
        wait_until(lambda: viewer.parts, "the waiting picture came")
        with fake_ingest(bus, status_of("cam1")) as ingest:
            wait_until(lambda: FRAMES in ingest.topics, "the frames are subscribed to")
            ingest.show(frame_of("cam1"))
            wait_until(lambda: viewer.parts[-1].is_live, "a live picture came")


def test_a_width_asked_for_too_early_to_be_judged_gets_the_nearest(lonely: Replica, bus: str) -> None:
    """It can't be refused any more when it turns out not to be offered."""
    with Viewer(lonely.port, "/api/camera/stream?width=5"), fake_ingest(bus, status_of("cam1")) as ingest:
        wait_until(lambda: frame_topic("cam1", "16") in ingest.topics, "the narrowest is subscribed to")


def test_a_camera_nobody_has_heard_of_is_404_once_the_bus_has_told(replica: Replica) -> None:
    """In words that say where the cameras are."""
    wait_until(lambda: replica.json("/api/cameras/other/stream/status")[0] == 404, "the bus has told")
    for path in ("/api/camera/stream?camera=other", "/api/cameras/other/snapshot"):
        status, _, body = replica.request(path)
        assert status == 404
        assert b"/api/devices" in body


@pytest.mark.parametrize(
    "path", ["/api/camera/stream?camera=No%20Key", "/api/cameras/UPPER/snapshot", "/api/camera/snapshot?max_age=no"]
)
def test_a_bad_parameter_is_422_in_words(path: str, replica: Replica) -> None:
    """One sentence, not a list of objects."""
    status, body = replica.json(path)
    assert status == 422
    assert "is not valid" in body["detail"]


def test_the_frames_are_subscribed_to_only_while_somebody_watches(replica: Replica, ingest: FakeIngest) -> None:
    """The subscription is what makes ingest encode."""
    assert FRAMES not in ingest.topics
    with Viewer(replica.port):
        wait_until(lambda: FRAMES in ingest.topics, "it is subscribed to")
    wait_until(lambda: FRAMES not in ingest.topics, "it is given up", 5)


def test_viewers_are_claimed_on_the_bus_and_withdrawn(replica: Replica, ingest: FakeIngest) -> None:
    """Ingest adds the replicas up."""

    def claim() -> list[bytes]:
        return [topic for topic in ingest.topics if topic.startswith(b"viewers/")]

    with Viewer(replica.port), Viewer(replica.port):
        expected = f"viewers/cam1/{replica.hub.replica}/2/".encode()
        wait_until(lambda: claim() == [expected], "two are claimed")
    wait_until(lambda: claim() == [], "none are")


def test_pictures_pass_unchanged_and_a_still_one_is_repeated_every_second(replica: Replica, ingest: FakeIngest) -> None:
    """Home Assistant gives up after ten seconds of silence."""
    frame = frame_of("cam1")
    with Viewer(replica.port) as viewer:
        wait_until(lambda: FRAMES in ingest.topics, "it is subscribed to")
        ingest.show(frame)
        wait_until(lambda: len(viewer.parts) >= 3, "it came and was repeated", 5)
        assert {part.jpeg for part in viewer.parts} == {frame.jpeg}
        assert viewer.parts[1].received_at - viewer.parts[0].received_at < 1.5


def test_a_newcomer_gets_the_newest_picture_at_once(replica: Replica, ingest: FakeIngest) -> None:
    """A camera at one frame in ten seconds is still there at once."""
    with Viewer(replica.port) as first:
        wait_until(lambda: FRAMES in ingest.topics, "it is subscribed to")
        ingest.show(frame_of("cam1"))
        wait_until(lambda: first.parts, "the first viewer has it")
        with Viewer(replica.port) as second:
            wait_until(lambda: second.parts, "so has the second", 0.8, patience=1)


def test_a_camera_that_sends_seldom_has_a_stand_in_until_it_does(replica: Replica, ingest: FakeIngest) -> None:
    """Home Assistant would give up before a picture every quarter of a minute."""
    with Viewer(replica.port) as viewer:
        wait_until(lambda: viewer.parts, "something is shown", 4)
        assert not viewer.parts[0].is_live
        ingest.show(frame_of("cam1"))
        wait_until(lambda: viewer.parts[-1].is_live, "then the picture")


@pytest.mark.parametrize("direct", [True, False])
def test_a_camera_that_goes_leaves_a_marked_picture_and_comes_back_on_the_same_connection(
    direct: bool, bus: str, ingest: FakeIngest
) -> None:
    """Nobody has to reconnect, and nobody is shown the past as the present."""
    with running_replica(bus, direct=direct) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        with Viewer(replica.port) as viewer:
            wait_until(lambda: FRAMES in ingest.topics, "it is subscribed to")
            ingest.show(frame_of("cam1", level=200))
            wait_until(lambda: viewer.parts and viewer.parts[-1].is_live, "a live picture came")
            ingest.say(status_of("cam1", CameraState.OFFLINE, last_error="Check that it is on."))
            wait_until(lambda: not viewer.parts[-1].is_live, "it is marked", 2)
            assert viewer.parts[-1].picture.shape == (48, 64, 3)
            ingest.say(status_of("cam1"))
            ingest.show(frame_of("cam1", 2))
            wait_until(lambda: viewer.parts[-1].is_live, "it is live again", 2)


def test_ingest_falling_silent_is_seen_and_said(replica: Replica, bus: str, ingest: FakeIngest) -> None:
    """Its last pictures must not pass for live for ever."""
    with Viewer(replica.port) as viewer:
        wait_until(lambda: FRAMES in ingest.topics, "it is subscribed to")
        ingest.show(frame_of("cam1"))
        wait_until(lambda: viewer.parts and viewer.parts[-1].is_live, "a live picture came")
        ingest.stop()
        wait_until(lambda: not viewer.parts[-1].is_live, "it is marked", 4)
        assert replica.json("/api/devices")[1]["devices"][0]["state"] == "unknown"
        assert replica.json("/readyz")[1]["status"] == "degraded"
        with fake_ingest(bus, status_of("cam1")) as again:
            wait_until(lambda: FRAMES in again.topics, "it is subscribed to again")
            again.show(frame_of("cam1"))
            wait_until(lambda: viewer.parts[-1].is_live, "it is live again")


def test_a_snapshot_with_nobody_watching_subscribes_waits_and_lingers(replica: Replica, ingest: FakeIngest) -> None:
    """A poller's next one finds the feed still warm, and its picture fresh."""
    answers: list[tuple[int, dict[str, str], bytes]] = []
    asking = threading.Thread(target=lambda: answers.append(replica.request("/api/camera/snapshot")))
    asking.start()
    wait_until(lambda: FRAMES in ingest.topics, "it is subscribed to")
    frame = frame_of("cam1")
    ingest.show(frame)
    asking.join(5)
    status, headers, body = answers[0]
    assert (status, headers["content-type"], body) == (200, "image/jpeg", frame.jpeg)
    assert float(headers["x-frame-age"]) < 1
    assert replica.request("/api/cameras/cam1/snapshot")[2] == frame.jpeg
    assert FRAMES in ingest.topics
    status, _, body = replica.request("/api/camera/snapshot?max_age=0.0001")
    assert status == 503
    assert b"max_age" in body


def test_a_snapshot_of_a_camera_that_is_down_is_503_with_the_reason(replica: Replica, ingest: FakeIngest) -> None:
    """Programs are not given a picture that is none; browsers have the stream for that."""
    ingest.say(status_of("cam1", CameraState.UNAUTHORIZED, last_error="Check CAMERA_RTSP_PASSWORD."))
    wait_until(lambda: replica.request("/api/camera/snapshot")[0] == 503, "it is refused")
    assert b"refused the login. Check CAMERA_RTSP_PASSWORD." in replica.request("/api/camera/snapshot")[2]


def test_malformed_messages_are_dropped_and_counted(replica: Replica, ingest: FakeIngest) -> None:
    """And the next good one is as good as ever."""
    with Viewer(replica.port) as viewer:
        wait_until(lambda: FRAMES in ingest.topics, "it is subscribed to")
        # Of a camera that says nothing else: the newest of a topic takes the place of one that still waits.
        malformed = [[b"status/cam2/", b"{}"], [FRAMES, b"no header", b"no picture"], [b"status/"], [FRAMES]]
        for number, message in enumerate(malformed, start=1):
            ingest.send(message)
            wait_until(lambda number=number: replica.hub.dropped_messages == number, "it is counted")  # type: ignore[misc]
        ingest.show(frame_of("cam1"))
        wait_until(lambda: viewer.parts and viewer.parts[-1].is_live, "the good one came")


def test_a_browser_gets_the_advance_framing(replica: Replica, ingest: FakeIngest) -> None:
    """The part after the picture has begun before the next picture exists."""
    frame = frame_of("cam1")
    with socket.create_connection(("127.0.0.1", replica.port), timeout=30) as client:
        client.sendall(b"GET /api/camera/stream HTTP/1.1\r\nHost: x\r\nAccept: image/avif,image/*;q=0.8\r\n\r\n")
        wait_until(lambda: FRAMES in ingest.topics, "it is subscribed to")
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
        wait_until(lambda: FRAMES in ingest.topics, "it is subscribed to")
        ingest.show(frame_of("cam1"))
        wait_until(lambda: viewer.parts, "a picture came")
    assert viewer.ended.wait(5)
    viewer.__exit__()


class _Archive(http.server.BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = f"{self.command} {self.path} {self.headers.get('If-None-Match')}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"abc"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 the base class's spelling

    def log_message(self, *_: object) -> None: ...


def test_the_archives_addresses_are_forwarded(bus: str) -> None:
    """Port 8001 is the one origin: method, query, headers and bodies pass both ways."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Archive) as archive:
        threading.Thread(target=archive.serve_forever, daemon=True).start()
        with running_replica(bus, archiver_url=f"http://127.0.0.1:{archive.server_port}") as replica:
            path = "/api/camera/frames/7/image?x=1&x=2"
            status, headers, body = replica.request(path, headers={"If-None-Match": '"abc"'})
            assert (status, headers["etag"], body) == (200, '"abc"', f'GET {path} "abc"'.encode())
            assert replica.request("/api/camera/frames")[2] == b"GET /api/camera/frames None"
            assert replica.request(path, "HEAD")[:1] + replica.request(path, "HEAD")[2:] == (200, b"")
            assert replica.request("/api/camera/frames", "POST", body=b"now")[::2] == (201, b"now")
        archive.shutdown()


def test_an_archive_that_is_away_is_502_in_words(lonely: Replica) -> None:
    """The live picture does not need it."""
    status, body = lonely.json("/api/camera/frames")
    assert status == 502
    assert "ARCHIVER_URL" in body["detail"]


def test_the_page_brings_its_policy(lonely: Replica) -> None:
    """Nothing may come from elsewhere, nothing inline may run."""
    status, headers, body = lonely.request("/")
    assert status == 200
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert b"<camera-feed" in body


def test_health_answers_whatever_the_cameras_do(lonely: Replica) -> None:
    """A dead camera degrades a replica, it never takes it out of service."""
    assert lonely.json("/healthz") == (200, {"status": "ok"})
    status, body = lonely.json("/readyz")
    assert (status, body["status"]) == (200, "degraded")
    assert lonely.request("/docs")[0] == 200


def test_the_description_of_the_api_is_whole(replica: Replica) -> None:
    """No two operations share a name: programs are generated from it."""
    status, _, body = replica.request("/openapi.json")
    assert status == 200
    operations = [each["operationId"] for path in json.loads(body)["paths"].values() for each in path.values()]
    assert len(operations) == len(set(operations)) > 10
