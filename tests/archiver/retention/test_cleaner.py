"""The plan carried out on real rows and files: what is deleted, what stays, and what must never happen."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from services.archiver.base.clock_doubt import Evidence
from services.archiver.base.errors import DatabaseUnavailableError
from services.archiver.base.retention_policy import Policy
from services.archiver.base.trusted_clock import TrustedClock
from services.archiver.db.clock_rows import ClockRows
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.gaps import GapQuery, GapRows
from services.archiver.db.recovery import Recovery
from services.archiver.files.frame_files import FrameFiles
from services.archiver.retention.cleaner import Cleaner
from services.archiver.retention.daily_share import AgeLimit, DailyShare
from services.archiver.retention.forecast import Forecaster
from shared.clock import Clock
from tests.support.archive import MadeArchive

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = BEGIN + 20 * DAY


def at(instant: datetime) -> Clock:
    return Clock(utc_ns=lambda: int(instant.timestamp()) * 1_000_000_000)


def forecaster(engine: Engine, keep: str, max_bytes: int = 0) -> Forecaster:
    return Forecaster(engine, Policy.parse(keep, ZoneInfo("UTC")), max_bytes)


@pytest.fixture
def archive(frame_files: FrameFiles, frame_rows: FrameRows) -> MadeArchive:
    return MadeArchive(frame_files, frame_rows)


def cleaner(engine: Engine, archive: MadeArchive, keep: str, max_bytes: int = 0, percent: int = 100) -> Cleaner:
    clock = trusted(at(NOW))
    share = DailyShare(engine, percent)
    return Cleaner(forecaster(engine, keep, max_bytes), archive.frame_rows, archive.frame_files, clock, share)


def trusted(clock: Clock, newest: datetime | None = None) -> TrustedClock:
    """Judged by an archive whose newest row is that old."""
    judged = TrustedClock(clock)
    judged.judge_by(Evidence(None if newest is None else int(newest.timestamp()) * 1_000_000_000))
    return judged


def ids(archive: MadeArchive) -> set[int | None]:
    return {row.id for row in archive.frame_rows.page(FrameQuery(limit=500))[0]}


async def test_nothing_goes_before_the_rules_were_read_anew(engine: Engine, archive: MadeArchive) -> None:
    async def fail() -> None:
        raise DatabaseUnavailableError("away")

    archive.frame(BEGIN)
    held = cleaner(engine, archive, "all:1d")
    held.refresh_rules = fail
    with pytest.raises(DatabaseUnavailableError):
        await held.clean()
    assert len(ids(archive)) == 1


async def test_what_is_due_goes_with_its_files_and_nothing_else(
    engine: Engine, archive: MadeArchive, gap_rows: GapRows
) -> None:
    """Row, picture and thumbnail; and no gap tells of it."""
    rows = archive.hours(BEGIN, range(0, 20 * 24, 4))
    gone = await cleaner(engine, archive, "all:10d,daily@12:00:15d").clean()
    left = [row for row in rows if row.id in ids(archive)]
    young = [row for row in rows if row.captured_at > NOW - 10 * DAY]
    noons = [row for row in rows if row.captured_at.hour == 12 and NOW - 15 * DAY <= row.captured_at <= NOW - 10 * DAY]
    assert [row.id for row in left] == [row.id for row in noons + young]
    assert gone == len(rows) - len(left)
    files = {file.path for day in archive.frame_files.store.files("camera_1") for file in day}
    assert len(files) == 2 * len(left), "a picture and a thumbnail each"
    assert archive.frame_rows.pending_deletions() == {}
    assert gap_rows.gaps(GapQuery())[0] == []


async def test_a_second_round_and_a_second_archiver_change_nothing(engine: Engine, archive: MadeArchive) -> None:
    """Deleting twice is harmless."""
    archive.hours(BEGIN, range(0, 20 * 24, 4))
    one, other = (cleaner(engine, archive, "all:3d") for _ in range(2))
    assert await one.clean() > 0
    left = ids(archive)
    assert await one.clean() == await other.clean() == 0
    assert ids(archive) == left


async def test_a_camera_that_has_long_been_away_keeps_its_last_frame(engine: Engine, archive: MadeArchive) -> None:
    """Each camera its own, and also beyond the limit of bytes."""
    old = archive.hours(BEGIN, range(3), camera_key="attic")
    new = archive.hours(BEGIN, range(3), camera_key="porch")
    await cleaner(engine, archive, "all:1h", max_bytes=1).clean()
    assert ids(archive) == {old[-1].id, new[-1].id}


async def test_manual_captures_stay(engine: Engine, archive: MadeArchive) -> None:
    """Whatever the tiers for slots and the limit say, until a tier names it."""
    manual = archive.frame(BEGIN, interval_seconds=None)
    archive.hours(BEGIN, range(2))
    await cleaner(engine, archive, "all:1h", max_bytes=1).clean()
    assert manual.id in ids(archive)
    await cleaner(engine, archive, "all:1h,manual:5d").clean()
    assert manual.id not in ids(archive)


async def test_kept_frames_stay_whatever_their_age_and_the_limit(engine: Engine, archive: MadeArchive) -> None:
    """Also a manual capture. Without the mark they go."""
    slot, manual = archive.hours(BEGIN, [0])[0], archive.frame(BEGIN, interval_seconds=None)
    archive.hours(BEGIN, range(1, 4))
    paths = [slot.path, manual.path]
    archive.frame_rows.set_kept(paths, is_kept=True)
    limit = archive.frame_rows.total_bytes() - 1
    assert await cleaner(engine, archive, "all:forever", max_bytes=limit).clean() == 1
    await cleaner(engine, archive, "all:1h,manual:1h").clean()
    assert {slot.id, manual.id} < ids(archive)
    archive.frame_rows.set_kept(paths, is_kept=False)
    await cleaner(engine, archive, "all:1h,manual:1h").clean()
    assert not {slot.id, manual.id} & ids(archive)


async def test_a_frame_that_is_marked_while_retention_deletes_stays(engine: Engine, archive: MadeArchive) -> None:
    """The plan was made before, so the deletion asks the row again."""
    rows = archive.hours(BEGIN, range(3))
    due = forecaster(engine, "all:1h").due(NOW)
    first = next(due)
    archive.frame_rows.set_kept([rows[0].path], is_kept=True)
    assert archive.frame_rows.delete([first.frame.id], leave_gaps=False, spare_kept=True) == []
    assert rows[0].id in ids(archive)


async def test_where_kept_frames_alone_exceed_the_limit_nothing_is_deleted_and_it_is_said(
    engine: Engine, archive: MadeArchive
) -> None:
    """To delete all others would not help. When the limit can be met again, it is, and nothing is said."""
    rows = archive.hours(BEGIN, range(4))
    archive.frame_rows.set_kept([row.path for row in rows[:2]], is_kept=True)
    kept_bytes = sum(row.bytes + (row.thumbnail_bytes or 0) for row in rows[:2])
    full = cleaner(engine, archive, "all:forever", max_bytes=kept_bytes - 1)
    for _ in range(2):
        assert await full.clean() == 0
    (words,) = full.problems.texts()
    assert f"take {kept_bytes} bytes alone, more than ARCHIVE_MAX_BYTES={kept_bytes - 1}" in words
    archive.frame_rows.set_kept([rows[0].path], is_kept=False)
    assert await full.clean() > 0
    assert full.problems.texts() == []
    assert rows[1].id in ids(archive)


async def test_beyond_the_limit_the_oldest_of_all_cameras_go_until_it_is_kept(
    engine: Engine, archive: MadeArchive
) -> None:
    """And no more than that."""
    for hour in range(6):
        archive.hours(BEGIN, [hour], camera_key="attic" if hour % 2 else "porch")
    total = archive.frame_rows.total_bytes()
    assert await cleaner(engine, archive, "all:forever", max_bytes=total - 1).clean() == 1
    left = [row.captured_at for row in archive.frame_rows.page(FrameQuery())[0]]
    assert min(left) == BEGIN + timedelta(hours=1, seconds=3)
    assert archive.frame_rows.total_bytes() <= total - 1


@pytest.mark.parametrize("years", [2, -2, 300])
async def test_a_clock_in_doubt_deletes_nothing_by_age(engine: Engine, archive: MadeArchive, years: int) -> None:
    """A computer that wakes up in the wrong year loses nothing, however long it stays there, and says what it keeps."""
    archive.hours(BEGIN, range(0, 20 * 24, 4))
    before = ids(archive)
    clock = trusted(at(NOW + years * 365 * DAY), newest=NOW)
    share = DailyShare(engine, 100)
    held = Cleaner(forecaster(engine, "all:30d"), archive.frame_rows, archive.frame_files, clock, share)
    for everything in (False, True):
        assert await held.clean(everything=everything) == 0
    assert ids(archive) == before
    assert any("in doubt" in text for text in held.problems.texts()) == (years > 0), "what is due and stays"
    clock.confirm()
    assert await held.clean() == (len(before) - 1 if years > 0 else 0)


async def test_in_doubt_room_is_made_all_the_same(engine: Engine, archive: MadeArchive) -> None:
    """No disk may fill because of a clock."""
    rows = archive.hours(BEGIN, range(6))
    total = archive.frame_rows.total_bytes()
    clock, share = trusted(at(NOW + 999 * DAY), newest=NOW), DailyShare(engine, 100)
    limited = forecaster(engine, "all:1h", max_bytes=total - 1)
    assert await Cleaner(limited, archive.frame_rows, archive.frame_files, clock, share).clean() == 1
    assert ids(archive) == {row.id for row in rows[1:]}


async def test_a_clock_that_is_set_in_the_middle_of_a_round_ends_it(engine: Engine, archive: MadeArchive) -> None:
    """What was decided by the other time is given up."""
    archive.hours(BEGIN, range(30))
    set_ahead = [0]
    clock = trusted(Clock(lambda: (int(NOW.timestamp()) + set_ahead[0]) * 1_000_000_000, boot_ns=lambda: 0))
    share = DailyShare(engine, 100)
    ended = Cleaner(forecaster(engine, "all:1d"), archive.frame_rows, archive.frame_files, clock, share)
    limit = AgeLimit()
    due = ended._forecaster.due(NOW, limit)
    set_ahead[0] = 999 * 86_400
    assert ended._delete(due, limit) == 0
    assert len(ids(archive)) == 30


async def test_what_is_long_overdue_goes_at_a_share_a_day(engine: Engine, archive: MadeArchive) -> None:
    """A rule that was mistyped is noticed before everything is gone. Restarts begin no new day; what falls due goes."""
    rows = archive.hours(BEGIN, range(0, 20 * 24, 4))
    fresh = [row for row in rows if NOW - 2 * DAY < row.captured_at <= NOW - DAY]
    count = [await cleaner(engine, archive, "all:1d", percent=10).clean() for _ in range(3)]
    assert count == [len(rows) // 10 + len(fresh), 0, 0]
    held = cleaner(engine, archive, "all:1d", percent=10)
    await held.clean()
    (text,) = held.problems.texts()
    assert f"{len(rows) - count[0] - 6} more pictures are due" in text
    assert "retention --now" in text
    assert await held.clean(everything=True) == len(rows) - count[0] - 6
    assert held.problems.texts() == []


async def test_frames_whose_time_is_in_doubt_do_not_go_by_age(engine: Engine, archive: MadeArchive) -> None:
    """A frame of 1970 was captured yesterday."""
    row = archive.frame(datetime(1970, 1, 1, 3, tzinfo=UTC))
    archive.hours(NOW - DAY, range(3))
    ClockRows(engine, clock := trusted(at(NOW))).mark()
    clock.confirm()
    assert ClockRows(engine, clock).mark() == 1
    assert await cleaner(engine, archive, "all:30d").clean() == 0
    assert archive.frame_rows.get(row.id or 0) is not None


async def test_what_somebody_put_back_stays_until_room_is_needed(engine: Engine, archive: MadeArchive) -> None:
    """Deleted again within the hour it would seem never to have come back. A limit of bytes holds for it as for all."""
    rows = archive.hours(BEGIN, range(0, 20 * 24, 24))
    content = archive.frame_files.store.read(rows[0].path)
    assert await cleaner(engine, archive, "all:10d").clean() > 0
    archive.frame_files.store.write(rows[0].path, content)
    recovery = Recovery(engine, archive.frame_files, at(NOW).utc_ns)
    assert recovery.scan_all().put_back == 1
    assert await cleaner(engine, archive, "all:10d").clean() == 0
    assert archive.frame_rows.by_path(rows[0].path) is not None
    await cleaner(engine, archive, "all:forever", max_bytes=1).clean()
    assert archive.frame_rows.by_path(rows[0].path) is None
