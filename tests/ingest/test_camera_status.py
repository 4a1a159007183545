"""A camera's status, put together."""

from services.ingest.camera_state import CameraCondition, SourceFacts
from services.ingest.camera_status import camera_status
from services.ingest.settings import CameraSettings
from shared.bus.status import CameraState


def test_words_from_outside_are_cut_to_what_a_status_holds() -> None:
    """A camera's answer, or a mistake in a file repeated, of any length must not end what tells of it."""
    condition = CameraCondition(CameraState.OFFLINE, 0, last_error="e" * 5000)
    status = camera_status(CameraSettings(), 0, condition, facts=SourceFacts(notice="f" * 5000), notices=("n" * 5000,))
    assert status.last_error == "e" * 1000
    assert status.notices == ("n" * 1000, "f" * 1000)
