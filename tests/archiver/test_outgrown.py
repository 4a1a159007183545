"""Whole archivers on both kinds of archive: a disk with SQLite, and an object store with PostgreSQL."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from benchmarks.archive_kills import Place, killed
from services.archiver.base.errors import StorageUnavailableError
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.gaps import GapQuery, GapRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.paths import thumbnail_path_of
from services.archiver.files.store import FrameStore
from tests.archiver.bus import ScriptedBus, ScriptedCamera
from tests.archiver.place import running_archiver, unhurried_end
from tests.archiver.support import MONTH_SECONDS, jpeg_of, noise
from tests.support.waiting import eventually


def rows(frame_rows: FrameRows) -> list[ArchivedFrame]:
    return list(frame_rows.page(FrameQuery(limit=500))[0])


async def test_two_archivers_keep_one_file_and_one_row_per_slot(
    engine: Engine, store: FrameStore, frame_rows: FrameRows, gap_rows: GapRows, tmp_path: Path
) -> None:
    """Whoever is first; each row describes the file that is there, and no slot is both there and missing."""
    camera = ScriptedCamera([jpeg_of(noise(320, 240)) for _ in range(20)], interval_seconds=1)
    bus = f"ipc://{tmp_path}/bus"
    with ScriptedBus(bus, [camera]).running(), unhurried_end():
        async with running_archiver(engine, store, bus), running_archiver(engine, store, bus):
            await eventually(lambda: len(rows(frame_rows)) >= 4, timeout_seconds=20)
    frame_files, found = FrameFiles(store), rows(frame_rows)
    paths = {file.path for file in next(iter(store.files("camera_1")))}
    assert paths == {path for row in found for path in (row.path, thumbnail_path_of(row.path))}
    for row in found:
        assert len(frame_files.image(row)) == row.bytes
    missing = {start for gap in gap_rows.gaps(GapQuery())[0] for start in range(gap.start_seconds, gap.end_seconds)}
    assert not missing & {row.slot_start for row in found}


async def test_a_store_that_is_away_is_said_and_the_picture_kept_until_it_is_back(
    engine: Engine, store: FrameStore, frame_rows: FrameRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was taken when it was due."""

    def away(*_: object) -> None:
        raise StorageUnavailableError("The archive's object store can't be written: no answer.")

    camera = ScriptedCamera([jpeg_of()], interval_seconds=MONTH_SECONDS)
    bus = f"ipc://{tmp_path}/bus"
    with ScriptedBus(bus, [camera]).running(), monkeypatch.context() as patch:
        patch.setattr(store, "write_first", away)
        async with running_archiver(engine, store, bus) as archiver:
            await eventually(lambda: any("no answer" in problem for problem in archiver.problems()))
            patch.undo()
            await eventually(lambda: rows(frame_rows))
            await eventually(lambda: archiver.problems() == [])
    assert camera.times_demanded == 1


def test_an_archiver_that_was_killed_before_it_had_a_database_has_lost_nothing(tmp_path: Path) -> None:
    """As on a busy machine, where its start takes long. Nobody is there who would make one."""
    place = Place(tmp_path, f"ipc://{tmp_path}/bus")
    place.note_rows()
    assert place.seen == {}


@pytest.mark.parametrize("neighbours", [0, 1])
def test_killed_at_any_instant_nothing_is_lost_or_doubled(tmp_path: Path, neighbours: int) -> None:
    """A few times here; `benchmarks/archive.py` does it two hundred times, and waits for recovery to go."""
    account = killed(tmp_path / "place", 3, neighbours, settling_seconds=3)
    assert (account["lost"], account["doubled"]) == (0, 0)
    assert account["frames"]
