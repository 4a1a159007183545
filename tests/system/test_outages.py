"""Camera outages, with either decoder: the viewer stays connected, sees the reason, and then sees pictures again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.camera import RtspCamera
from tests.support.mjpeg import Viewer
from tests.support.services import Stack
from tests.support.waiting import wait_until

pytestmark = pytest.mark.camera
DECODERS = ["direct", "ffmpeg"]
Act = Callable[[RtspCamera], None]


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize(
    ("act", "undo"),
    [
        pytest.param(RtspCamera.kill, RtspCamera.start, id="refuses"),
        pytest.param(RtspCamera.pause, RtspCamera.resume, id="accepts and never answers"),
        pytest.param(RtspCamera.mute, RtspCamera.speak, id="answers but sends no media"),
        pytest.param(RtspCamera.stop, RtspCamera.start, id="ends its stream"),
    ],
)
def test_an_outage_is_marked_with_its_reason_and_heals(act: Act, undo: Act, decoder: str, tmp_path: Path) -> None:
    """The picture, its header, the status and the snapshot all report the outage."""
    with (
        RtspCamera() as camera,
        Stack(tmp_path, CAMERA_RTSP_URL=camera.url, CAMERA_DECODER=decoder, CAMERA_STALL_SECONDS="2") as stack,
        Viewer(stack.stream_port) as viewer,
    ):
        wait_until(lambda: len(viewer.parts) > 10, "pictures arrive", 20)
        size = viewer.parts[-1].picture.shape
        act(camera)
        wait_until(lambda: not viewer.parts[-1].is_live, "the picture is marked", 8)
        wait_until(lambda: stack.status()["state"] in ("stalled", "offline"), "the status reports it", 2)
        assert stack.status()["last_error"]
        assert not stack.status()["is_streaming"]
        assert "detail" in stack.get("/api/camera/snapshot")
        assert viewer.parts[-1].picture.shape == size
        marked = len(viewer.parts)
        wait_until(lambda: len(viewer.parts) >= marked + 2, "the marked picture is repeated", 4)
        undo(camera)
        wait_until(lambda: viewer.parts[-1].is_live, "it is live again", 20)
        assert stack.status()["last_error"] is None
        assert not viewer.ended.is_set(), "the viewer was cut"


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_camera_may_change_its_size_within_one_session(decoder: str, tmp_path: Path) -> None:
    """A night profile, or a setting in the camera's app: no reconnect, and the new size within seconds."""
    with (
        RtspCamera(width=640, height=360) as camera,
        Stack(tmp_path, CAMERA_RTSP_URL=camera.url, CAMERA_DECODER=decoder) as stack,
        Viewer(stack.stream_port) as viewer,
    ):
        wait_until(lambda: len(viewer.parts) > 10, "pictures arrive", 20)
        camera.resize(320, 240)
        wait_until(lambda: viewer.parts[-1].picture.shape[:2] == (240, 320), "the new size is seen", 10)
        wait_until(lambda: (stack.status()["width"], stack.status()["height"]) == (320, 240), "the status has it", 3)
        assert all(part.is_live for part in viewer.parts)
        assert camera.total_sessions == 1


def test_a_replacement_camera_at_the_same_address_is_shown(tmp_path: Path) -> None:
    """The camera was replaced, or reset to another size, during an outage."""
    with (
        RtspCamera(width=640, height=360) as camera,
        Stack(tmp_path, CAMERA_RTSP_URL=camera.url) as stack,
        Viewer(stack.stream_port) as viewer,
    ):
        wait_until(lambda: len(viewer.parts) > 10, "pictures arrive", 20)
        camera.kill()
        with RtspCamera(port=camera.port, width=320, height=240):
            wait_until(lambda: viewer.parts[-1].picture.shape[:2] == (240, 320), "the new size is seen", 20)
            wait_until(lambda: viewer.parts[-1].is_live, "live", 5)
