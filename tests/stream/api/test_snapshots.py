"""Snapshots, of cameras that somebody watches and of others."""

import threading

from shared.bus.status import CameraState
from shared.bus.topics import frame_topic
from tests.support.bus import FakeIngest, frame_of, status_of
from tests.support.replica import Replica
from tests.support.waiting import wait_until

FRAMES = frame_topic("cam1", "main")


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
    """A program must not take a placeholder for a picture; browsers have the stream for that."""
    ingest.say(status_of("cam1", CameraState.UNAUTHORIZED, last_error="Check CAMERA_RTSP_PASSWORD."))
    wait_until(lambda: replica.request("/api/camera/snapshot")[0] == 503, "it is refused")
    assert b"refused the login. Check CAMERA_RTSP_PASSWORD." in replica.request("/api/camera/snapshot")[2]
