"""Every slot has its frame or its gap, and never both."""

import threading
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from services.archiver.base.capture_rule import ALWAYS, CaptureRule, parse_rule
from services.archiver.db.engine import open_engine, writing
from services.archiver.db.frames import FrameRows
from services.archiver.db.gaps import GapQuery, GapRows
from services.archiver.db.intervals import Missed, Stretch
from services.archiver.db.models import ArchivedFrame, ArchiveGap
from services.archiver.db.slot_report import SlotReport
from tests.archiver.support import AT, SLOT_START, again_while_locked, row

HOUR = 3600


def report(
    until: int,
    *missed: Missed,
    since: int = 0,
    interval_seconds: int = HOUR,
    active: bool = True,
    rule: CaptureRule = ALWAYS,
) -> SlotReport:
    """`since` and `until` in hours from the first slot on."""
    begin, end = SLOT_START + since * HOUR, SLOT_START + until * HOUR
    return SlotReport("camera_1", "Porch", interval_seconds, begin, end, AT, missed, active, rule)


def missed(first: float, last: float, reason: str, detail: str | None = None) -> Missed:
    return Missed(Stretch(SLOT_START + int(first * HOUR), SLOT_START + int(last * HOUR)), reason, detail)


def gaps(gap_rows: GapRows) -> list[tuple[float, float, str]]:
    """In hours from the first slot on."""
    found, _ = gap_rows.gaps(GapQuery())
    return [
        ((gap.start_seconds - SLOT_START) / HOUR, (gap.end_seconds - SLOT_START) / HOUR, gap.reason) for gap in found
    ]


def frame(hour: float, interval_seconds: int = HOUR) -> ArchivedFrame:
    start = SLOT_START + int(hour * HOUR)
    found = row(slot_start=start, captured_at=AT + timedelta(hours=hour))
    found.interval_seconds = interval_seconds
    return found


def test_a_camera_that_was_never_heard_of_owes_nothing(gap_rows: GapRows) -> None:
    """Its first slot is the one that runs when it is found."""
    gap_rows.record(report(0))
    assert gaps(gap_rows) == []
    (camera,) = gap_rows.cameras()
    assert (camera.key, camera.name, camera.interval_seconds, camera.watched) == ("camera_1", "Porch", HOUR, True)


def test_slots_that_ran_while_no_archiver_did_are_one_gap(gap_rows: GapRows) -> None:
    """The next one finds where the last one stopped."""
    gap_rows.record(report(0))
    gap_rows.record(report(1000, since=1000))
    assert gaps(gap_rows) == [(0, 1000, "archiver down")]


def test_frames_and_what_is_missing_between_them_cover_all_time(gap_rows: GapRows, frame_rows: FrameRows) -> None:
    """Neither overlaps the other."""
    gap_rows.record(report(0))
    for hour in (1, 2, 5):
        frame_rows.add(frame(hour))
    gap_rows.record(report(7, missed(0, 1, "camera offline"), missed(6, 7, "disk full")))
    assert gaps(gap_rows) == [(0, 1, "camera offline"), (3, 5, "archiver down"), (6, 7, "disk full")]


def test_a_report_told_again_changes_nothing(gap_rows: GapRows) -> None:
    """Neither by the same archiver nor by another, who may give another reason: the first stays."""
    gap_rows.record(report(0))
    for reason in ("camera offline", "ingest unreachable"):
        gap_rows.record(report(2, missed(0, 2, reason)))
    assert gaps(gap_rows) == [(0, 2, "camera offline")]


def test_an_outage_grows_slot_by_slot_and_stays_one(gap_rows: GapRows) -> None:
    """With the words it began with; another reason begins another."""
    gap_rows.record(report(0))
    for hour in range(5):
        gap_rows.record(report(hour + 1, missed(hour, hour + 1, "camera offline", f"words {hour}")))
    gap_rows.record(report(6, missed(5, 6, "disk full")))
    assert gaps(gap_rows) == [(0, 5, "camera offline"), (5, 6, "disk full")]
    assert gap_rows.gaps(GapQuery())[0][0].detail == "words 0"


