"""In which order a camera is asked to send in other ways."""

from services.ingest.sources.connection_options import Transport
from services.ingest.sources.rtsp.delivery import SILENCE_SECONDS, Delivery, DeliveryPlan

VIDEO_TCP, ALL_TCP = Delivery("tcp"), Delivery("tcp", with_all_streams=True)
VIDEO_UDP, ALL_UDP = Delivery("udp"), Delivery("udp", with_all_streams=True)


def silent_course(plan: DeliveryPlan, *, has_other_streams: bool = True) -> list[Delivery]:
    """What is asked of a camera that never sends."""
    plan.begin()
    course = [plan.current]
    while plan.after_silence(has_other_streams=has_other_streams):
        course.append(plan.current)
    return course


def test_a_silent_camera_is_asked_in_each_way_once() -> None:
    """Where packets get lost on the way, the other transport is the likelier cure; else the sound is."""
    assert silent_course(DeliveryPlan("tcp")) == [VIDEO_TCP, ALL_TCP, VIDEO_UDP, ALL_UDP]
    assert silent_course(DeliveryPlan("udp")) == [VIDEO_UDP, VIDEO_TCP, ALL_TCP, ALL_UDP]
    assert silent_course(DeliveryPlan("tcp"), has_other_streams=False) == [VIDEO_TCP, VIDEO_UDP]


def test_a_camera_at_an_encrypted_address_is_not_asked_for_open_packets() -> None:
    """Unless the user wants them."""
    assert silent_course(DeliveryPlan("tcp", is_encrypted=True)) == [VIDEO_TCP, ALL_TCP]
    assert silent_course(DeliveryPlan("udp", is_encrypted=True))[0] == VIDEO_UDP


def test_a_transport_that_is_refused_is_not_asked_for_again() -> None:
    """With sound it would be refused too."""
    plan = DeliveryPlan("tcp")
    plan.begin()
    assert plan.after_refusal()
    assert plan.current == VIDEO_UDP
    assert not plan.is_as_asked
    plan.begin()
    assert plan.current == VIDEO_UDP, "nor at the next opening"
    assert plan.after_refusal()
    assert not plan.after_refusal()
    plan.begin()
    assert plan.current == VIDEO_TCP, "both are refused, so the wish counts again"


def test_what_worked_is_asked_for_first_and_its_first_silence_is_the_cameras_own() -> None:
    """A camera that stops is not asked in four ways at once; one that is silent twice may have changed."""
    transport: Transport = "tcp"
    plan = DeliveryPlan(transport)
    plan.begin()
    assert plan.silence_seconds(5) == SILENCE_SECONDS
    plan.after_refusal()
    plan.confirm()
    plan.begin()
    assert plan.silence_seconds(5) == 5
    assert silent_course(plan) == [VIDEO_UDP]
    assert silent_course(plan) == [VIDEO_UDP, VIDEO_TCP, ALL_TCP, ALL_UDP]


def test_a_camera_that_was_silent_in_every_way_is_waited_for_at_the_next_opening() -> None:
    """It may only be slow to begin."""
    plan = DeliveryPlan("tcp")
    assert len(silent_course(plan)) == 4
    plan.begin()
    assert plan.current == VIDEO_TCP
    assert plan.silence_seconds(15) == 15
    plan.after_silence(has_other_streams=True)
    assert plan.silence_seconds(15) == SILENCE_SECONDS
