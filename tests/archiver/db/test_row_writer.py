"""Files without rows get theirs, whatever became of the archiver that wrote them, and what belongs to nothing goes."""

import asyncio
import io
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from services.archiver.base.problems import Problems
from services.archiver.capture.slots import slot_at
from services.archiver.db.engine import open_engine, writing
from services.archiver.db.frames import Catalog, FrameQuery
from services.archiver.db.gaps import GapQuery, Ledger, SlotReport
from services.archiver.db.models import ArchivedFrame
from services.archiver.db.recovery import Orphans
from services.archiver.db.row_writer import RowWriter
from services.archiver.files.frame_files import ORPHAN_SECONDS, FrameFiles
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import FrameName, thumbnail_path_of
from shared.clock import Clock
from tests.archiver.support import AT, SLOT_START, noise, row, webp_of
from tests.support.waiting import eventually

NAME = FrameName("camera_1", SLOT_START)
BY_HAND = FrameName("camera_1", None, SLOT_START * 1000 + 1234)
DAY_SECONDS = 24 * 3600


@asynccontextmanager
async def keeping(shelf: FrameFiles, catalog: Catalog, ledger: Ledger) -> AsyncIterator[RowWriter]:
    bookkeeper = RowWriter(shelf, catalog, ledger, Problems(), Clock())
    task = asyncio.create_task(bookkeeper.run())
    try:
        yield bookkeeper
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await bookkeeper.drain(5)


def rows(catalog: Catalog) -> list[ArchivedFrame]:
    return list(catalog.page(FrameQuery(limit=500))[0])


def much_later() -> int:
    """When everything written now is old enough to be swept."""
    return time.time_ns() + (ORPHAN_SECONDS + 1) * 1_000_000_000


def stored(shelf: FrameFiles) -> list[str]:
    return sorted(file.path for camera in shelf.store.cameras() for day in shelf.store.files(camera) for file in day)


async def test_a_file_left_without_a_row_is_adopted_at_the_start(
    shelf: FrameFiles, catalog: Catalog, ledger: Ledger
) -> None:
    """A crash came between file and row; all the row says is in the file."""
    kept = shelf.keep(NAME, webp_of(interval_seconds=900))
    by_hand = shelf.keep(BY_HAND, webp_of(interval_seconds=None))
    async with keeping(shelf, catalog, ledger):
        await eventually(lambda: len(rows(catalog)) == 2)
    found = {row.kind: row for row in rows(catalog)}
    for file in (kept, by_hand):
        expected = file.row(AT).model_dump(exclude={"id", "created_at"})
        assert found[expected["kind"]].model_dump(exclude={"id", "created_at"}) == expected
    assert (found["slot"].interval_seconds, found["manual"].slot_start) == (900, None)


async def test_a_lost_database_is_made_anew_from_the_files(
    local_store: LocalStore, tmp_path: Path, sqlite_url: str
) -> None:
    """While the archiver runs, as soon as anybody notices."""
    shelf, engine = FrameFiles(local_store), open_engine(sqlite_url)
    catalog, ledger = Catalog(engine), Ledger(engine)
    for number in range(3):
        shelf.keep(FrameName(f"camera_{number}", SLOT_START + number * DAY_SECONDS), webp_of())
    async with keeping(shelf, catalog, ledger) as bookkeeper:
        await eventually(lambda: (tmp_path / "db" / "archive.db").exists() and bookkeeper._upgraded.is_set())
        await eventually(lambda: len(rows(catalog)) == 3)
        (tmp_path / "db" / "archive.db").unlink()
        assert not await bookkeeper.is_settled("camera_1", SLOT_START)
        await eventually(lambda: (tmp_path / "db" / "archive.db").stat().st_size)
        await eventually(lambda: bookkeeper._upgraded.is_set() and len(rows(catalog)) == 3)


