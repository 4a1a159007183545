"""Capturing now, because somebody asked: besides the slots, never in their place."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from services.archiver.app import create_app
from services.archiver.capture import manual
from services.archiver.db.frame_query import FrameQuery
from services.archiver.files.paths import FrameName
from services.archiver.service import Archiver
from shared.bus.status import CameraState
from shared.clock import Clock
from tests.archiver.bus import ScriptedCamera
from tests.archiver.place import Place
from tests.archiver.support import MONTH_SECONDS, cut_short, jpeg_of, noise
from tests.support.waiting import wait_until

FRAMES = "/api/camera/frames"


@pytest.fixture
def camera() -> ScriptedCamera:
    return ScriptedCamera([jpeg_of(noise(320, 240))], interval_seconds=MONTH_SECONDS)


@pytest.fixture
def client(place: Place, camera: ScriptedCamera) -> Iterator[TestClient]:
    """Of an archiver that has the running slot's picture already."""
    archiver = Archiver(place.engine, place.store, place.bus_address, Clock())
    with place.bus(camera), TestClient(create_app(archiver)) as client:
        wait_until(place.rows)
        yield client


def test_a_frame_is_captured_now_and_belongs_to_no_slot(
    client: TestClient, place: Place, camera: ScriptedCamera
) -> None:
    """The slot keeps its own; the frames are asked for as long as it takes, and no longer."""
    answer = client.post(FRAMES)
    assert answer.status_code == 201
    frame = answer.json()
    assert (frame["kind"], frame["slot_start"], frame["interval_seconds"]) == ("manual", None, None)
    assert answer.headers["location"] == f"{FRAMES}/{frame['id']}"
    assert client.get(frame["image_url"]).status_code == 200
    assert sorted(row.kind for row in place.rows()) == ["manual", "slot"]
    (manual,) = (row for row in place.rows() if row.kind == "manual")
    milliseconds = int(manual.captured_at.timestamp() * 1000)
    assert manual.path == FrameName("camera_1", None, milliseconds).path
    wait_until(lambda: not camera.demanded)
    assert len(place.store.read(manual.path)) == manual.bytes


def test_asked_twice_there_are_two(client: TestClient, place: Place) -> None:
    """Each has its own instant."""
    first, second = (client.post(FRAMES, params={"camera": "camera_1"}).json() for _ in range(2))
    assert first["captured_at"] < second["captured_at"]
    assert len(place.frame_rows.page(FrameQuery())[0]) == 3


def test_a_deleted_manual_frame_leaves_no_gap(client: TestClient, place: Place) -> None:
    """No slot is missing it."""
    frame = client.post(FRAMES).json()
    assert client.delete(f"{FRAMES}/{frame['id']}").status_code == 204
    assert (place.gaps(), len(place.rows())) == ([], 1)
    assert len(place.files()) == 1


def test_a_damaged_picture_is_passed_over(client: TestClient, camera: ScriptedCamera) -> None:
    """The next one may be whole."""
    camera._turn = iter([cut_short(jpeg_of(noise(320, 240))), *[jpeg_of(noise(64, 48))] * 200])
    assert client.post(FRAMES).json()["width"] == 64


def test_a_camera_that_gives_no_live_picture_is_503_with_the_reason(
    client: TestClient, camera: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a few seconds, in the camera's words. Nothing is kept."""
    monkeypatch.setattr(manual, "WAIT_SECONDS", 0.3)
    camera.live = False
    answer = client.post(FRAMES)
    assert (answer.status_code, "none came" in answer.json()["detail"]) == (503, True)
    camera.state, camera.insists, camera.last_error = CameraState.FROZEN, True, "the same picture for 60 s"
    wait_until(lambda: "frozen (the same picture for 60 s)" in client.post(FRAMES).json()["detail"])
    camera.state, camera.live = CameraState.DISABLED, True
    wait_until(lambda: "disabled" in client.post(FRAMES).json()["detail"])
    assert len(client.get(FRAMES).json()["frames"]) == 1


def test_an_unknown_camera_is_404_and_a_bad_key_422(client: TestClient) -> None:
    """In words."""
    unknown = client.post(FRAMES, params={"camera": "camera_9"})
    assert (unknown.status_code, "camera_9" in unknown.json()["detail"]) == (404, True)
    assert client.post(FRAMES, params={"camera": "../x"}).status_code == 422


def test_while_the_database_is_away_the_picture_is_kept_and_listed_later(client: TestClient, place: Place) -> None:
    """It was the moment that counted."""
    hidden = Path(f"{place.database_file}.hidden")
    place.database_file.rename(hidden)
    place.database_file.mkdir()
    answer = client.post(FRAMES)
    assert (answer.status_code, "kept" in answer.json()["detail"]) == (202, True)
    place.database_file.rmdir()
    hidden.rename(place.database_file)
    wait_until(lambda: len(place.rows()) == 2)
    assert sorted(row.path for row in place.rows()) == place.files()
