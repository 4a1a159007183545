"""A camera's status, put together."""

from services.ingest.camera.state import ObservedState
from services.ingest.camera_status import Measurements, camera_status
from services.ingest.settings import CameraSettings
from shared.bus.status import CameraState, decode_status, encode_status


def test_words_from_outside_are_cut_to_what_a_status_holds() -> None:
    """A camera's answer, or a long mistake in a file, must not stop the status that reports it."""
    observed = ObservedState(CameraState.OFFLINE, 0, last_error="e" * 5000)
    status = camera_status(CameraSettings(), 0, observed, ("n" * 5000, "f" * 5000))
    assert status.last_error == "e" * 1000
    assert status.notices == ("n" * 1000, "f" * 1000)


def test_a_status_says_how_the_address_was_understood() -> None:
    """Whoever wrote it sees whether that is what was meant."""
    camera = CameraSettings.model_validate({"rtsp_url": "admin:s3cret@192.168.1.5/live"})
    (notice,) = camera_status(camera, 0, ObservedState(CameraState.OFFLINE, 0)).notices
    assert "rtsp://192.168.1.5/live" in notice
    assert "s3cret" not in notice


def test_a_status_carries_settings_state_and_measurements() -> None:
    """Each in its own member, and the other services can read it."""
    camera = CameraSettings(device_key="door", widths="640,320", capture_interval=60)
    observed = ObservedState(CameraState.LIVE, 5, reconnects=2, width=64, height=48)
    measurements = Measurements(fps=12.5, codec="hevc", bits_per_second=1000, viewer_count=3)
    status = decode_status(encode_status(camera_status(camera, 1, observed, measurements=measurements)))
    assert (status.camera, status.name, status.order, status.is_default) == ("door", "Door", 1, False)
    assert (status.source, status.widths, status.capture_interval_seconds) == ("demo", (320, 640), 60)
    assert (status.state, status.since_ns, status.reconnects) == (CameraState.LIVE, 5, 2)
    assert (status.width, status.height) == (64, 48)
    assert (status.fps, status.codec, status.bits_per_second, status.viewer_count) == (12.5, "hevc", 1000, 3)
