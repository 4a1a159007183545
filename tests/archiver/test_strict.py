"""`/readyz?strict`: 503 when nothing is archived though cameras are live. A whole archiver on a real bus and disk."""

import re
import time
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from services.archiver.app import create_app
from services.archiver.base.errors import StorageFullError
from services.archiver.capture import capture_progress
from services.archiver.service import Archiver
from shared.bus.status import CameraState
from shared.clock import NS_PER_SECOND, Clock, ns_since_boot
from tests.archiver.bus import ScriptedCamera
from tests.archiver.place import Place
from tests.archiver.support import jpeg_of
from tests.support.waiting import wait_until

FULL = "The archive directory can't be written: No space left on device."
NOW = Clock()
TWO_HOURS_NS = 2 * 3600 * NS_PER_SECOND
TWO_HOURS_LATER = Clock(utc_ns=lambda: time.time_ns() + TWO_HOURS_NS, boot_ns=lambda: ns_since_boot() + TWO_HOURS_NS)


@pytest.fixture
def camera(place: Place) -> Iterator[ScriptedCamera]:
    """Its slots are seconds, and two of them are too long."""
    camera = ScriptedCamera([jpeg_of()], interval_seconds=1)
    with pytest.MonkeyPatch.context() as patch, place.bus(camera):
        patch.setattr(capture_progress, "LEAST_SECONDS", 2.0)
        yield camera


def running(place: Place, clock: Clock = NOW) -> TestClient:
    return TestClient(create_app(Archiver(place.engine, place.store, place.bus_address, clock)))


def test_a_disk_that_takes_nothing_is_told_and_it_is_over_with_the_next_picture(
    place: Place, camera: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plain address stays ready, so that nobody takes the archive's pages away."""

    def refuse(*_: object) -> None:
        raise StorageFullError(FULL)

    del camera
    with running(place) as client:
        wait_until(place.rows)
        assert client.get("/readyz?strict").status_code == 200
        with monkeypatch.context() as patch:
            patch.setattr(place.store, "write_first", refuse)
            wait_until(lambda: client.get("/readyz?strict").status_code == 503)
            answer = client.get("/readyz?strict")
            assert answer.json()["detail"].startswith("Nothing has been archived of Camera_1 for ")
            assert answer.json()["detail"].endswith(FULL)
            assert "Retry-After" in answer.headers
            plain = client.get("/readyz")
            assert (plain.status_code, plain.json()["status"]) == (200, "degraded")
            assert client.get("/readyz?strict=false").status_code == 200
            told = client.get("/api/camera/frames/capturing").json()
            assert told["problem"] == answer.json()["detail"]
            assert told["problems"] == plain.json()["problems"]
            assert told["cameras"][0]["overdue_seconds"] >= 2
            wait_until(lambda: client.get("/api/camera/frames/capturing").json()["cameras"][0]["missed_slots"] >= 2)
        wait_until(lambda: client.get("/readyz?strict").status_code == 200)
        told = client.get("/api/camera/frames/capturing").json()
        assert (told["problem"], told["problems"]) == (None, [])


@pytest.mark.parametrize("state", [CameraState.OFFLINE, CameraState.DISABLED])
def test_a_camera_that_is_away_makes_nobody_unready(place: Place, camera: ScriptedCamera, state: CameraState) -> None:
    """Its gaps say why. Here another camera shows that time has passed."""
    camera.state = state
    with running(place) as client:
        wait_until(lambda: client.get("/api/camera/frames/capturing").json()["cameras"])
        if state is CameraState.OFFLINE:
            wait_until(lambda: client.get("/api/camera/frames/capturing").json()["cameras"][0]["missed_slots"] >= 4)
        assert client.get("/readyz?strict").status_code == 200


def test_an_archive_that_was_in_trouble_before_its_archiver_started_again_is_told_soon(
    place: Place, camera: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An archiver that ends every ten minutes would else never have been in trouble for long enough.

    Camera and archiver start again two hours later. So no slot of before is the running one, which might have its file.
    """
    with running(place):
        wait_until(place.rows)
    monkeypatch.setattr(capture_progress, "GRACE_SECONDS", 0.5)

    def refuse(*_: object) -> None:
        raise StorageFullError(FULL)

    monkeypatch.setattr(place.store, "write_first", refuse)
    camera.interval_seconds = 30
    camera.utc_ns = TWO_HOURS_LATER.utc_ns
    with running(place, TWO_HOURS_LATER) as client:
        wait_until(lambda: client.get("/readyz?strict").status_code == 503)
        # Two hours, less what of the running slot's second is left.
        assert re.search(r" for (2 hours|119 minutes)", client.get("/readyz?strict").json()["detail"])