def test_a_broken_file_without_a_row_is_set_aside_when_it_is_old(shelf: FrameFiles, catalog: Catalog) -> None:
    """It may be another archiver's work before; nothing broken ever gets a row."""
    shelf.store.write(NAME.path, webp_of()[:100])
    Orphans(shelf, catalog, time.time_ns).look_at_everything()
    assert stored(shelf) == [NAME.path]
    findings = Orphans(shelf, catalog, much_later).look_at_everything()
    assert (findings.broken, findings.adopted) == (1, 0)
    assert stored(shelf) == [NAME.path + ".broken"]
    assert rows(catalog) == []


def test_a_strangers_picture_is_left_alone(shelf: FrameFiles, catalog: Catalog) -> None:
    """Nobody deletes what they did not write."""
    shelf.store.write("camera_1/2026/11/22/notes.txt", b"mine")
    shelf.store.write(NAME.path, _unlabelled())
    findings = Orphans(shelf, catalog, much_later).look_at_everything()
    assert (findings.strangers, findings.adopted) == (1, 0)
    assert stored(shelf) == [NAME.path, "camera_1/2026/11/22/notes.txt"]


def test_a_thumbnail_without_its_frame_is_swept_when_it_is_old(shelf: FrameFiles, catalog: Catalog) -> None:
    """As when an archiver was killed while it deleted. A thumbnail whose frame is there stays."""
    shelf.keep(NAME, webp_of())
    shelf.store.write(thumbnail_path_of(BY_HAND.path), b"x")
    Orphans(shelf, catalog, time.time_ns).look_at_everything()
    assert len(stored(shelf)) == 3
    Orphans(shelf, catalog, much_later).look_at_everything()
    assert stored(shelf) == sorted([NAME.path, thumbnail_path_of(NAME.path)])


def test_a_deletion_that_a_crash_cut_short_is_finished(shelf: FrameFiles, catalog: Catalog) -> None:
    """The picture does not come back, not even by adoption."""
    catalog.add(shelf.keep(NAME, webp_of()).row(AT))
    catalog.delete([1], leave_gaps=True)
    orphans = Orphans(shelf, catalog, time.time_ns)
    orphans.finish_deletions()
    assert (stored(shelf), catalog.pending_deletions()) == ([], [])


def test_a_deleted_picture_that_another_archiver_writes_late_goes_as_well(shelf: FrameFiles, catalog: Catalog) -> None:
    """It was in the making when somebody deleted the first one."""
    catalog.add(shelf.keep(NAME, webp_of()).row(AT))
    catalog.delete([1], leave_gaps=True)
    shelf.remove(NAME.path)
    catalog.deletions_done([NAME.path])
    shelf.keep(NAME, webp_of())
    Orphans(shelf, catalog, time.time_ns).look_at_everything()
    assert (stored(shelf), rows(catalog)) == ([], [])


