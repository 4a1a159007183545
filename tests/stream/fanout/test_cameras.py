"""What a replica concludes from the cameras' statuses."""

import pytest

from services.stream.base import texts
from services.stream.fanout.cameras import Cameras, KnownCamera
from shared.bus.status import MAX_CAMERAS, CameraState
from shared.errors import MessageDecodeError
from tests.support.bus import status_of


def test_a_camera_is_its_statuss_state_until_ingest_falls_silent() -> None:
    """Two missed statuses are silence."""
    camera = KnownCamera(status_of("cam1"), heard_at=100.0)
    assert camera.is_streaming(101.9)
    assert camera.problem(101.9) is None
    assert camera.state(102.0) == "unknown"
    assert not camera.is_streaming(102.0)
    problem = camera.problem(102.0)
    assert problem is not None
    assert problem.headline == "Ingest is unreachable"


@pytest.mark.parametrize("state", sorted(set(CameraState) - {CameraState.LIVE, CameraState.IDLE}))
def test_every_state_without_pictures_has_words(state: CameraState) -> None:
    """With what to do about it, and since when."""
    status = status_of("cam1", state, last_error="Do this.")
    problem = KnownCamera(status, 100.0).problem(100.0)
    assert problem is not None
    assert problem.headline
    assert problem.since_ns == status.since_ns
    assert problem.advice == (texts.SWITCH_ON_ADVICE if state == "disabled" else "Do this.")


def test_cameras_come_in_their_order() -> None:
    """Ingest's settings decide it."""
    cameras = Cameras()
    cameras.hear(status_of("b", order=2, is_default=False), 1.0)
    cameras.hear(status_of("c", order=1), 1.0)
    cameras.hear(status_of("a", order=2, is_default=False), 1.0)
    assert [camera.status.camera for camera in cameras.in_order()] == ["c", "a", "b"]
    assert cameras.default_key() == "c"


def test_a_key_is_unknown_only_once_the_bus_has_had_time_to_tell_all() -> None:
    """Before, a client is asked to try again."""
    cameras = Cameras()
    assert not cameras.have_settled(1000.0)
    cameras.hear(status_of("cam1"), 1000.0)
    assert not cameras.have_settled(1001.0)
    assert cameras.have_settled(1002.0)


@pytest.mark.parametrize(
    ("own_width", "asked", "ladder"),
    [
        (1920, None, ["main", "1280", "640", "320"]),
        (1920, 640, ["640", "320"]),
        (1280, 1280, ["main", "640", "320"]),
        (640, 1280, ["main", "320"]),
        (200, 320, ["main"]),
        (1920, 5, ["320"]),
        (200, 5, ["main"]),
        (None, None, ["main", "1280", "640", "320"]),
    ],
)
def test_the_ladder_holds_what_is_at_most_as_wide_as_asked(
    own_width: int | None, asked: int | None, ladder: list[str]
) -> None:
    """Never larger than the camera's own."""
    status = status_of("cam1", width=own_width, height=own_width, widths=(320, 640, 1280))
    assert KnownCamera(status, 100.0).ladder(asked) == ladder


def test_the_number_of_cameras_is_bounded() -> None:
    """Ten thousand forged ones once cost 86 MB, and 2 s for each list of the cameras."""
    cameras = Cameras()
    for number in range(MAX_CAMERAS):
        cameras.hear(status_of(f"cam{number}"), 1.0)
    with pytest.raises(MessageDecodeError, match="more than 1000 cameras"):
        cameras.hear(status_of("one-too-many"), 1.0)
    assert not cameras.hear(status_of("cam7"), 1.0)
    assert len(cameras.in_order()) == MAX_CAMERAS
