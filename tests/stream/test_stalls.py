"""A replica whose own loop stood still accuses nobody: it can't know what it has not read."""

import time

from services.stream.fanout.cameras import SILENT_AFTER_SECONDS
from shared.bus.silence import SILENCE_SECONDS
from shared.bus.topics import frame_topic
from tests.support.bus import FakeIngest, fake_ingest, frame_of, status_of
from tests.support.mjpeg import Viewer
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until

STALL_SECONDS = SILENT_AFTER_SECONDS + 0.5


def state(replica: Replica) -> str:
    key = replica.hub.cameras.default_key()
    camera = replica.hub.cameras.get(key or "")
    assert camera is not None
    return camera.state(replica.hub.loop_seconds)


def test_right_after_a_stall_of_the_loop_no_camera_is_silent(replica: Replica, ingest: FakeIngest) -> None:
    """Ingest has gone on all the time; its statuses wait in the kernel."""
    ingest.say(status_of("cam1"))
    assert replica.after_a_stall(STALL_SECONDS, lambda: (state(replica), replica.hub.problems.in_words())) == (
        "live",
        [],
    )
    assert replica.json("/api/camera/stream/status")[1]["state"] == "live"


def test_right_after_a_stall_of_the_loop_the_bus_counts_as_connected(replica: Replica, ingest: FakeIngest) -> None:
    """And viewers that came just before it are shown no placeholder yet."""
    ingest.say(status_of("cam1"))
    silent_seconds = replica.after_a_stall(SILENCE_SECONDS + 0.5, lambda: replica.hub.silent_seconds)
    assert silent_seconds is not None
    assert silent_seconds < SILENCE_SECONDS


def test_a_picture_from_before_a_stall_is_not_shown_as_live_after_it(replica: Replica, ingest: FakeIngest) -> None:
    """It would be repeated each second, as the picture of a camera that sends seldom is."""
    with Viewer(replica.port) as viewer:
        wait_until(lambda: frame_topic("cam1", "main") in ingest.topics, "the frames are wanted")
        ingest.show(frame_of("cam1"))
        wait_until(lambda: viewer.last is not None and viewer.last.is_live, "it is shown")
        (feed,) = replica.hub._feeds.wanted(time.monotonic())

        assert replica.after_a_stall(STALL_SECONDS, lambda: replica.hub._present_picture(feed)) is None

        ingest.show(frame_of("cam1", 2))
        wait_until(lambda: feed.newest is not None, "the next picture is live again")


def test_an_ingest_that_really_died_is_told_within_its_time_after_a_stall(bus: str) -> None:
    with running_replica(bus) as replica:
        with fake_ingest(bus, status_of("cam1")):
            wait_until(replica.knows_a_camera, "the camera is known")
        replica.after_a_stall(1.0, lambda: None)
        wait_until(lambda: state(replica) == "unknown", "it is told", SILENT_AFTER_SECONDS + 1)
