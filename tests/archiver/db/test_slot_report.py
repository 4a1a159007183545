"""Reports that wait for the database are joined, so that an outage takes one place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.archiver.db.intervals import Missed, Stretch
from services.archiver.db.slot_report import MOST_MISSED, SlotReport

AT = datetime(2026, 11, 22, 14, tzinfo=UTC)
REPORT = SlotReport("camera_1", "Porch", 60, 0, 60, AT, (Missed(Stretch(0, 60), "camera offline", "first words"),))


def test_two_reports_of_a_camera_cover_both_stretches_with_the_later_name_and_time() -> None:
    """An outage that goes on is one, with the words it began with."""
    later = SlotReport(
        "camera_1",
        "Door",
        60,
        0,
        120,
        AT + timedelta(minutes=1),
        (Missed(Stretch(60, 120), "camera offline", "other words"),),
    )
    assert REPORT.joined(later) == SlotReport(
        "camera_1",
        "Door",
        60,
        0,
        120,
        AT + timedelta(minutes=1),
        (Missed(Stretch(0, 120), "camera offline", "first words"),),
    )


def test_another_camera_interval_or_activity_is_another_report() -> None:
    """They mean other slots."""
    for other in (
        replace(REPORT, camera_key="camera_2"),
        replace(REPORT, interval_seconds=30),
        replace(REPORT, active=False),
    ):
        assert REPORT.joined(other) is None


def test_a_report_with_very_many_reasons_is_joined_to_no_more() -> None:
    """A camera that changes its state all the time, through a doubt of weeks: to write it would take minutes."""
    one = REPORT
    for number in range(1, MOST_MISSED):
        missed = (Missed(Stretch(60 * number, 60 * number + 60), f"camera {number}"),)
        later = one.joined(replace(REPORT, until=60 * number + 60, missed=missed))
        assert later is not None
        one = later
    assert one.joined(replace(REPORT, missed=())) is None
