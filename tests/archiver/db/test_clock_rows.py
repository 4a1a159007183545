"""What becomes of rows when the clock was wrong: in one boot they are put right, and later they stay, marked."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from services.archiver.base.clock_doubt import DoubtKind
from services.archiver.base.trusted_clock import TrustedClock
from services.archiver.db.camera_changes import CameraChanges
from services.archiver.db.clock_leftovers import ClockLeftovers
from services.archiver.db.clock_rows import ClockRows, new_row
from services.archiver.db.engine import writing
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.gaps import GapQuery, GapRows, insert_gap
from services.archiver.db.intervals import GapReason, Missed, Stretch
from services.archiver.db.models import ArchiveCamera, ArchivedFrame, ArchiveGap, FrameKind
from services.archiver.db.recovery import Recovery
from services.archiver.db.slot_report import SlotReport
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.paths import FrameName
from services.archiver.files.webp import Label, WebpOptions, encode_webp, read_webp
from tests.archiver.clock.world import World, capture, save
from tests.support.archive import picture_of

NOW = datetime(2026, 11, 26, 12, 0, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
IN_1970 = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)


def judged(engine: Engine, world: World) -> tuple[TrustedClock, ClockRows]:
    """Of an archiver that has just started."""
    clock = world.trusted_clock()
    rows = ClockRows(engine, clock)
    rows.load()
    return clock, rows


def listed(frame_rows: FrameRows, *, doubtful: bool = False) -> list[datetime]:
    return [row.captured_at for row in frame_rows.page(FrameQuery(limit=500, doubtful=doubtful))[0]]


@pytest.fixture
def world() -> World:
    return World(NOW)


def test_a_computer_that_begins_in_1970_has_its_frames_dated_when_its_clock_is_set(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """In the order of their capture, under the paths they have, and without a step's width between them."""
    world = World(IN_1970)
    clock, rows = judged(engine, world)
    captured = []
    for _ in range(3):
        captured.append(capture(clock, frame_files, frame_rows))
        world.advance(HOUR)
    assert listed(frame_rows) == []
    assert frame_rows.latest(None) is not None, "there is no other"
    world.set(NOW)
    assert clock.doubt() is None
    assert rows.settle() == 3
    assert listed(frame_rows) == [NOW - HOUR, NOW - 2 * HOUR, NOW - 3 * HOUR]
    for row, before in zip(reversed(frame_rows.page(FrameQuery())[0]), captured, strict=True):
        assert (row.path, row.sha256) == (before.path, before.sha256)
        assert row.slot_start == int(row.captured_at.timestamp()) // 3600 * 3600


def test_ten_years_ahead_for_a_moment_leave_nothing_behind(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, world: World
) -> None:
    """No witness is needed: the clock is again as it was when it was right."""
    clock, rows = judged(engine, world)
    capture(clock, frame_files, frame_rows)
    world.advance(HOUR)
    world.set(world.at + timedelta(days=3652))
    doubt = clock.doubt()
    assert doubt is not None
    assert doubt.kind is DoubtKind.STEP
    capture(clock, frame_files, frame_rows)
    assert listed(frame_rows) == [NOW]
    latest = frame_rows.latest("camera_1")
    assert latest is not None
    assert latest.captured_at == NOW
    world.advance(HOUR)
    world.set(world.at - timedelta(days=3652))
    assert clock.doubt() is None
    assert rows.settle() == 1
    assert listed(frame_rows) == [NOW + HOUR, NOW]


def test_a_doubt_outlives_the_archiver_and_ends_for_good(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, world: World
) -> None:
    """In the database: a restart neither ends it nor brings it back."""
    clock, _ = judged(engine, world)
    capture(clock, frame_files, frame_rows)
    world.reboot()
    world.set(NOW + timedelta(days=730))
    for _ in range(2):
        clock, rows = judged(engine, world)
        doubt = clock.doubt()
        assert doubt is not None
        assert doubt.kind is DoubtKind.LATE
        capture(clock, frame_files, frame_rows)
        world.advance(HOUR)
    clock.confirm()
    rows.settle()
    assert len(listed(frame_rows)) == 3
    for _ in range(2):
        clock, _ = judged(engine, world)
        assert clock.doubt() is None
        world.reboot()
        world.advance(HOUR)