def test_what_a_killed_neighbour_left_is_found_while_this_one_runs(
    shelf: FrameFiles, catalog: Catalog, ledger: Ledger
) -> None:
    """Without reading all the archive again: only what is recent is looked at."""
    now = time.time_ns()
    running = slot_at(now, 3600).start_seconds
    ledger.settle(SlotReport("camera_1", "Porch", 3600, running, running, AT))
    names = FrameName("camera_1", running), FrameName("camera_1", None, now // 1_000_000)
    for name in (*names, NAME):
        shelf.keep(name, webp_of(interval_seconds=None if name.slot_start is None else 3600))
    orphans = Orphans(shelf, catalog, lambda: now)
    assert orphans.look_at_recent(ledger.cameras()).adopted == 2
    assert {found.path for found in rows(catalog)} == {name.path for name in names}
    hours_later = Orphans(shelf, catalog, lambda: now + 7200 * 1_000_000_000)
    assert hours_later.look_at_recent(ledger.cameras()).whole == 0


def test_rows_of_the_first_version_get_their_measures_and_thumbnails(shelf: FrameFiles, catalog: Catalog) -> None:
    """From their files; one that is broken is passed over."""
    kept = shelf.keep(NAME, webp_of(noise().point(lambda value: value // 4)))
    shelf.store.delete(thumbnail_path_of(NAME.path))
    for old in (kept.row(AT), row(slot_start=SLOT_START + 3600)):
        old.brightness = old.perceptual_hash = old.thumbnail_bytes = None
        catalog.add(old)
    assert Orphans(shelf, catalog, time.time_ns).measure() == 1
    found = catalog.get(1)
    assert found is not None
    assert (found.brightness, found.perceptual_hash) == (kept.looks.brightness, kept.looks.perceptual_hash)
    assert found.thumbnail_bytes == len(shelf.store.read(thumbnail_path_of(NAME.path)))


async def test_an_old_temporary_is_swept_at_the_start(
    local_store: LocalStore, catalog: Catalog, ledger: Ledger
) -> None:
    """It is what a killed writer left."""
    shelf = FrameFiles(local_store)
    shelf.keep(NAME, webp_of())
    temporary = (local_store.root / NAME.path).with_name(".tmp-x")
    temporary.write_bytes(b"half")
    os.utime(temporary, (0, 0))
    async with keeping(shelf, catalog, ledger):
        await eventually(lambda: not temporary.exists())


async def test_a_row_is_not_made_twice(shelf: FrameFiles, catalog: Catalog, ledger: Ledger) -> None:
    """The one that is there stays as it is."""
    file = shelf.keep(NAME, webp_of())
    async with keeping(shelf, catalog, ledger) as bookkeeper:
        await eventually(lambda: rows(catalog))
        entered = await bookkeeper.enter(file)
        assert entered is not None
        assert [found.id for found in rows(catalog)] == [entered.id]


async def test_a_table_that_is_gone_is_no_end(shelf: FrameFiles, catalog: Catalog, ledger: Ledger) -> None:
    """What can't be entered is kept on the store, and said."""
    async with keeping(shelf, catalog, ledger) as bookkeeper:
        await eventually(bookkeeper._upgraded.is_set)
        with writing(catalog._engine) as session:
            session.connection().execute(text("DROP TABLE archived_frame"))
        bookkeeper.enter_soon(shelf.keep(NAME, webp_of()))
        await eventually(lambda: any("archived_frame" in problem for problem in bookkeeper._problems.texts()))


async def test_what_waits_for_the_database_is_bounded_and_found_again_on_the_store(
    shelf: FrameFiles, catalog: Catalog, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outage of days must not fill the memory."""
    monkeypatch.setattr("services.archiver.db.row_writer.MOST_ROWS", 1)
    async with keeping(shelf, catalog, ledger) as bookkeeper:
        await eventually(lambda: bookkeeper._upgraded.is_set() and bookkeeper._behind_since is None)
        for number in range(3):
            bookkeeper.enter_soon(shelf.keep(FrameName("camera_1", SLOT_START + number), webp_of()))
        assert len(bookkeeper._rows) == 1
        await eventually(lambda: len(rows(catalog)) == 3)


async def test_gaps_wait_for_the_database_too(shelf: FrameFiles, catalog: Catalog, ledger: Ledger) -> None:
    """In order, with their reasons."""
    bookkeeper = RowWriter(shelf, catalog, ledger, Problems(), Clock())
    for hour in range(3):
        begin, until = SLOT_START, SLOT_START + hour * 3600
        bookkeeper.report(SlotReport("camera_1", "Porch", 3600, begin, until, AT))
    assert len(bookkeeper._reports) == 1
    task = asyncio.create_task(bookkeeper.run())
    await eventually(lambda: ledger.gaps(GapQuery())[0])
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    (gap,) = ledger.gaps(GapQuery())[0]
    assert (gap.start_seconds, gap.end_seconds) == (SLOT_START, SLOT_START + 2 * 3600)


def _unlabelled() -> bytes:
    file = io.BytesIO()
    noise().save(file, "WEBP")
    return file.getvalue()