def test_a_late_frame_takes_its_slot_out_of_the_gap(gap_rows: GapRows, frame_rows: FrameRows) -> None:
    """As when a file is adopted whose row the database's outage delayed."""
    gap_rows.record(report(0))
    gap_rows.record(report(5, since=5))
    frame_rows.add(frame(2))
    assert gaps(gap_rows) == [(0, 2, "archiver down"), (3, 5, "archiver down")]
    for hour in (0, 1, 4, 3):
        frame_rows.add(frame(hour))
    assert gaps(gap_rows) == []


def test_a_deleted_frame_leaves_a_gap_that_says_so_and_stays(gap_rows: GapRows, frame_rows: FrameRows) -> None:
    """Nobody enters its picture again, however late they are."""
    gap_rows.record(report(0))
    frame_rows.add(frame(0))
    frame_rows.add(frame(1))
    assert frame_rows.delete([1], leave_gaps=True) == [frame(0).path]
    frame_rows.deletions_done([frame(0).path])
    assert not frame_rows.add(frame(0))
    assert frame_rows.is_done("camera_1", SLOT_START)
    gap_rows.record(report(3, missed(0, 1, "camera offline"), missed(2, 3, "camera offline")))
    assert gaps(gap_rows) == [(0, 1, "deleted"), (2, 3, "camera offline")]


