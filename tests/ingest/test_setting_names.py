"""Words for the user name the settings that are really in use."""

from services.ingest.setting_names import as_file_keys
from services.ingest.sources import failure_reasons


def test_in_a_cameras_file_settings_are_called_by_their_keys() -> None:
    """What is not a camera's own setting keeps its name."""
    words = "Set CAMERA_RTSP_URL, or raise CAMERA_OPEN_SECONDS; see CAMERAS_FILE and PICTURE_MAX_PIXELS."
    assert as_file_keys(words) == "Set rtsp_url, or raise open_seconds; see CAMERAS_FILE and PICTURE_MAX_PIXELS."
    assert as_file_keys(failure_reasons.LOGIN_WANTED).endswith("Set rtsp_username and rtsp_password.")
