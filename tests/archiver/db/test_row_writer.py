"""Files get their rows whatever happens to the database, and whatever became of the archiver that wrote them."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from services.archiver.base.problems import Problems
from services.archiver.db.engine import open_engine, upgrade, writing
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.gaps import GapQuery, GapRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.db.row_writer import RowWriter
from services.archiver.db.slot_report import SlotReport
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import FrameName
from shared.clock import Clock
from tests.archiver.support import AT, SLOT_START, webp_of
from tests.support.waiting import eventually

NAME = FrameName("camera_1", SLOT_START)
MANUAL = FrameName("camera_1", None, SLOT_START * 1000 + 1234)
DAY_SECONDS = 24 * 3600


@asynccontextmanager
async def running_row_writer(engine: Engine, frame_files: FrameFiles) -> AsyncIterator[RowWriter]:
    row_writer = RowWriter(engine, frame_files, Problems(), Clock())
    task = asyncio.create_task(row_writer.run())
    try:
        yield row_writer
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await row_writer.finish(5)


def rows(frame_rows: FrameRows) -> list[ArchivedFrame]:
    return list(frame_rows.page(FrameQuery(limit=500))[0])


async def test_a_file_left_without_a_row_is_adopted_at_the_start(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """A crash came between file and row; all the row says is in the file."""
    of_slot = frame_files.save(NAME, webp_of(interval_seconds=900))
    manual = frame_files.save(MANUAL, webp_of(interval_seconds=None))
    async with running_row_writer(engine, frame_files):
        await eventually(lambda: len(rows(frame_rows)) == 2)
    found = {row.kind: row for row in rows(frame_rows)}
    for frame in (of_slot, manual):
        expected = ArchivedFrame.of(frame, AT).model_dump(exclude={"id", "created_at"})
        assert found[expected["kind"]].model_dump(exclude={"id", "created_at"}) == expected
    assert (found["slot"].interval_seconds, found["manual"].slot_start) == (900, None)


async def test_a_lost_database_is_made_again_from_the_files(
    local_store: LocalStore, tmp_path: Path, sqlite_url: str
) -> None:
    """While the archiver runs, as soon as a query fails."""
    frame_files, engine = FrameFiles(local_store), open_engine(sqlite_url)
    frame_rows, file = FrameRows(engine), tmp_path / "db" / "archive.db"
    for number in range(3):
        frame_files.save(FrameName(f"camera_{number}", SLOT_START + number * DAY_SECONDS), webp_of())
    async with running_row_writer(engine, frame_files) as row_writer:
        await eventually(lambda: file.exists() and row_writer._upgraded.is_set())
        await eventually(lambda: len(rows(frame_rows)) == 3)
        file.unlink()
        assert not await row_writer.is_done("camera_1", SLOT_START)
        await eventually(lambda: file.stat().st_size)
        await eventually(lambda: row_writer._upgraded.is_set() and len(rows(frame_rows)) == 3)


async def test_an_old_temporary_file_is_swept_at_the_start(
    local_store: LocalStore, engine: Engine, frame_rows: FrameRows
) -> None:
    """A killed writer left it."""
    del frame_rows
    frame_files = FrameFiles(local_store)
    frame_files.save(NAME, webp_of())
    temporary = (local_store.root / NAME.path).with_name(".tmp-x")
    temporary.write_bytes(b"half")
    os.utime(temporary, (0, 0))
    async with running_row_writer(engine, frame_files):
        await eventually(lambda: not temporary.exists())


async def test_a_row_is_not_made_twice(engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows) -> None:
    """The one that is there stays as it is."""
    file = frame_files.save(NAME, webp_of())
    async with running_row_writer(engine, frame_files) as row_writer:
        await eventually(lambda: rows(frame_rows))
        inserted = await row_writer.insert(file)
        assert inserted is not None
        assert [found.id for found in rows(frame_rows)] == [inserted.id]


async def test_a_table_that_is_gone_is_no_end(engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows) -> None:
    """A frame whose row can't be inserted is kept on the store, and the problem is shown."""
    async with running_row_writer(engine, frame_files) as row_writer:
        await eventually(row_writer._upgraded.is_set)
        with writing(engine) as session:
            session.connection().execute(text("DROP TABLE archived_frame"))
        row_writer.insert_soon(frame_files.save(NAME, webp_of()))
        await eventually(lambda: any("archived_frame" in problem for problem in row_writer._problems.texts()))
    del frame_rows


async def test_the_queue_is_bounded_and_what_it_drops_is_found_again_on_the_store(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outage of days must not fill the memory."""
    monkeypatch.setattr("services.archiver.db.row_writer.MOST_ROWS", 1)
    async with running_row_writer(engine, frame_files) as row_writer:
        await eventually(lambda: row_writer._upgraded.is_set() and row_writer._recovery_loop._behind_since is None)
        for number in range(3):
            row_writer.insert_soon(frame_files.save(FrameName("camera_1", SLOT_START + number), webp_of()))
        assert len(row_writer._rows) == 1
        await eventually(lambda: len(rows(frame_rows)) == 3)


async def test_gaps_wait_for_the_database_too(engine: Engine, frame_files: FrameFiles, gap_rows: GapRows) -> None:
    """In order, with their reasons."""
    row_writer = RowWriter(engine, frame_files, Problems(), Clock())
    for hour in range(3):
        begin, until = SLOT_START, SLOT_START + hour * 3600
        row_writer.report(SlotReport("camera_1", "Porch", 3600, begin, until, AT))
    assert len(row_writer._held._held) == 1, "they wait as one"
    task = asyncio.create_task(row_writer.run())
    await eventually(lambda: gap_rows.gaps(GapQuery())[0])
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    (gap,) = gap_rows.gaps(GapQuery())[0]
    assert (gap.start_seconds, gap.end_seconds) == (SLOT_START, SLOT_START + 2 * 3600)


async def test_at_the_end_what_is_queued_is_written(
    engine: Engine, frame_files: FrameFiles, frame_rows: FrameRows, gap_rows: GapRows
) -> None:
    """So an orderly end leaves no file without its row, even if `run` had no turn any more."""
    row_writer = RowWriter(engine, frame_files, Problems(), Clock())
    row_writer.insert_soon(frame_files.save(NAME, webp_of()))
    row_writer.report(SlotReport("camera_1", "Porch", 3600, SLOT_START, SLOT_START, AT))
    assert await row_writer.finish(30) == 0
    assert [row.path for row in rows(frame_rows)] == [NAME.path]
    assert [camera.key for camera in gap_rows.cameras()] == ["camera_1"]


async def test_a_database_that_is_locked_at_the_end_delays_it_only_to_the_deadline(
    local_store: LocalStore, sqlite_url: str, tmp_path: Path
) -> None:
    """The row that is left is counted, and adopted at the next start."""
    frame_files, engine = FrameFiles(local_store), open_engine(sqlite_url)
    upgrade(engine)
    with closing(sqlite3.connect(tmp_path / "db" / "archive.db", isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        row_writer = RowWriter(engine, frame_files, Problems(), Clock())
        row_writer.insert_soon(frame_files.save(NAME, webp_of()))
        assert await row_writer.finish(0.1) >= 1
        lock.execute("ROLLBACK")
    async with running_row_writer(engine, frame_files):
        await eventually(lambda: len(rows(FrameRows(engine))) == 1)