def test_a_deleted_hour_does_not_forbid_its_quarters(gap_rows: GapRows, frame_rows: FrameRows) -> None:
    """When the interval is made shorter before the hour is over."""
    frame_rows.add(frame(0))
    frame_rows.delete([1], leave_gaps=True)
    frame_rows.deletions_done([frame(0).path])
    assert frame_rows.add(frame(0.75, HOUR // 4))
    assert not frame_rows.add(frame(0, HOUR // 4))
    assert gaps(gap_rows) == [(0, 0.75, "deleted")]


def test_deletion_without_gaps_leaves_none(gap_rows: GapRows, frame_rows: FrameRows) -> None:
    """What is let go of after years was not missed."""
    frame_rows.add(frame(0))
    frame_rows.delete([1], leave_gaps=False)
    assert gaps(gap_rows) == []


def test_a_camera_that_was_away_on_purpose_owes_nothing_for_it(gap_rows: GapRows) -> None:
    """Disabled or removed, then back."""
    gap_rows.record(report(0))
    gap_rows.record(report(1, active=False))
    gap_rows.record(report(50, since=50))
    gap_rows.record(report(51, since=50))
    assert gaps(gap_rows) == [(0, 1, "archiver down"), (50, 51, "archiver down")]


def test_an_unknown_camera_that_is_disabled_is_not_remembered(gap_rows: GapRows) -> None:
    """There is nothing to miss."""
    gap_rows.record(report(0, active=False))
    assert gap_rows.cameras() == []


def test_a_shorter_interval_confuses_nothing(gap_rows: GapRows, frame_rows: FrameRows) -> None:
    """The frame of the hour stands for its hour until the interval changes, at a quarter to three."""
    quarter = HOUR // 4
    gap_rows.record(report(0))
    frame_rows.add(frame(0))
    change = SLOT_START + 3 * quarter
    gap_rows.record(SlotReport("camera_1", "Porch", quarter, SLOT_START, change, AT))
    gap_rows.record(SlotReport("camera_1", "Porch", quarter, SLOT_START, change + quarter, AT))
    assert gaps(gap_rows) == [(0.75, 1, "archiver down")]
    frame_rows.add(frame(0.75, quarter))
    assert gaps(gap_rows) == []


def test_a_longer_interval_confuses_nothing(gap_rows: GapRows, frame_rows: FrameRows) -> None:
    """The hour that runs at the change has a picture of one of its quarters."""
    quarter = HOUR // 4
    begin = SLOT_START
    gap_rows.record(SlotReport("camera_1", "Porch", quarter, begin, begin, AT))
    frame_rows.add(frame(0.25, quarter))
    gap_rows.record(SlotReport("camera_1", "Porch", quarter, begin, begin + 2 * quarter, AT))
    gap_rows.record(report(0))
    gap_rows.record(report(2))
    assert gaps(gap_rows) == [(0, 0.25, "archiver down"), (1, 2, "archiver down")]


def test_archivers_at_once_make_no_gap_twice(gap_rows: GapRows, database_url: str) -> None:
    """Their transactions come one after the other."""
    gap_rows.record(report(0))

    def work(number: int) -> None:
        engine = open_engine(database_url)
        own, frames = GapRows(engine), FrameRows(engine)
        for hour in range(8):
            if hour % 2:
                again_while_locked(partial(frames.add, frame(hour)))
            again_while_locked(partial(own.record, report(hour + 1, missed(hour, hour + 1, f"reason {number}"))))
        engine.dispose()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert [(begin, end) for begin, end, _ in gaps(gap_rows)] == [(0, 1), (2, 3), (4, 5), (6, 7)]


def test_pages_of_gaps_lead_through_all_of_a_stretch(gap_rows: GapRows, frame_rows: FrameRows) -> None:
    """Oldest first; a gap that reaches into the stretch belongs to it."""
    gap_rows.record(report(0))
    for hour in (1, 3, 5, 7):
        frame_rows.add(frame(hour))
    gap_rows.record(report(9))
    seen, after = [], None
    while True:
        query = GapQuery("camera_1", SLOT_START + 2 * HOUR + 1, SLOT_START + 8 * HOUR, after, limit=1)
        found, after = gap_rows.gaps(query)
        seen += [(gap.start_seconds - SLOT_START) // HOUR for gap in found]
        if after is None:
            break
    assert seen == [2, 4, 6]


def test_what_is_not_due_is_no_gap_however_long_nobody_looked(gap_rows: GapRows, frame_rows: FrameRows) -> None:
    """The first slot begins at 14:00 on a Sunday; from 6 to 20 in Berlin is from 5 to 19 in UTC."""
    rule = parse_rule("06:00-20:00", ZoneInfo("Europe/Berlin"), None)
    gap_rows.record(report(0, rule=rule))
    frame_rows.add(frame(1))
    gap_rows.record(report(48, missed(2, 3, "camera offline"), rule=rule))
    assert gaps(gap_rows) == [
        (0, 1, "archiver down"),
        (2, 3, "camera offline"),
        (3, 5, "archiver down"),
        (15, 29, "archiver down"),
        (39, 48, "archiver down"),
    ]


def test_a_slot_of_which_a_moment_is_due_is_owed(gap_rows: GapRows) -> None:
    """Hours need not begin with a slot."""
    gap_rows.record(report(0))
    gap_rows.record(report(24, rule=parse_rule("15:50-16:10", ZoneInfo("UTC"), None)))
    assert gaps(gap_rows) == [(1, 3, "archiver down")]


def test_many_gaps_come_joined_with_their_number(gap_rows: GapRows, engine: Engine) -> None:
    """Those that begin in the same hour are one; deleted pictures are apart; pages lead through all, none twice."""
    minutes = [(n * 120, n * 120 + 60, "camera offline") for n in range(90)]
    rows = [*minutes, (60, 120, "deleted"), (180, 240, "disk full"), (12_600, 19_800, "disk full")]
    with writing(engine) as session:
        for begin, end, reason in rows:
            session.add(
                ArchiveGap(
                    camera_key="camera_1",
                    start_seconds=SLOT_START + begin,
                    end_seconds=SLOT_START + end,
                    interval_seconds=60,
                    reason=reason,
                )
            )
    query = GapQuery("camera_1", SLOT_START, SLOT_START + 24 * HOUR, limit=2)
    first, following = gap_rows.joined(query, HOUR)
    assert [(each.gaps, each.slots, each.missing_seconds, each.reason) for each in first] == [
        (31, 31, 1860, "camera offline"),
        (1, 1, 60, "deleted"),
        (30, 30, 1800, "camera offline"),
    ]
    assert following == SLOT_START + 2 * HOUR
    rest, last = gap_rows.joined(GapQuery("camera_1", SLOT_START, None, (following, 0)), HOUR)
    assert [((each.start - SLOT_START) / HOUR, each.gaps, each.slots) for each in rest] == [(2, 30, 30), (3.5, 1, 120)]
    assert last is None
    assert [each.gaps for each in gap_rows.joined(GapQuery(), 400 * 24 * HOUR)[0]] == [92, 1]
