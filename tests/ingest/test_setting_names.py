"""Words for the user name the settings that are really in use."""

from services.ingest.setting_names import IN_ENV_FILE, as_file_keys, as_variables
from services.ingest.sources import failure_reasons


def test_in_a_cameras_file_settings_are_called_by_their_keys() -> None:
    """What is not a camera's own setting keeps its name."""
    words = "Set CAMERA_RTSP_URL, or raise CAMERA_OPEN_SECONDS; see CAMERAS_FILE and PICTURE_MAX_PIXELS."
    assert as_file_keys(words) == "Set rtsp_url, or raise open_seconds; see CAMERAS_FILE and PICTURE_MAX_PIXELS."
    assert as_file_keys(failure_reasons.LOGIN_WANTED).endswith("Set rtsp_username and rtsp_password.")


def test_a_refused_password_leads_to_how_the_file_is_quoted() -> None:
    """Docker Compose reads another password from `.env` than is written there, and says so to nobody."""
    words = failure_reasons.refused_login("admin", "S3cr")
    assert as_variables(words) == f"{words} {IN_ENV_FILE}"
    assert as_variables(failure_reasons.NO_ANSWER) == failure_reasons.NO_ANSWER
    assert IN_ENV_FILE not in as_file_keys(words)
