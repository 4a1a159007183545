"""Requests for share links; what a link opens is in tests/web/test_matrix.py."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from services.stream.api.share_links import LINKS, LONGEST_SECONDS
from services.stream.base import texts
from shared.web.access.roles import Role
from tests.support.bus import FakeIngest
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until
from tests.web.support import OPERATOR_TOKEN, SECRETS, VIEWER_TOKEN, FakeTime, bearer

TIME = FakeTime()


@pytest.fixture
def locked(bus: str, ingest: FakeIngest) -> Iterator[Replica]:
    assert ingest
    with running_replica(bus, settings=SECRETS, clock=TIME.clock) as running:
        headers = bearer(VIEWER_TOKEN)
        wait_until(lambda: b"cam1" in running.request("/api/devices", headers=headers)[2], "the camera is known")
        yield running


def asked(replica: Replica, wanted: dict[str, Any], token: str = VIEWER_TOKEN) -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": "application/json", **bearer(token)}
    status, _, body = replica.request(LINKS, "POST", headers, json.dumps(wanted).encode())
    return status, json.loads(body)


def test_a_camera_s_link_has_the_addresses_of_a_camera_and_an_end(locked: Replica) -> None:
    status, answer = asked(locked, {"camera": "cam1", "expires_in_seconds": 60})
    assert status == 200
    for name, leaf in (("stream_url", "stream"), ("snapshot_url", "snapshot"), ("websocket_url", "ws")):
        assert answer[name].startswith(f"/api/cameras/cam1/{leaf}?link=")
    assert answer["image_url"] is None
    assert datetime.fromisoformat(answer["expires_at"]).timestamp() == TIME.seconds + 60


def test_a_frame_s_link_has_the_address_of_its_image_alone(locked: Replica) -> None:
    """Whether the frame exists only the archiver knows."""
    status, answer = asked(locked, {"frame": 7})
    assert status == 200
    assert answer["image_url"].startswith("/api/camera/frames/7/image?link=")
    assert answer["stream_url"] is answer["snapshot_url"] is answer["websocket_url"] is None


def test_a_time_lapse_s_link_has_the_address_of_its_video_alone(locked: Replica) -> None:
    """Whether there is such a time-lapse only the archiver knows."""
    timelapse = "cam1_20261126T120000Z_0123ab"
    status, answer = asked(locked, {"timelapse": timelapse})
    assert status == 200
    assert answer["video_url"].startswith(f"/api/camera/timelapses/{timelapse}/file?link=")
    assert answer["stream_url"] is answer["snapshot_url"] is answer["websocket_url"] is answer["image_url"] is None


@pytest.mark.parametrize("timelapse", ["", "../frames", "cam1_20261126T120000Z_0123ab/file", "cam1"])
def test_a_link_s_time_lapse_is_an_id(locked: Replica, timelapse: str) -> None:
    """What is signed is a path."""
    assert asked(locked, {"timelapse": timelapse})[0] == 422


@pytest.mark.parametrize(
    "wanted", [{}, {"camera": "cam1", "frame": 7}, {"frame": 7, "timelapse": "cam1_20261126T120000Z_0123ab"}]
)
def test_a_link_is_for_one_thing(locked: Replica, wanted: dict[str, Any]) -> None:
    status, answer = asked(locked, wanted)
    assert status == 422
    assert texts.LINK_NAMES_ONE_THING in answer["detail"]


def test_a_viewer_s_link_is_shorter_than_the_operator_s(locked: Replica) -> None:
    """A viewer may lose the password any day; a link should not outlive that by much."""
    wanted = {"camera": "cam1", "expires_in_seconds": LONGEST_SECONDS[Role.VIEWER] + 1}
    assert asked(locked, wanted) == (403, {"detail": texts.VIEWER_LINKS_ARE_SHORTER})
    assert asked(locked, wanted, OPERATOR_TOKEN)[0] == 200
    assert asked(locked, wanted | {"expires_in_seconds": LONGEST_SECONDS[Role.OPERATOR] + 1}, OPERATOR_TOKEN)[0] == 422
