"""What a replica concludes from what the ingests say of themselves."""

from services.stream.fanout.cameras import Cameras
from services.stream.fanout.ingests import MAX_INGESTS, REFUSAL_SECONDS, REPORT_SECONDS, STEADY_SECONDS, Ingests
from shared.bus.ingest_report import IngestReport
from shared.bus.status import CameraState
from tests.support.bus import status_of

ADDRESSES = [f"tcp://10.0.0.{number}:5555" for number in (1, 2, 3)]


def test_an_address_given_twice_is_one_ingest() -> None:
    """A second one was waited for, so no camera was ever gone."""
    ingests = Ingests(f"{ADDRESSES[0]}, {ADDRESSES[0]}")
    _hear_each_second(ingests, 10.0, STEADY_SECONDS, IngestReport(ingest="a", cameras=("one",)))
    assert ingests.named_cameras(10.0 + STEADY_SECONDS) == frozenset({"one"})


def test_the_cameras_are_known_while_every_address_is_heard() -> None:
    """An ingest that is silent may have more of them."""
    ingests = Ingests(",".join(ADDRESSES[:2]))
    one, others = IngestReport(ingest="a", cameras=("one",)), IngestReport(ingest="b", cameras=("two", "three"))
    for second in range(4):
        ingests.hear(one, 10.0 + second)
        assert ingests.named_cameras(10.0 + second) is None
    _hear_each_second(ingests, 14.0, STEADY_SECONDS, one, others)
    assert ingests.named_cameras(14.0 + STEADY_SECONDS) == frozenset({"one", "two", "three"})
    assert ingests.named_cameras(14.0 + STEADY_SECONDS + REPORT_SECONDS) is None


def _hear_each_second(ingests: Ingests, start: float, seconds: float, *reports: IngestReport) -> None:
    for second in range(int(seconds) + 1):
        for report in reports:
            ingests.hear(report, start + second)


def test_an_ingest_that_was_started_anew_is_not_two() -> None:
    """The cameras of the other one, which is cut off, were removed."""
    ingests = Ingests(",".join(ADDRESSES[:2]))
    for run in range(20):
        ingests.hear(IngestReport(ingest=f"a{run}", cameras=("one", f"more{run}")), 10.0 + run)
        assert ingests.named_cameras(10.0 + run) is None


def test_an_ingest_that_was_started_anew_with_other_cameras_is_not_two_for_long() -> None:
    """Its last report from before is heard for a while beside the new ones."""
    ingests = Ingests(",".join(ADDRESSES[:2]))
    ingests.hear(IngestReport(ingest="a", cameras=("camera_1",)), 10.0)
    for second in range(20):
        ingests.hear(IngestReport(ingest="b", cameras=("garden",)), 11.0 + second)
        assert ingests.named_cameras(11.0 + second) is None


def test_a_refusal_is_shown_until_an_ingest_runs_or_for_a_while() -> None:
    """Between two attempts it is silent for some seconds."""
    ingests = Ingests(ADDRESSES[0])
    refused = IngestReport(ingest="a", refusal="CAMERA_FPS is '0'.")
    ingests.hear(refused, 10.0)
    assert ingests.named_cameras(10.0) is None
    assert ingests.refusal(10.0 + REFUSAL_SECONDS - 1) == "CAMERA_FPS is '0'."
    assert ingests.refusal(10.0 + REFUSAL_SECONDS) is None
    ingests.hear(refused, 50.0)
    ingests.hear(IngestReport(ingest="b", cameras=("one",)), 51.0)
    assert ingests.refusal(51.0) is None


def test_a_refusal_stays_while_another_ingest_runs_and_blames_its_own_cameras() -> None:
    """Each report of the running one took it away, and the next of the refused one brought it back."""
    ingests = Ingests(",".join(ADDRESSES[:2]))
    refused = IngestReport(ingest="b", refusal="CAMERA_FPS is '0'.")
    for now in (10.0, 11.0, 12.0):
        ingests.hear(refused, now)
        assert ingests.refusal(now) == "CAMERA_FPS is '0'."
        ingests.hear(IngestReport(ingest="a", cameras=("one",)), now + 0.5)
        assert ingests.refusal(now + 0.5) == "CAMERA_FPS is '0'."
    assert ingests.refusal_of("two", 12.5) == "CAMERA_FPS is '0'."
    assert ingests.refusal_of("one", 12.5) is None, "its ingest runs, and its process hangs"
    ingests.hear(IngestReport(ingest="c", cameras=("two",)), 13.0)
    assert ingests.refusal(13.0) is None, "all run"
    assert ingests.refusal(16.0) is None, "it was mended, and all have fallen silent"


def test_a_camera_that_may_be_of_another_silent_ingest_is_not_blamed_on_a_setting() -> None:
    """Of three ingests the first runs, the second refuses, and the third is cut off."""
    ingests = Ingests(",".join(ADDRESSES))
    ingests.hear(IngestReport(ingest="a", cameras=("one",)), 10.0)
    ingests.hear(IngestReport(ingest="b", refusal="CAMERA_FPS is '0'."), 10.0)
    assert ingests.refusal(10.5) == "CAMERA_FPS is '0'."
    assert ingests.refusal_of("three", 10.5) is None


def test_two_refusals_are_told_together_and_in_one_order() -> None:
    """One of them after the other would be redrawn each second. A mended one gives way to the next."""
    ingests = Ingests(",".join(ADDRESSES[:2]))
    for now in (10.0, 11.0):
        ingests.hear(IngestReport(ingest="a", refusal="First."), now)
        ingests.hear(IngestReport(ingest="b", refusal="Second."), now + 0.5)
        assert ingests.refusal(now + 0.5) == "First. Second."
    ingests.hear(IngestReport(ingest="c", refusal="Third."), 12.0)
    assert ingests.refusal(12.0) == "Second. Third."


def test_the_number_of_ingests_is_bounded() -> None:
    """Whoever can forge a report could name ever new ones."""
    ingests = Ingests(ADDRESSES[0])
    many = [IngestReport(ingest=f"i{number}", cameras=(f"cam{number}",)) for number in range(MAX_INGESTS + 5)]
    _hear_each_second(ingests, 10.0, STEADY_SECONDS, *many)
    assert len(ingests.named_cameras(10.0 + STEADY_SECONDS) or ()) == MAX_INGESTS


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