def test_after_a_reboot_frames_of_a_wrong_clock_stay_and_stay_marked(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, world: World
) -> None:
    """Nobody knows how long the computer was off."""
    clock, _ = judged(engine, world)
    capture(clock, frame_files, frame_rows)
    world.reboot()
    world.set(NOW - timedelta(days=100))
    clock, _ = judged(engine, world)
    assert clock.doubt() is not None
    wrong = capture(clock, frame_files, frame_rows)
    world.reboot()
    world.set(NOW + HOUR)
    clock, rows = judged(engine, world)
    assert clock.doubt() is None
    assert rows.settle() == 0
    assert listed(frame_rows) == [NOW]
    assert listed(frame_rows, doubtful=True) == [NOW - timedelta(days=100)]
    found = frame_rows.by_path(wrong.path)
    assert found is not None
    assert found.captured_at == wrong.captured_at


def test_a_frame_of_a_doubted_boot_is_no_evidence(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, world: World
) -> None:
    """A clock that is two years ahead at each start must not be believed at the second one."""
    clock, _ = judged(engine, world)
    capture(clock, frame_files, frame_rows)
    world.set(NOW + timedelta(days=730))
    for _ in range(3):
        world.reboot()
        world.advance(HOUR)
        clock, _ = judged(engine, world)
        assert clock.doubt() is not None
        capture(clock, frame_files, frame_rows)


def test_a_slot_that_has_its_frame_keeps_it(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, world: World
) -> None:
    """The other one is dated, too, and both are there."""
    clock, rows = judged(engine, world)
    capture(clock, frame_files, frame_rows)
    world.advance(timedelta(minutes=5))
    world.set(IN_1970)
    capture(clock, frame_files, frame_rows)
    world.advance(timedelta(minutes=5))
    world.set(NOW + timedelta(minutes=10))
    rows.settle()
    assert listed(frame_rows) == [NOW + timedelta(minutes=5), NOW]
    assert [row.slot_start is None for row in frame_rows.page(FrameQuery())[0]] == [True, False]


