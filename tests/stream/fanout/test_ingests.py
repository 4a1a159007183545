"""What a replica concludes from what the ingests say of themselves."""

from services.stream.fanout.cameras import Cameras
from services.stream.fanout.ingests import MAX_INGESTS, REFUSAL_SECONDS, Ingests
from shared.bus.ingest_report import IngestReport
from shared.bus.status import CameraState
from tests.support.bus import status_of


def test_the_cameras_are_known_while_every_address_is_heard() -> None:
    """An ingest that is silent may have more of them."""
    ingests = Ingests(2)
    ingests.hear(IngestReport(ingest="a", cameras=("one",)), 10.0)
    assert ingests.named_cameras(10.0) is None
    ingests.hear(IngestReport(ingest="b", cameras=("two", "three")), 11.0)
    assert ingests.named_cameras(11.0) == frozenset({"one", "two", "three"})
    assert ingests.named_cameras(12.5) is None


def test_a_refusal_is_shown_until_an_ingest_runs_or_for_a_while() -> None:
    """Between two attempts it is silent for some seconds."""
    ingests = Ingests(1)
    refused = IngestReport(ingest="a", refusal="CAMERA_FPS is '0'.")
    ingests.hear(refused, 10.0)
    assert ingests.named_cameras(10.0) is None
    assert ingests.refusal(10.0 + REFUSAL_SECONDS - 1) == "CAMERA_FPS is '0'."
    assert ingests.refusal(10.0 + REFUSAL_SECONDS) is None
    ingests.hear(refused, 50.0)
    ingests.hear(IngestReport(ingest="b", cameras=("one",)), 51.0)
    assert ingests.refusal(51.0) is None


def test_the_number_of_ingests_is_bounded() -> None:
    """Whoever can forge a report could name ever new ones."""
    ingests = Ingests(1)
    for number in range(MAX_INGESTS + 5):
        ingests.hear(IngestReport(ingest=f"i{number}", cameras=(f"cam{number}",)), 10.0)
    assert len(ingests.named_cameras(10.0) or ()) == MAX_INGESTS


def test_a_silent_camera_that_no_ingest_names_is_gone_and_the_default_is_a_living_one() -> None:
    """From one camera in the settings to a file of several: the first one is no more."""
    cameras = Cameras()
    cameras.hear(status_of("camera_1"), 10.0)
    cameras.hear(status_of("garden"), 11.0)
    assert not cameras.forget_unnamed({"garden"}, 11.0), "it speaks"
    cameras.hear(status_of("garden"), 13.0)
    assert cameras.forget_unnamed({"garden"}, 13.0)
    assert [camera.status.camera for camera in cameras.in_order()] == ["garden"]
    assert cameras.default_key() == "garden"
    gone = cameras.get("camera_1")
    assert gone is not None
    assert gone.status.state is CameraState.REMOVED
    problem = gone.problem(20.0)
    assert problem is not None
    assert problem.headline == "The camera was removed"
    assert not cameras.forget_unnamed({"garden"}, 14.0), "once is enough"


def test_a_silent_camera_that_is_named_stays() -> None:
    """Its process may hang; ingest ends it then."""
    cameras = Cameras()
    cameras.hear(status_of("camera_1"), 10.0)
    assert not cameras.forget_unnamed({"camera_1"}, 30.0)
    assert [camera.status.camera for camera in cameras.in_order()] == ["camera_1"]
