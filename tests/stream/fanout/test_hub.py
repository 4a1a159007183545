"""The hub between a real bus and real viewers: what is shown when, and what is subscribed to."""

import socket
from functools import partial

import pytest

from shared.bus.status import CameraState
from shared.bus.topics import frame_topic
from tests.support.bus import FakeIngest, fake_ingest, frame_of, status_of
from tests.support.mjpeg import Viewer
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until

FRAMES = frame_topic("cam1", "main")


def test_viewers_that_came_before_the_camera_are_shown_it_when_it_comes(lonely_replica: Replica, bus: str) -> None:
    """On the connection that they have already."""
    with Viewer(lonely_replica.port) as viewer:
        wait_until(lambda: lonely_replica.hub.viewer_total == 1, "it waits")
        with fake_ingest(bus, status_of("cam1")) as ingest:
            wait_until(lambda: FRAMES in ingest.topics, "the frames are subscribed to")
            ingest.show(frame_of("cam1"))
            wait_until(lambda: viewer.parts and viewer.parts[-1].is_live, "a live picture came")


def test_a_width_asked_for_too_early_to_be_judged_gets_the_nearest(lonely_replica: Replica, bus: str) -> None:
    """It can't be refused any more when it turns out not to be offered."""
    with Viewer(lonely_replica.port, "/api/camera/stream?width=5"), fake_ingest(bus, status_of("cam1")) as ingest:
        wait_until(lambda: frame_topic("cam1", "16") in ingest.topics, "the narrowest is subscribed to")


def test_the_frames_are_subscribed_to_only_while_somebody_watches(replica: Replica, ingest: FakeIngest) -> None:
    """The subscription is what makes ingest encode."""
    assert FRAMES not in ingest.topics
    with Viewer(replica.port):
        wait_until(lambda: FRAMES in ingest.topics, "it is subscribed to")
    wait_until(lambda: FRAMES not in ingest.topics, "it is given up", 5)


def test_viewers_are_claimed_on_the_bus_and_withdrawn(replica: Replica, ingest: FakeIngest) -> None:
    """Ingest adds up the claims of all replicas."""

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


def test_a_client_that_ends_its_sending_is_not_shown_what_others_saw_before(
    replica: Replica, ingest: FakeIngest
) -> None:
    """`nc -N` does so. Nobody has watched since, so the picture that was shown last is old."""
    with Viewer(replica.port) as first:
        wait_until(lambda: FRAMES in ingest.topics, "it is subscribed to")
        ingest.show(frame_of("cam1"))
        wait_until(lambda: first.parts, "the first viewer has it")
    wait_until(lambda: FRAMES not in ingest.topics, "the subscription is given up", 5)
    with socket.create_connection(("127.0.0.1", replica.port), timeout=20) as client:
        client.sendall(b"GET /api/camera/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        received = b""
        while b"X-Live" not in received:
            received += client.recv(65536)
    assert b"X-Live: 0" in received
    assert b"X-Live: 1" not in received


def test_a_camera_that_sends_seldom_has_a_placeholder_until_it_does(replica: Replica, ingest: FakeIngest) -> None:
    """Home Assistant would give up before a picture comes every quarter of a minute."""
    with Viewer(replica.port) as viewer:
        wait_until(lambda: viewer.parts, "something is shown", 4)
        assert not viewer.parts[0].is_live
        ingest.show(frame_of("cam1"))
        wait_until(lambda: viewer.parts[-1].is_live, "then the picture")


@pytest.mark.parametrize("direct", [True, False])
def test_a_camera_that_goes_leaves_a_marked_picture_and_comes_back_on_the_same_connection(
    direct: bool, bus: str, ingest: FakeIngest
) -> None:
    """No client has to reconnect, and none is shown the past as the present."""
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


def has_dropped(replica: Replica, messages: int) -> bool:
    return replica.hub.dropped_messages == messages


def test_malformed_messages_are_dropped_and_counted(replica: Replica, ingest: FakeIngest) -> None:
    """The next good message is taken as usual."""
    with Viewer(replica.port) as viewer:
        wait_until(lambda: FRAMES in ingest.topics, "it is subscribed to")
        # Of a camera that says nothing else: the newest of a topic takes the place of one that still waits.
        malformed = [[b"status/cam2/", b"{}"], [FRAMES, b"no header", b"no picture"], [b"status/"], [FRAMES]]
        for number, message in enumerate(malformed, start=1):
            ingest.send(message)
            wait_until(partial(has_dropped, replica, number), "it is counted")
        ingest.show(frame_of("cam1"))
        wait_until(lambda: viewer.parts and viewer.parts[-1].is_live, "the good one came")
