"""A replica whose host and ingest's host disagree about the time."""

import time

import pytest

from tests.support.bus import fake_ingest, frame_of, status_of
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until

HOUR_NS = 3600 * 10**9


def age_of_snapshot(replica: Replica, max_age: float) -> float | None:
    """None when it was refused."""
    status, headers, _ = replica.request(f"/api/camera/snapshot?max_age={max_age}")
    return float(headers["x-frame-age"]) if status == 200 else None


@pytest.mark.parametrize("ahead_ns", [HOUR_NS, -HOUR_NS])
def test_a_clock_an_hour_off_makes_no_live_picture_old(bus: str, ahead_ns: int) -> None:
    """A live picture counts as live, a late one as late, and the status and `/readyz` tell the offset."""

    def their_ns() -> int:
        return time.time_ns() + ahead_ns

    with fake_ingest(bus, status_of("cam1", sent_at_ns=their_ns())) as ingest, running_replica(bus) as replica:

        def told_offset_seconds() -> float:
            """After one more status: the first was dated before the replica started, which counts as delay."""
            ingest.say(status_of("cam1", sent_at_ns=their_ns()))
            return float(replica.json("/api/camera/stream/status")[1]["clock_offset_seconds"])

        def age_of_next(late_seconds: int, max_age: float) -> float | None:
            """After one more picture, which was captured so long ago."""
            ingest.show(frame_of("cam1")._replace(captured_at_ns=their_ns() - late_seconds * 10**9))
            return age_of_snapshot(replica, max_age)

        wait_until(replica.knows_a_camera, "the camera is known")
        wait_until(lambda: abs(told_offset_seconds() - ahead_ns / 1e9) < 5, "the offset is told")
        wait_until(lambda: age_of_next(late_seconds=0, max_age=2) is not None, "a fresh snapshot")
        assert replica.json("/api/camera/stream/status")[1]["frame_age_seconds"] < 60
        way = "ahead of" if ahead_ns > 0 else "behind"
        (problem,) = replica.json("/readyz")[1]["problems"]
        assert "The clock of ingest's host is 3" in problem
        assert f" s {way} this one's" in problem
        wait_until(lambda: 20 < (age_of_next(late_seconds=30, max_age=60) or 0) < 40, "a late picture's age")
        assert age_of_snapshot(replica, max_age=2) is None, "a late picture is refused"


def test_clocks_that_agree_are_no_problem(bus: str) -> None:
    """The delay from ingest counts for little."""
    with fake_ingest(bus, status_of("cam1")), running_replica(bus) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        assert abs(replica.json("/api/camera/stream/status")[1]["clock_offset_seconds"]) < 5
        assert replica.json("/readyz")[1] == {"status": "ready", "problems": []}
