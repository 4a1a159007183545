"""The watch: it says why the clock is in doubt, asks others, and settles the archive when the clock is right."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from services.archiver.base.epoch import EPOCH
from services.archiver.base.problems import Problems
from services.archiver.clock.watch import ASK_SECONDS, ClockWatch
from services.archiver.db.clock_rows import ClockRows
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.gaps import GapQuery, GapRows
from services.archiver.db.intervals import GapReason, Missed, Stretch
from services.archiver.db.models import ArchivedFrame, FrameKind
from services.archiver.db.row_writer import RowWriter
from services.archiver.db.slot_report import SlotReport
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.paths import FrameName
from tests.archiver.clock.world import World, capture, save

NOW = datetime(2026, 11, 26, 12, 0, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
YEAR = timedelta(days=365)


@dataclass
class Other:
    """Another clock, that is ahead of the world's true time."""

    at: datetime
    contradicts: bool = True
    name: str = "another clock"
    confirms: bool = True
    never_blocks: bool = False

    def utc_ns(self) -> int | None:
        return ((self.at - EPOCH) // timedelta(microseconds=1)) * 1000


class Scene:
    """An archiver that is running in the world, watched."""

    def __init__(self, engine: Engine, frame_files: FrameFiles, world: World, *witnesses: Other) -> None:
        self.clock = world.trusted_clock()
        self.rows = ClockRows(engine, self.clock)
        self.rows.load()
        self.row_writer = RowWriter(engine, frame_files, Problems(), world.clock, self.clock)
        self.watch = ClockWatch(engine, self.clock, self.row_writer.clock_is_trusted, witnesses)


@pytest.fixture
def world(frame_files: FrameFiles, frame_rows: FrameRows, engine: Engine) -> World:
    """With an archive that a trusted clock has begun."""
    world = World(NOW - HOUR)
    clock = world.trusted_clock()
    ClockRows(engine, clock).load()
    capture(clock, frame_files, frame_rows)
    world.advance(HOUR)
    return world


async def test_a_witness_that_agrees_ends_the_doubt_and_one_that_differs_does_not(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, world: World
) -> None:
    """The frames that were captured in doubt are then listed."""
    world.reboot()
    world.set(NOW + YEAR)
    other = Other(NOW)
    scene = Scene(engine, frame_files, world, other)
    capture(scene.clock, frame_files, frame_rows)
    await scene.watch.look()
    (text,) = scene.watch.problems.texts()
    assert "2027-11-26, which is in doubt: it is 365 days ahead of the newest picture of the archive" in text
    assert scene.clock.witnesses[other.name] == pytest.approx(YEAR.total_seconds())
    world.advance(timedelta(seconds=ASK_SECONDS))
    other.at = world.at + timedelta(seconds=3)
    await scene.watch.look()
    assert scene.watch.problems.texts() == []
    assert len(frame_rows.page(FrameQuery())[0]) == 2


async def test_a_server_with_another_time_puts_a_clock_in_doubt_that_nothing_else_speaks_against(
    engine: Engine, frame_files: FrameFiles, world: World
) -> None:
    """A day is too little for the archive to notice. A person has the last word."""
    world.reboot()
    world.advance(timedelta(days=1))
    scene = Scene(engine, frame_files, world, Other(NOW))
    assert scene.clock.doubt() is None
    await scene.watch.look()
    (text,) = scene.watch.problems.texts()
    assert "it is 24 hours ahead of another clock" in text
    scene.clock.confirm()
    await scene.watch.look()
    world.advance(2 * HOUR)
    await scene.watch.look()
    assert scene.watch.problems.texts() == []


async def test_a_step_makes_no_gap_of_decades(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, gap_rows: GapRows, world: World
) -> None:
    """Reports wait while the clock is in doubt. What they say of the true time is written afterwards."""
    del frame_rows
    scene = Scene(engine, frame_files, world)
    writer, slot = scene.row_writer, int(NOW.timestamp()) // 3600 * 3600

    def report(until: int, *missed: Missed) -> None:
        writer.report(SlotReport("camera_1", "Camera", 3600, slot - 3600, until, world.at, missed))

    report(slot)
    world.set(world.at + 10 * YEAR)
    later = int(world.at.timestamp()) // 3600 * 3600
    report(later, Missed(Stretch(slot, later), GapReason.ARCHIVER_DOWN.value))
    await scene.watch.look()
    world.set(world.at - 10 * YEAR)
    world.advance(2 * HOUR)
    await scene.watch.look()
    report(slot + 7200, Missed(Stretch(slot + 3600, slot + 7200), GapReason.DISK_FULL.value))
    await writer._write_reports()
    gaps = [(gap.start_seconds, gap.end_seconds, gap.reason) for gap in gap_rows.gaps(GapQuery())[0]]
    assert gaps == [(slot, slot + 3600, "archiver down"), (slot + 3600, slot + 7200, "disk full")]
    (camera,) = gap_rows.cameras()
    assert camera.settled_until == slot + 7200


async def test_reports_of_a_doubt_that_was_none_keep_their_reasons(
    engine: Engine, frame_files: FrameFiles, gap_rows: GapRows, world: World
) -> None:
    """The computer was only off for long."""
    world.reboot()
    world.advance(timedelta(days=20))
    scene = Scene(engine, frame_files, world)
    slot = int(world.at.timestamp()) // 3600 * 3600
    missed = Missed(Stretch(slot - 3600, slot), "camera offline")
    scene.row_writer.report(SlotReport("camera_1", "Camera", 3600, slot - 7200, slot, world.at, (missed,)))
    await scene.watch.look()
    assert gap_rows.cameras() == []
    scene.clock.confirm()
    await scene.watch.look()
    await scene.row_writer._write_reports()
    assert [gap.reason for gap in gap_rows.gaps(GapQuery())[0]] == ["archiver down", "camera offline"]


@pytest.mark.parametrize("is_judged", [True, False], ids=["the row is late", "the database is late"])
async def test_a_frame_of_1970_whose_row_is_made_after_the_clock_was_set_is_never_listed_as_such(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, world: World, is_judged: bool
) -> None:
    """A slow disk or a database that is away comes in between. Then the frame is dated at the next look."""
    world.reboot()
    world.set(EPOCH + HOUR)
    clock = world.trusted_clock()
    writer = RowWriter(engine, frame_files, Problems(), world.clock, clock)
    watch = ClockWatch(engine, clock, writer.clock_is_trusted)
    if is_judged:
        await writer._judge_clock()
        await watch.look()
    stored = save(clock, frame_files)
    if not is_judged:
        writer.insert_soon(stored)
    world.advance(timedelta(seconds=3))
    world.set(NOW)
    if is_judged:
        writer.insert_soon(stored)
    await writer._judge_clock()
    await writer._write_rows()
    assert [row.captured_at.year for row in frame_rows.page(FrameQuery())[0]] == [2026]
    await watch.look()
    assert [row.captured_at for row in frame_rows.page(FrameQuery())[0]] == [NOW - timedelta(seconds=3), NOW - HOUR]


async def test_a_row_in_doubt_that_is_written_late_is_dated_at_the_next_look(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, world: World
) -> None:
    """The database was away when the archive was settled, and what was queued then comes now."""
    scene = Scene(engine, frame_files, world)
    world.set(EPOCH + HOUR)
    scene.row_writer.insert_soon(save(scene.clock, frame_files))
    world.set(NOW)
    for _ in range(3):
        await scene.watch.look()
    await scene.row_writer._write_rows()
    assert len(frame_rows.page(FrameQuery())[0]) == 1
    await scene.watch.look()
    assert [row.captured_at for row in frame_rows.page(FrameQuery())[0]] == [NOW, NOW - HOUR]


async def test_a_report_between_the_doubt_and_the_next_look_costs_no_reason(
    engine: Engine, frame_files: FrameFiles, gap_rows: GapRows, world: World
) -> None:
    """It covers the slots of those that are held, without what they say of them."""
    scene = Scene(engine, frame_files, world)
    slot = int(world.at.timestamp()) // 3600 * 3600
    scene.row_writer.report(SlotReport("camera_1", "Camera", 3600, slot - 3600, slot, world.at))
    await scene.row_writer._write_reports()
    world.advance(HOUR)
    missed = Missed(Stretch(slot, slot + 3600), "camera offline")
    scene.clock.hear("a server", 0, contradicts=True)
    scene.row_writer.report(SlotReport("camera_1", "Camera", 3600, slot, slot + 3600, world.at, (missed,)))
    scene.clock.hear("a camera", world.clock.utc_ns())
    scene.row_writer.report(SlotReport("camera_1", "Camera", 3600, slot, slot + 3600, world.at))
    await scene.row_writer._write_reports()
    await scene.watch.look()
    await scene.row_writer._write_reports()
    assert [gap.reason for gap in gap_rows.gaps(GapQuery())[0]] == ["camera offline"]


async def test_rows_that_are_made_again_from_the_files_are_evidence(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """A lost database must not make a wrong clock look right."""
    world = World(NOW)
    scene = Scene(engine, frame_files, world)
    assert scene.clock.doubt() is None
    before = World(NOW - YEAR / 2, boots=7)
    earlier = before.trusted_clock()
    ClockRows(engine, earlier).load()
    capture(earlier, frame_files, frame_rows)
    await scene.watch.look()
    assert scene.clock.doubt() is not None


async def test_what_the_command_was_told_reaches_the_archiver_that_runs(
    engine: Engine, frame_files: FrameFiles, world: World
) -> None:
    """Through the database."""
    world.reboot()
    world.advance(20 * 24 * HOUR)
    scene = Scene(engine, frame_files, world)
    await scene.watch.look()
    assert scene.watch.problems.texts()
    command = world.trusted_clock()
    rows = ClockRows(engine, command)
    rows.load()
    command.confirm()
    rows.settle()
    world.advance(timedelta(seconds=ASK_SECONDS))
    await scene.watch.look()
    assert scene.watch.problems.texts() == []


async def test_stills_that_are_imported_in_a_new_archives_first_hour_are_no_evidence(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """Who begins an archive imports the old pictures first: they must not put the clock in doubt."""
    world = World(NOW)
    scene = Scene(engine, frame_files, world)
    facts = capture(scene.clock, frame_files, frame_rows).model_dump(exclude={"id", "boot_id", "boot_ns"})
    for at in (datetime(1991, 5, 5, tzinfo=UTC), NOW + YEAR):
        name = FrameName("camera_1", None, int(at.timestamp()) * 1000)
        still = {"path": name.path, "slot_start": None, "kind": FrameKind.IMPORTED.value, "captured_at": at}
        frame_rows.add(ArchivedFrame.model_validate(facts | still))
        await scene.watch.look()
        assert scene.clock.doubt() is None


async def test_the_command_also_ends_a_doubt_that_a_server_with_another_time_began(
    engine: Engine, frame_files: FrameFiles, world: World
) -> None:
    """What the database knew before the server contradicted does not end it."""
    scene = Scene(engine, frame_files, world)
    await scene.watch.look()
    world.advance(HOUR)
    contradicted = Scene(engine, frame_files, world, Other(NOW - 24 * HOUR))
    for _ in range(2):
        await contradicted.watch.look()
        assert contradicted.watch.problems.texts()
        world.advance(timedelta(seconds=ASK_SECONDS))
    command = world.trusted_clock()
    rows = ClockRows(engine, command)
    rows.load()
    command.confirm()
    rows.settle()
    for _ in range(2):
        world.advance(timedelta(seconds=ASK_SECONDS))
        await contradicted.watch.look()
        assert contradicted.watch.problems.texts() == []


class Kernel(Other):
    """This computer's time service: it always agrees, and contradicts nobody."""

    def __init__(self, world: World) -> None:
        super().__init__(world.at, contradicts=False, name="the time service", never_blocks=True)
        self._world = world

    def utc_ns(self) -> int | None:
        return self._world.clock.utc_ns()


async def test_a_clock_that_contradicts_nobody_decides_for_good_against_a_server_with_another_time(
    engine: Engine, frame_files: FrameFiles, world: World
) -> None:
    """Else retention would wait for ever for a server whose clock is minutes off."""
    scene = Scene(engine, frame_files, world, Kernel(world), Other(NOW - timedelta(minutes=11)))
    await scene.watch.look()
    assert scene.watch.problems.texts()
    for _ in range(3):
        world.advance(timedelta(seconds=ASK_SECONDS))
        await scene.watch.look()
        assert scene.watch.problems.texts() == []


def test_a_slot_that_only_a_frame_in_doubt_has_is_a_gap(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, gap_rows: GapRows, world: World
) -> None:
    """Nobody knows whether the frame is of that slot, so the slot has its reason."""
    world.reboot()
    world.set(NOW + YEAR)
    scene = Scene(engine, frame_files, world)
    assert capture(scene.clock, frame_files, frame_rows).doubtful
    start = int((NOW + YEAR).timestamp()) // 3600 * 3600
    missed = Missed(Stretch(start, start + 3600), "camera offline")
    for since, until in ((start - 3600, start), (start, start + 3600)):
        gap_rows.record(SlotReport("camera_1", "Camera", 3600, since, until, world.at, (missed,)))
    assert missed.reason in [gap.reason for gap in gap_rows.gaps(GapQuery())[0] if gap.end_seconds > start]


def test_the_row_of_a_file_that_has_one_takes_no_slot(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, world: World
) -> None:
    """A file whose frame was dated anew may be entered a second time, in the slot of its name."""
    scene = Scene(engine, frame_files, world)
    named = capture(scene.clock, frame_files, frame_rows)
    world.advance(HOUR)
    dated_anew = capture(scene.clock, frame_files, frame_rows)
    with Session(engine) as session:
        rows = {row.id: row for row in session.exec(select(ArchivedFrame))}
        rows[named.id].slot_start = None
        session.flush()
        rows[dated_anew.id].slot_start = named.slot_start
        session.commit()
    frame_rows.add(ArchivedFrame(**named.model_dump(exclude={"id"})))
    found = frame_rows.by_path(dated_anew.path)
    assert found is not None
    assert found.slot_start == named.slot_start


async def test_a_server_that_may_have_this_very_clock_contradicts_it_and_confirms_nothing(
    engine: Engine, frame_files: FrameFiles, world: World
) -> None:
    """In a container: a database on this computer, named by its address in the network, is wrong by the same years."""
    world.reboot()
    world.set(NOW + YEAR)
    other = Other(world.at, name="PostgreSQL", confirms=False)
    scene = Scene(engine, frame_files, world, other)
    await scene.watch.look()
    assert scene.watch.problems.texts()
    scene.clock.confirm()
    await scene.watch.look()
    assert not scene.watch.problems.texts()


async def test_a_server_that_may_have_this_very_clock_takes_back_what_it_said_itself(
    engine: Engine, frame_files: FrameFiles, world: World
) -> None:
    """It is another computer's, then, and had not found the time yet. What others said stays."""
    other = Other(NOW - YEAR, confirms=False)
    scene = Scene(engine, frame_files, world, other)
    await scene.watch.look()
    assert scene.watch.problems.texts()
    for name in ("another server", other.name):
        world.advance(timedelta(seconds=ASK_SECONDS))
        other.name, other.at = name, world.at
        await scene.watch.look()
        assert bool(scene.watch.problems.texts()) is (name == "another server")


async def test_a_computer_that_stood_still_keeps_the_dates_of_the_hour_before(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, world: World
) -> None:
    """A paused virtual machine whose clock a time service keeps. The archive is noted once an hour, the kernel is asked
    at each look.
    """
    scene = Scene(engine, frame_files, world, Kernel(world))
    for _ in range(2):
        await scene.watch.look()
    for _ in range(5):
        world.advance(timedelta(minutes=10))
        capture(scene.clock, frame_files, frame_rows, interval_seconds=600)
        world.advance(timedelta(seconds=5))
        await scene.watch.look()
    before = [(row.path, row.captured_at) for row in frame_rows.page(FrameQuery())[0]]
    world.set(world.at + 5 * HOUR)
    for _ in range(3):
        await scene.watch.look()
        world.advance(timedelta(seconds=5))
    assert scene.watch.problems.texts() == []
    assert [(row.path, row.captured_at) for row in frame_rows.page(FrameQuery())[0]] == before
