"""Reports that wait: of each camera they are joined, however the cameras alternate."""

from datetime import UTC, datetime

from services.archiver.base.clock_doubt import Reading
from services.archiver.db.held_reports import MOST_SETTINGS, HeldReports
from services.archiver.db.intervals import GapReason, Missed, Stretch
from services.archiver.db.report_queue import ReportQueue
from services.archiver.db.slot_report import SlotReport
from shared.clock import NS_PER_SECOND

DAY_SECONDS = 86_400


def report(camera_key: str, hour: int, interval_seconds: int = 3600) -> SlotReport:
    """Of the hour's slot, which was missed."""
    stretch = Stretch(hour * 3600, (hour + 1) * 3600)
    missed = Missed(stretch, GapReason.NO_FRESH_PICTURE.value)
    at = datetime(2026, 11, 26, tzinfo=UTC)
    return SlotReport(camera_key, camera_key, interval_seconds, stretch.start, stretch.end, at, (missed,))


def taken(queue: ReportQueue) -> list[SlotReport]:
    return list(iter(queue.take, None))


def test_cameras_that_alternate_for_weeks_take_a_report_each() -> None:
    """While the database is away, or the clock in doubt."""
    queue = ReportQueue(1000)
    for hour in range(1000):
        for camera_key in ("porch", "attic", "yard"):
            queue.add(report(camera_key, hour))
    assert len(queue) == 3
    for each in taken(queue):
        assert (each.since, each.until, len(each.missed)) == (0, 1000 * 3600, 1)


def test_a_cameras_reports_keep_their_order_and_none_is_joined_to_the_one_that_is_being_written() -> None:
    """It may have been written when it comes back."""
    queue = ReportQueue(1000)
    queue.add(report("porch", 0))
    first = queue.take()
    assert first is not None
    queue.add(report("porch", 1))
    queue.add(report("porch", 2, interval_seconds=900))
    queue.put_back(first)
    assert [(each.since, each.interval_seconds) for each in taken(queue)] == [(0, 3600), (3600, 3600), (7200, 900)]


def test_a_full_queue_still_joins() -> None:
    """What there is no room for is told by a later report, without its reasons."""
    queue = ReportQueue(1)
    for camera_key in ("porch", "attic"):
        queue.add(report(camera_key, 0))
    queue.add(report("porch", 1))
    assert [each.until for each in taken(queue)] == [7200]


def test_a_doubt_of_weeks_with_several_cameras_takes_a_report_for_each() -> None:
    """Joined by the setting of the clock; those of another setting are dropped when the clock is right."""
    held, right = HeldReports(), Reading(0, 10**18)
    wrong = Reading(0, 10**18 + DAY_SECONDS * NS_PER_SECOND)
    held.hold(report("porch", 0), wrong)
    for hour in range(1000):
        for camera_key in ("porch", "attic"):
            held.hold(report(camera_key, hour), right)
    assert [(each.camera_key, each.until) for each in held.release(right)] == [
        ("porch", 1000 * 3600),
        ("attic", 1000 * 3600),
    ]
    assert list(held.release(right)) == []


def test_a_clock_that_is_set_all_the_time_takes_no_more_memory() -> None:
    """A time service and a program that disagree set it back and forth."""
    held = HeldReports()
    for number in range(10 * MOST_SETTINGS):
        held.hold(report("porch", number), Reading(0, number * DAY_SECONDS * NS_PER_SECOND))
    assert len(held._held) == MOST_SETTINGS
