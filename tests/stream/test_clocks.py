"""A replica whose host and ingest's host disagree about the time."""

import time

import pytest

from shared.bus.topics import frame_topic
from tests.support.bus import fake_ingest, frame_of, status_of
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until

HOUR_NS = 3600 * 10**9
FRAMES = frame_topic("cam1", "main")


def age_of_snapshot(replica: Replica, max_age: float = 2) -> float | None:
    """None when it was refused."""
    status, headers, _ = replica.request(f"/api/camera/snapshot?max_age={max_age}")
    return float(headers["x-frame-age"]) if status == 200 else None


@pytest.mark.parametrize("ahead_ns", [HOUR_NS, -HOUR_NS])
def test_a_clock_an_hour_off_makes_no_live_picture_old(bus: str, ahead_ns: int) -> None:
    """A live picture counts as live, a late one as late, and the status and `/readyz` tell the offset."""
    theirs_ns = time.time_ns() + ahead_ns
    with fake_ingest(bus, status_of("cam1", sent_at_ns=theirs_ns)) as ingest, running_replica(bus) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        age_of_snapshot(replica)
        wait_until(lambda: FRAMES in ingest.topics, "it subscribes")
        ingest.show(frame_of("cam1")._replace(captured_at_ns=time.time_ns() + ahead_ns))
        wait_until(lambda: age_of_snapshot(replica) is not None, "a fresh snapshot")
        status = replica.json("/api/camera/stream/status")[1]
        assert status["frame_age_seconds"] < 5
        # The status was dated before the replica started, so its start counts as delay.
        assert status["clock_offset_seconds"] == pytest.approx(ahead_ns / 1e9, abs=10)
        way = "ahead of" if ahead_ns > 0 else "behind"
        (problem,) = replica.json("/readyz")[1]["problems"]
        assert "The clock of ingest's host is 3" in problem
        assert f" s {way} this one's" in problem
        ingest.show(frame_of("cam1", 2)._replace(captured_at_ns=time.time_ns() + ahead_ns - 30 * 10**9))
        wait_until(lambda: age_of_snapshot(replica) is None, "a picture that came late is refused")
        age = age_of_snapshot(replica, max_age=60)
        assert age is not None
        assert 20 < age < 40


def test_clocks_that_agree_are_no_problem(bus: str) -> None:
    """The delay from ingest counts for little."""
    with fake_ingest(bus, status_of("cam1")), running_replica(bus) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        assert abs(replica.json("/api/camera/stream/status")[1]["clock_offset_seconds"]) < 5
        assert replica.json("/readyz")[1] == {"status": "ready", "problems": []}
