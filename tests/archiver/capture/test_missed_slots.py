"""Which slots are reported as missed, and with which reason."""

from datetime import UTC, datetime

from services.archiver.capture.camera_presence import CameraPresence
from services.archiver.capture.missed_slots import MissedSlots
from services.archiver.capture.slots import Slot
from services.archiver.db.intervals import GapReason, Missed, Stretch
from services.archiver.db.slot_report import SlotReport
from shared.bus.status import CameraState
from tests.archiver.capture.clock import FakeClock
from tests.support.bus import status_of

AT = datetime(2026, 11, 22, 14, tzinfo=UTC)
START = int(AT.timestamp())


class Reports(list[SlotReport]):
    """The reports of a camera whose slots are minutes."""

    def __init__(self) -> None:
        self.time = FakeClock(AT)
        self.presence = CameraPresence("camera_1", self.time.clock, self.time.clock.monotonic, lambda: 0.0)
        self.missed_slots = MissedSlots(self.presence, self.append)
        self.hear(CameraState.LIVE)

    def hear(self, state: CameraState, last_error: str | None = None) -> None:
        sent_at_ns = self.time.clock.utc_ns()
        self.presence.hear(
            status_of("camera_1", state, last_error=last_error, capture_interval_seconds=60, sent_at_ns=sent_at_ns)
        )

    def minute(self, number: int, *, missed: bool = False) -> None:
        """That minute's slot begins; `missed`: the one before got no picture."""
        before = Slot(START + (number - 1) * 60, 60) if missed else None
        self.missed_slots.slot_began(Slot(START + number * 60, 60), before)


def test_slots_with_pictures_are_covered_and_none_is_missed() -> None:
    """From the first slot on, up to the one that runs."""
    reports = Reports()
    for number in range(3):
        reports.minute(number)
    assert [(report.since - START, report.until - START, report.missed) for report in reports] == [
        (0, 0, ()),
        (0, 60, ()),
        (0, 120, ()),
    ]


def test_an_obstacle_goes_before_the_cameras_own_reason_and_holds_for_one_slot() -> None:
    """The picture came, but could not be archived; the next slot has reasons of its own."""
    reports = Reports()
    reports.minute(0)
    reports.hear(CameraState.OFFLINE, "no route to host")
    reports.missed_slots.note_presence()
    reports.missed_slots.note_obstacle(GapReason.DISK_FULL)
    reports.minute(1, missed=True)
    reports.minute(2, missed=True)
    assert [report.missed for report in reports[1:]] == [
        (Missed(Stretch(START, START + 60), "disk full"),),
        (Missed(Stretch(START + 60, START + 120), "camera offline", "no route to host"),),
    ]


def test_a_camera_that_came_back_too_late_still_explains_the_slot() -> None:
    """Its last reason within the slot counts, even if it is live when the slot ends."""
    reports = Reports()
    reports.minute(0)
    reports.hear(CameraState.OFFLINE, "no route to host")
    reports.missed_slots.note_presence()
    reports.hear(CameraState.LIVE)
    reports.missed_slots.note_presence()
    reports.minute(1, missed=True)
    assert [missed.reason for missed in reports[-1].missed] == ["camera offline"]


def test_a_slot_cut_short_by_another_interval_is_missed_only_until_then() -> None:
    """The new interval's slot begins within it."""
    reports = Reports()
    reports.missed_slots.slot_began(Slot(START, 3600), None)
    reports.missed_slots.slot_began(Slot(START + 1800, 600), Slot(START, 3600))
    assert [missed.stretch for missed in reports[-1].missed] == [Stretch(START, START + 1800)]


def test_a_camera_that_leaves_is_reported_inactive_and_begins_afresh() -> None:
    """The time in between is covered by nobody."""
    reports = Reports()
    reports.minute(0)
    reports.missed_slots.camera_left(Slot(START, 60))
    reports.minute(50)
    assert [(report.active, report.since - START, report.until - START) for report in reports] == [
        (True, 0, 0),
        (False, 0, 0),
        (True, 3000, 3000),
    ]


def test_a_camera_without_a_status_for_a_week_is_not_reported_any_more() -> None:
    """It was probably removed. What was missed is reported when it is back."""
    reports = Reports()
    reports.minute(0)
    reports.time.advance(8 * 24 * 3600)
    reports.minute(1, missed=True)
    assert len(reports) == 1
    reports.hear(CameraState.LIVE)
    reports.minute(2)
    assert len(reports[-1].missed) == 1


def test_a_new_camera_is_not_covered_since_1970_because_the_clock_was() -> None:
    """Nor since 2036. It is covered since it was found, by the clock as it is set now."""
    for wrong in (datetime(1970, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)):
        reports = Reports()
        reports.time.set_wall(wrong)
        start = int(wrong.timestamp())
        reports.missed_slots.slot_began(Slot(start, 60), None)
        reports.time.advance(120)
        reports.time.set_wall(AT)
        reports.hear(CameraState.LIVE)
        reports.minute(0)
        assert (reports[-1].since, reports[-1].until) == (START - 120, START)
