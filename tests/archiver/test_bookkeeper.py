"""Files without rows get theirs, whatever became of the archiver that wrote them."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from sqlalchemy import text

from services.archiver.bookkeeper import Bookkeeper
from services.archiver.catalog import Catalog, FrameQuery
from services.archiver.database import writing
from services.archiver.models import ArchivedFrame
from services.archiver.problems import Problems
from services.archiver.slots import Slot
from services.archiver.storage import FrameStore
from services.archiver.threads import Threads
from shared.clock import Clock
from tests.archiver.support import SLOT_START, webp_of
from tests.support.waiting import eventually

SLOT = Slot(SLOT_START, 3600)
DAY_SECONDS = 24 * 3600


@asynccontextmanager
async def keeping(store: FrameStore, catalog: Catalog) -> AsyncIterator[Bookkeeper]:
    bookkeeper = Bookkeeper(store, catalog, Threads(), Problems(), Clock())
    task = asyncio.create_task(bookkeeper.run())
    try:
        yield bookkeeper
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def rows(catalog: Catalog) -> list[ArchivedFrame]:
    return list(catalog.page(FrameQuery(limit=500))[0])


async def test_a_file_left_without_a_row_is_adopted_at_the_start(store: FrameStore, catalog: Catalog) -> None:
    """A crash came between file and row; all the row says is in the file."""
    kept = store.write("camera_1", SLOT, webp_of(interval_seconds=900))
    async with keeping(store, catalog):
        await eventually(lambda: rows(catalog))
    (found,) = rows(catalog)
    assert (found.path, found.sha256, found.bytes) == (kept.path, kept.sha256, kept.byte_count)
    assert (found.captured_at, found.interval_seconds) == (kept.captured_at, 900)


async def test_a_lost_database_is_made_anew_from_the_files(store: FrameStore, catalog: Catalog, tmp_path: Path) -> None:
    """While the archiver runs, as soon as anybody notices."""
    for number in range(3):
        store.write(f"camera_{number}", Slot(SLOT_START + number * DAY_SECONDS, 3600), webp_of())
    async with keeping(store, catalog) as bookkeeper:
        await eventually(lambda: len(rows(catalog)) == 3)
        (tmp_path / "db" / "archive.db").unlink()
        assert not await bookkeeper.knows("camera_1", SLOT_START)
        await eventually(lambda: (tmp_path / "db" / "archive.db").stat().st_size)
        await eventually(lambda: len(rows(catalog)) == 3)


async def test_a_broken_file_and_a_strangers_picture_are_left_alone(store: FrameStore, catalog: Catalog) -> None:
    """Nobody deletes what they did not write, and nothing broken gets a row."""
    broken, whole = Slot(SLOT_START + 3600, 3600), Slot(SLOT_START + 7200, 3600)
    store.write("camera_1", broken, webp_of())
    path = store.write("camera_1", whole, webp_of()).path
    broken_path = store.root / path.replace("160000", "150000")
    broken_path.write_bytes(broken_path.read_bytes()[:100])
    async with keeping(store, catalog):
        await eventually(lambda: rows(catalog))
    assert [found.slot_start for found in rows(catalog)] == [whole.start_seconds]
    assert broken_path.exists()


async def test_an_old_temporary_is_swept_at_the_start(store: FrameStore, catalog: Catalog) -> None:
    """It is what a killed writer left."""
    temporary = (store.root / store.write("camera_1", SLOT, webp_of()).path).with_name(".tmp-x")
    temporary.write_bytes(b"half")
    os.utime(temporary, (0, 0))
    async with keeping(store, catalog):
        await eventually(lambda: not temporary.exists())


async def test_a_row_is_not_made_twice(store: FrameStore, catalog: Catalog) -> None:
    """The one that is there stays as it is."""
    file = store.write("camera_1", SLOT, webp_of())
    async with keeping(store, catalog) as bookkeeper:
        await eventually(lambda: rows(catalog))
        await bookkeeper.enter("camera_1", SLOT_START, 3600, file)
        assert len(rows(catalog)) == 1


async def test_a_table_that_is_gone_is_no_end(store: FrameStore, catalog: Catalog) -> None:
    """What can't be entered is kept on the disk, and said."""
    async with keeping(store, catalog) as bookkeeper:
        await eventually(lambda: not bookkeeper._due.is_set())
        with writing(catalog._engine) as session:
            session.connection().execute(text("DROP TABLE archived_frame"))
        await bookkeeper.enter("camera_1", SLOT_START, 3600, store.write("camera_1", SLOT, webp_of()))
        assert any("no such table" in problem for problem in bookkeeper._problems.texts())