def test_a_frame_that_was_dated_anew_makes_way_for_the_slots_own(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """Both have their rows: a file without one would be adopted again and again."""
    world = World(IN_1970)
    clock, rows = judged(engine, world)
    old = capture(clock, frame_files, frame_rows)
    world.advance(timedelta(seconds=1))
    world.set(NOW)
    assert rows.settle() == 1
    own = capture(clock, frame_files, frame_rows)
    assert own.path != old.path
    assert listed(frame_rows) == [NOW, NOW - timedelta(seconds=1)]


def test_the_file_says_when_it_was_captured_by_the_clock_that_never_jumps(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, world: World
) -> None:
    """So that a row which is made from it again can be put right, too."""
    clock, _ = judged(engine, world)
    row = capture(clock, frame_files, frame_rows)
    moment = read_webp(frame_files.image(row)).moment
    assert moment is not None
    assert (row.boot_id, row.boot_ns) == (moment.boot_id, moment.boot_ns) == (clock.boot_id, 3600 * 10**9)


def old_rows(engine: Engine, frame_rows: FrameRows, years: list[int]) -> None:
    """As a version without doubts left them: no boot, no mark."""
    for year in years:
        at = datetime(year, 1, 2, 3, tzinfo=UTC)
        start = int(at.timestamp())
        frame_rows.add(
            ArchivedFrame(
                camera_key="camera_1",
                slot_start=start,
                interval_seconds=3600,
                captured_at=at,
                path=f"camera_1/{year}/01/02/camera_1_{year}0102T030000Z.webp",
                width=64,
                height=48,
                bytes=1000,
                sha256="0" * 64,
                created_at=at,
            )
        )
    with Session(engine) as session:
        begin, end = 3600, int((NOW - HOUR).timestamp())
        session.add(
            ArchiveGap(
                camera_key="camera_1",
                start_seconds=begin,
                end_seconds=end,
                interval_seconds=3600,
                reason="archiver down",
            )
        )
        begin, end = (
            int((NOW - 5 * HOUR).timestamp()) // 3600 * 3600 + 3600 * 10,
            int(datetime(2036, 1, 1, tzinfo=UTC).timestamp()),
        )
        session.add(
            ArchiveGap(
                camera_key="camera_1",
                start_seconds=begin,
                end_seconds=end,
                interval_seconds=3600,
                reason="archiver down",
            )
        )
        begin, end = int((NOW - 3 * HOUR).timestamp()) // 3600 * 3600, int(datetime(2037, 1, 1, tzinfo=UTC).timestamp())
        session.add(
            ArchiveGap(
                camera_key="porch", start_seconds=begin, end_seconds=end, interval_seconds=3600, reason="archiver down"
            )
        )
        future = datetime(2036, 1, 1, tzinfo=UTC)
        session.add(
            ArchiveCamera(
                key="camera_1", name="c", interval_seconds=3600, settled_until=end, heard_at=future, watched=True
            )
        )
        session.commit()


def test_what_an_earlier_version_left_is_found_and_mended(
    engine: Engine, gap_rows: GapRows, frame_rows: FrameRows, world: World
) -> None:
    """Frames of 1970 and 2036, gaps of decades, and marks in the future. A real outage stays a gap."""
    old_rows(engine, frame_rows, [1970, 2026, 2036])
    clock, rows = judged(engine, world)
    assert clock.doubt() is not None, "the row of 2036 speaks against it"
    clock.confirm()
    rows.settle()
    found = ClockLeftovers(engine).find(NOW)
    assert (found.frames, len(found.gaps)) == (2, 3)
    assert [row.captured_at.year for row in ClockLeftovers(engine).frames()] == [1970, 2036]
    assert [at.year for at in listed(frame_rows)] == [2026]
    ClockLeftovers(engine).mend(NOW)
    running = int(NOW.timestamp()) // 3600 * 3600
    left = [(gap.camera_key, gap.start_seconds, gap.end_seconds) for gap in gap_rows.gaps(GapQuery())[0]]
    assert left == [("porch", running - 3 * 3600, running)]
    (camera,) = gap_rows.cameras()
    assert camera.settled_until <= running + 86_400
    assert camera.heard_at == NOW
    assert not ClockLeftovers(engine).find(NOW).gaps


def test_imported_pictures_of_other_decades_are_no_leftovers(
    engine: Engine, frame_rows: FrameRows, world: World
) -> None:
    """Their rows were written by a clock that was right."""
    clock, rows = judged(engine, world)
    clock.confirm()
    old = datetime(1999, 5, 5, tzinfo=UTC)
    frame_rows.add(
        ArchivedFrame(
            camera_key="camera_1",
            slot_start=int(old.timestamp()),
            interval_seconds=3600,
            captured_at=old,
            path="camera_1/1999/05/05/camera_1_19990505T000000Z.webp",
            width=64,
            height=48,
            bytes=1000,
            sha256="0" * 64,
            created_at=NOW,
        )
    )
    rows.settle()
    assert ClockLeftovers(engine).find(NOW).is_empty
    world.reboot()
    world.advance(HOUR)
    clock, _ = judged(engine, world)
    assert clock.doubt() is None


def test_marks_can_be_taken_away_again(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, gap_rows: GapRows
) -> None:
    """Somebody knows that the dates are right; those that can't be stay marked."""
    world = World(NOW)
    clock, _ = judged(engine, world)
    capture(clock, frame_files, frame_rows)
    world.reboot()
    world.set(NOW + timedelta(days=20))
    clock, _ = judged(engine, world)
    capture(clock, frame_files, frame_rows)
    world.reboot()
    world.advance(HOUR)
    clock, rows = judged(engine, world)
    clock.confirm()
    rows.settle()
    (row,), _ = frame_rows.page(FrameQuery(doubtful=True))
    assert row.slot_start is not None
    with writing(engine) as session:
        slot = Stretch(row.slot_start, row.slot_start + 3600)
        insert_gap(session, "camera_1", 3600, Missed(slot, GapReason.ARCHIVER_DOWN.value))
    assert rows.believe() == 1
    assert len(listed(frame_rows)) == 2
    assert gap_rows.gaps(GapQuery())[0] == [], "no slot has a gap beside its frame"


def test_a_frame_in_doubt_that_a_scan_adopts_is_marked_and_was_not_put_back(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, gap_rows: GapRows, world: World
) -> None:
    """Retention has been past 1970 long ago, but this file it has never seen. No gap ends by it."""
    clock, _ = judged(engine, world)
    old = capture(clock, frame_files, frame_rows)
    frame_files.remove(*frame_rows.delete([old.id or 0], leave_gaps=False))
    frame_rows.deletions_done([old.path])
    world.set(IN_1970)
    lost = capture(clock, frame_files, frame_rows)
    with Session(engine) as session:
        session.delete(session.get(ArchivedFrame, lost.id))
        session.commit()
    recovery = Recovery(
        engine, frame_files, world.clock.utc_ns, lambda stored: new_row(stored, clock), takes_back=False
    )
    scan = recovery.scan_camera("camera_1")
    assert (scan.adopted, scan.put_back, scan.left) == (1, 0, 0)
    found = frame_rows.by_path(lost.path)
    assert found is not None
    assert (found.doubtful, found.put_back_at) == (True, None)
    assert gap_rows.gaps(GapQuery())[0] == []


def test_a_frame_of_1970_that_a_scan_adopts_after_the_clock_was_set_is_not_listed_as_such(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """The archiver ended between file and row. The frame is dated as soon as the archive is settled."""
    world = World(IN_1970)
    clock, rows = judged(engine, world)
    save(clock, frame_files)
    world.advance(HOUR)
    world.set(NOW)
    rows.settle()
    Recovery(engine, frame_files, world.clock.utc_ns, lambda stored: new_row(stored, clock)).scan_camera("camera_1")
    assert listed(frame_rows) == []
    assert clock.was_doubted()
    assert rows.settle() == 1
    assert listed(frame_rows) == [NOW - HOUR]


def test_a_frame_in_doubt_that_went_for_room_says_nothing_of_later_ones(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, world: World
) -> None:
    """It was dated two years ahead: else every file without a row would seem to be put back from now on."""
    clock, _ = judged(engine, world)
    capture(clock, frame_files, frame_rows)
    world.set(NOW + timedelta(days=730))
    ahead = capture(clock, frame_files, frame_rows)
    assert ahead.doubtful
    for path in frame_rows.delete([ahead.id or 0], leave_gaps=False):
        frame_files.remove(path)
    frame_rows.deletions_done([ahead.path])
    world.set(NOW + HOUR)
    world.up += HOUR
    late = capture(clock, frame_files, frame_rows)
    with Session(engine) as session:
        session.delete(session.get(ArchivedFrame, late.id))
        session.commit()
    assert Recovery(engine, frame_files, world.clock.utc_ns).scan_camera("camera_1").put_back == 0


def test_the_row_of_a_lost_file_in_doubt_leaves_no_gap_in_1970(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, gap_rows: GapRows
) -> None:
    """Nobody knows which slot it was."""
    clock, _ = judged(engine, World(IN_1970))
    row = capture(clock, frame_files, frame_rows)
    assert frame_rows.drop({row.id or 0: row.path}) == 1
    assert gap_rows.gaps(GapQuery())[0] == []


def test_a_chain_of_frames_that_were_dated_anew_makes_way_too(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, world: World
) -> None:
    """An hour ahead, each has the slot that the one before it is named after."""
    clock, rows = judged(engine, world)
    capture(clock, frame_files, frame_rows)
    world.advance(HOUR)
    world.set(world.at + HOUR)
    named = [capture(clock, frame_files, frame_rows)]
    world.advance(HOUR)
    named.append(capture(clock, frame_files, frame_rows))
    world.set(world.at - HOUR)
    assert rows.settle() == 2
    own = FrameName("camera_1", int((NOW + HOUR).timestamp()) // 3600 * 3600)
    assert frame_rows.add(
        ArchivedFrame.model_validate(
            named[0].model_dump(exclude={"id"})
            | {"path": own.path, "slot_start": own.slot_start, "captured_at": NOW + HOUR, "doubtful": False}
        )
    )
    found = {row.path: row.slot_start for row in frame_rows.page(FrameQuery())[0]}
    assert len(found) == 4
    assert (found[own.path], found[named[0].path]) == (own.slot_start, None)


def test_imported_stills_are_neither_evidence_nor_leftovers(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, world: World
) -> None:
    """A scanned slide is older than digital cameras, and a still was perhaps imported by a clock that was wrong."""
    clock, rows = judged(engine, world)
    facts = capture(clock, frame_files, frame_rows).model_dump(exclude={"id", "boot_id", "boot_ns"})
    for at, made in ((datetime(1975, 5, 5, tzinfo=UTC), NOW), (NOW + 9 * HOUR, NOW + timedelta(days=400))):
        name = FrameName("camera_1", None, int(at.timestamp()) * 1000)
        still = {"path": name.path, "slot_start": None, "kind": FrameKind.IMPORTED.value}
        frame_rows.add(ArchivedFrame.model_validate(facts | still | {"captured_at": at, "created_at": made}))
    clock.confirm()
    rows.settle()
    assert ClockLeftovers(engine).find(NOW).is_empty
    world.reboot()
    world.advance(HOUR)
    clock, _ = judged(engine, world)
    assert clock.doubt() is None


def test_frames_that_a_scan_took_in_during_a_doubt_are_listed_when_it_ends(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, gap_rows: GapRows, world: World
) -> None:
    """As after a database was restored from a backup of last month, and a reboot: the doubt is about this boot."""
    clock, rows = judged(engine, world)
    capture(clock, frame_files, frame_rows)
    rows.settle()
    world.advance(timedelta(days=20))
    lost = capture(clock, frame_files, frame_rows)
    with Session(engine) as session:
        session.delete(session.get(ArchivedFrame, lost.id))
        session.commit()
    world.reboot()
    world.advance(HOUR)
    clock, rows = judged(engine, world)
    assert clock.doubt() is not None
    Recovery(engine, frame_files, world.clock.utc_ns, lambda stored: new_row(stored, clock)).scan_camera("camera_1")
    assert listed(frame_rows, doubtful=True) == [lost.captured_at]
    clock.confirm()
    rows.settle()
    assert listed(frame_rows, doubtful=True) == []
    assert ClockLeftovers(engine).find(world.at).is_empty
    assert gap_rows.gaps(GapQuery())[0] == []


@pytest.mark.parametrize("year", [1991, 2026])
def test_an_imported_still_that_a_scan_takes_in_during_a_doubt_is_listed_at_once(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, world: World, year: int
) -> None:
    """Another clock has dated it. What a wrong clock left behind is deleted by a button, and this is none of that."""
    clock, rows = judged(engine, world)
    capture(clock, frame_files, frame_rows)
    rows.settle()
    world.reboot()
    world.advance(timedelta(days=20))
    clock, rows = judged(engine, world)
    assert clock.doubt() is not None
    at = datetime(year, 11, 29, tzinfo=UTC)
    webp = encode_webp(picture_of(at), Label("camera_1", at, None, "ab" * 16), WebpOptions(method=0))
    frame_files.save(FrameName("camera_1", None, int(at.timestamp()) * 1000), webp)
    Recovery(engine, frame_files, world.clock.utc_ns, lambda stored: new_row(stored, clock)).scan_camera("camera_1")
    assert at in listed(frame_rows)
    assert listed(frame_rows, doubtful=True) == []


@pytest.mark.parametrize("is_settled", [False, True], ids=["still in doubt", "dated anew"])
def test_to_delete_frames_of_a_wrong_clock_by_hand_costs_no_later_slot_its_picture(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, world: World, is_settled: bool
) -> None:
    """They have the names of slots that begin in three days. Then those are captured as all others are."""
    clock, rows = judged(engine, world)
    capture(clock, frame_files, frame_rows)
    world.set(NOW + timedelta(days=3))
    wrong = capture(clock, frame_files, frame_rows)
    assert wrong.doubtful
    world.set(NOW + HOUR)
    world.up += HOUR
    if is_settled:
        assert rows.settle() == 1
    by_hand = FrameRows(engine, world.clock.utc_ns)
    for path in by_hand.delete([wrong.id or 0], leave_gaps=True):
        frame_files.remove(path)
    by_hand.deletions_done([wrong.path])
    world.advance(timedelta(days=3) - HOUR)
    assert wrong.slot_start is not None
    assert not frame_rows.is_done("camera_1", wrong.slot_start)
    own = capture(clock, frame_files, frame_rows)
    assert (own.path, own.slot_start) == (wrong.path, wrong.slot_start)


def test_the_deleted_picture_of_a_month_that_runs_is_no_leftover(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, gap_rows: GapRows, world: World
) -> None:
    """Its gap ends in some weeks. To take that out would let the slot be captured again."""
    clock, rows = judged(engine, world)
    row = capture(clock, frame_files, frame_rows, interval_seconds=30 * 86_400)
    rows.settle()
    frame_rows.delete([row.id or 0], leave_gaps=True)
    (gap,) = gap_rows.gaps(GapQuery())[0]
    assert gap.end_seconds > (NOW + timedelta(days=2)).timestamp()
    assert ClockLeftovers(engine).find(NOW).is_empty
    ClockLeftovers(engine).mend(NOW)
    assert len(gap_rows.gaps(GapQuery())[0]) == 1


def test_a_camera_that_was_forgotten_in_another_year_has_gaps_when_it_is_there_again(
    engine: Engine, gap_rows: GapRows, world: World
) -> None:
    """What is reported of it is older than the change, as that is dated."""
    clock, rows = judged(engine, world)
    ahead = World(NOW + timedelta(days=3652))
    changes = CameraChanges(engine, ahead.clock.utc_ns)
    changes.begin("camera_1", None)
    changes.end("camera_1")
    clock.confirm()
    rows.settle()
    slot = int(NOW.timestamp()) // 3600 * 3600
    world.advance(HOUR)
    gap_rows.record(SlotReport("camera_1", "Camera", 3600, slot, slot + 3600, world.at))
    gap_rows.record(SlotReport("camera_1", "Camera", 3600, slot, slot + 7200, world.at))
    assert len(gap_rows.gaps(GapQuery())[0]) == 1
