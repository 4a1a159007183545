"""Which frames of a boot are dated anew after its clock was set: no slot is lost, and no time shown twice."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, update
from sqlmodel import col

from services.archiver.base.trusted_clock import TrustedClock
from services.archiver.db.clock_rows import ClockRows
from services.archiver.db.engine import writing
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.gaps import GapQuery, GapRows
from services.archiver.db.intervals import Missed, Stretch
from services.archiver.db.models import ArchivedFrame
from services.archiver.db.slot_report import SlotReport
from services.archiver.files.frame_files import FrameFiles
from shared.clock import NS_PER_SECOND
from tests.archiver.clock.world import World, capture

NOW = datetime(2026, 11, 26, 12, 0, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Scene:
    """An archive with one frame of an earlier boot, and a computer that captures a frame an hour."""

    def __init__(self, engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows) -> None:
        self.world = World(NOW - HOUR)
        self._engine, self.files, self.frame_rows = engine, frame_files, frame_rows
        self.judge()
        self.capture(1)
        self.rows.settle()
        self.world.reboot()
        self.judge()

    def judge(self) -> None:
        self.clock: TrustedClock = self.world.trusted_clock()
        self.rows = ClockRows(self._engine, self.clock)
        self.rows.load()

    def capture(self, count: int) -> None:
        for number in range(count):
            self.world.at += timedelta(milliseconds=number % 3 * 200)  # frames come some moments after their slot began
            capture(self.clock, self.files, self.frame_rows)
            self.world.at -= timedelta(milliseconds=number % 3 * 200)
            self.world.advance(HOUR)

    def set(self, by: timedelta) -> int:
        """Somebody sets the clock, and says that it is right now; how many frames were dated anew."""
        self.world.at += by
        assert self.clock.doubt() is not None
        self.clock.confirm()
        corrected = self.rows.settle()
        self.rows.settle()
        return corrected

    def agree(self) -> None:
        """Another clock says the same, and the archiver has looked at the archive since."""
        self.clock.hear("a camera", self.world.clock.utc_ns())
        self.rows.settle()

    def mark(self, row: ArchivedFrame, *, doubtful: bool) -> None:
        """As if it had been written so."""
        with writing(self._engine) as session:
            session.exec(update(ArchivedFrame).where(col(ArchivedFrame.id) == row.id).values(doubtful=doubtful))

    def frames(self) -> list[ArchivedFrame]:
        """Oldest first."""
        return list(reversed(self.frame_rows.page(FrameQuery(limit=500))[0]))

    def slots(self) -> list[int]:
        """In hours after the first."""
        found = [row.slot_start for row in self.frames()]
        assert all(start is not None for start in found)
        starts = [start for start in found if start is not None]
        return [(start - starts[0]) // 3600 for start in starts]


@pytest.fixture
def scene(engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows) -> Scene:
    return Scene(engine, frame_files, frame_rows)


@pytest.mark.parametrize("by", [-24 * HOUR, 24 * HOUR, timedelta(hours=5, minutes=59, seconds=58), -HOUR * 3.5])
def test_a_boot_whose_clock_was_wrong_from_its_start_is_dated_anew_as_a_whole(scene: Scene, by: timedelta) -> None:
    """By less than the archive notices, and nobody agreed. Each frame has its slot, though all move by hours."""
    scene.world.at += 30 * HOUR
    scene.judge()
    assert scene.clock.doubt() is None
    scene.capture(30)
    before = scene.frames()
    assert scene.set(by) == 30
    after = scene.frames()
    assert [row.path for row in after] == [row.path for row in before]
    for old, new in zip(before[1:], after[1:], strict=True):
        assert abs(new.captured_at - old.captured_at - by) < timedelta(seconds=1)
    slots = scene.slots()
    assert len(set(slots)) == 31
    assert slots == sorted(slots)


def test_a_clock_that_is_set_wrong_and_back_leaves_all_as_it_was(scene: Scene) -> None:
    """Even if a person said that it was right both times."""
    scene.capture(30)
    before = [(row.path, row.slot_start, row.captured_at) for row in scene.frames()]
    assert scene.set(24 * HOUR) == 30
    assert scene.set(-24 * HOUR) == 30
    for row, (path, slot_start, captured_at) in zip(scene.frames(), before, strict=True):
        assert (row.path, row.slot_start) == (path, slot_start)
        assert abs(row.captured_at - captured_at) < timedelta(seconds=1)


def test_a_computer_that_stood_still_keeps_the_dates_that_another_clock_agreed_with(scene: Scene) -> None:
    """A paused virtual machine: its boot's clock stood, too. What came after it went on and before the clock was set
    was dated too early, and is dated anew.
    """
    scene.capture(10)
    scene.agree()
    scene.agree()
    scene.world.advance(timedelta(seconds=1))
    scene.capture(2)
    before = [(row.path, row.slot_start) for row in scene.frames()]
    assert scene.set(8 * HOUR) == 2
    assert [(row.path, row.slot_start) for row in scene.frames()[:11]] == before[:11]
    assert [row.path for row in scene.frames()] == [path for path, _ in before]
    assert scene.slots() == [*range(11), 19, 20]
    for _ in range(3):
        assert scene.rows.settle() == 0


def test_a_clock_that_is_set_back_dates_anew_also_what_another_clock_agreed_with(scene: Scene) -> None:
    """No computer goes back by standing still: the other clock was as wrong. Else times would be there twice."""
    scene.capture(10)
    scene.agree()
    scene.agree()
    assert scene.set(-HOUR) == 10
    starts = [row.slot_start for row in scene.frames()]
    assert len(set(starts) - {None}) == 10, "the first one's slot has the frame of the boot before, which keeps it"
    assert starts.count(None) == 1


def test_who_agreed_outlives_the_archiver(scene: Scene) -> None:
    """It is in the database, with the boot."""
    scene.capture(5)
    scene.agree()
    scene.agree()
    scene.judge()
    assert scene.set(8 * HOUR) == 0


def test_a_run_that_was_cut_short_is_done_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slots were freed, and then the archiver ended."""
    scene.capture(30)
    scene.world.at += 24 * HOUR
    scene.clock.confirm()
    monkeypatch.setattr("services.archiver.db.redating.Redating._date", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        scene.rows.settle()
    monkeypatch.undo()
    scene.judge()
    scene.clock.confirm()
    assert scene.rows.settle() == 30
    assert len(set(scene.slots())) == 31


def test_a_second_run_that_was_cut_short_is_done_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row was written after the first one. The second one freed its slot, and then the database was away."""
    scene.world.at += 5 * HOUR
    scene.judge()
    scene.capture(3)
    scene.world.at -= 5 * HOUR
    scene.clock.confirm()
    assert scene.rows.settle() == 3
    scene.world.at += 5 * HOUR
    late = capture(scene.world.trusted_clock(), scene.files, scene.frame_rows)
    scene.world.at -= 5 * HOUR
    scene.mark(late, doubtful=False)
    scene.world.advance(5 * HOUR)  # its date is within the boot's time by now
    monkeypatch.setattr("services.archiver.db.redating.Redating._date", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        scene.rows.settle()
    monkeypatch.undo()
    assert scene.rows.settle() == 1
    assert len(scene.slots()) == 5


def test_the_gaps_of_a_clock_that_was_ahead_are_moved_with_its_frames(scene: Scene, gap_rows: GapRows) -> None:
    """With their reasons. Nothing is left in the future, and a later outage is a gap as any other."""
    first = int((NOW - HOUR).timestamp()) // 3600

    def report(*missed: Missed) -> None:
        until = scene.world.clock.utc_ns() // NS_PER_SECOND // 3600 * 3600
        since = until - 3600
        gap_rows.record(SlotReport("camera_1", "Camera", 3600, since, until, scene.world.at, missed))

    def gaps(camera_key: str = "camera_1") -> list[tuple[int, int, str]]:
        found = gap_rows.gaps(GapQuery(camera_key))[0]
        return [(gap.start_seconds // 3600 - first, gap.end_seconds // 3600 - first, gap.reason) for gap in found]

    report()
    scene.world.at += 5 * HOUR
    scene.judge()
    scene.capture(2)
    report()
    scene.world.advance(HOUR)
    slot = scene.world.clock.utc_ns() // NS_PER_SECOND // 3600 * 3600 - 3600
    report(Missed(Stretch(slot, slot + 3600), "camera offline"))
    scene.capture(1)
    report()
    assert gaps() == [(1, 6, "archiver down"), (8, 9, "camera offline")]
    other = Missed(Stretch(slot, slot + 7200), "camera offline")
    for since, until in ((slot - 3600, slot), (slot, slot + 7200)):
        gap_rows.record(SlotReport("camera_2", "Camera", 3600, since, until, scene.world.at, (other,)))
    assert scene.set(-5 * HOUR) == 3
    assert scene.slots() == [0, 1, 2, 4]
    assert gaps() == [(3, 4, "camera offline")]
    assert gaps("camera_2") == [(2, 3, "archiver down"), (3, 5, "camera offline")], "it has no frame at all"
    assert [camera.settled_until // 3600 - first for camera in gap_rows.cameras()] == [5, 5]
    scene.world.advance(2 * HOUR)
    report()
    assert gaps() == [(3, 4, "camera offline"), (5, 7, "archiver down")]


def test_a_new_archive_whose_clock_was_months_behind_misses_no_slot_before_its_first_frame(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, gap_rows: GapRows
) -> None:
    """A computer without a battery begins with the date of its system's image. Nothing is there to doubt it by."""
    world = World(datetime(2026, 5, 1, 0, 0, 2, tzinfo=UTC))
    clock = world.trusted_clock()
    rows = ClockRows(engine, clock)
    rows.load()

    def report(hours: int) -> None:
        slot = world.clock.utc_ns() // NS_PER_SECOND // 3600 * 3600
        gap_rows.record(SlotReport("camera_1", "Camera", 3600, slot - hours * 3600, slot, world.at))

    for _ in range(3):
        capture(clock, frame_files, frame_rows)
        world.advance(HOUR)
        report(1)
    world.at = NOW
    clock.hear("a camera", world.clock.utc_ns())
    assert rows.settle() == 3
    report(1)
    assert gap_rows.gaps(GapQuery())[0] == []
