"""The archive is checked little by little: all of it in a month, and nothing on a disk that is not there."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from services.archiver.db.camera_changes import CameraChanges
from services.archiver.db.recovery import Recovery
from services.archiver.files.local_store import LocalStore
from services.archiver.upkeep import slow_check
from services.archiver.upkeep.check import Check
from services.archiver.upkeep.rename import rename_camera
from services.archiver.upkeep.slow_check import SlowCheck
from tests.support.archive import MadeArchive

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
MakeIt = Callable[[], SlowCheck]
pytestmark = pytest.mark.parametrize("is_outgrown", [False], indirect=True)


@pytest.fixture
def make(engine: Engine, archive: MadeArchive, recovery: Recovery, monkeypatch: pytest.MonkeyPatch) -> MakeIt:
    """A check that rests no time and takes five hours for all files."""
    monkeypatch.setattr(slow_check, "HOURS_OF_A_ROUND", 5)
    store = archive.frame_files.store

    def made() -> SlowCheck:
        check = SlowCheck(engine, store, recovery, lambda: Check(engine, store, with_hashes=True))
        check.rest = lambda _: None
        return check

    return made


async def test_all_files_have_had_their_turn_after_a_round_also_across_restarts(
    make: MakeIt, archive: MadeArchive
) -> None:
    """Each hour has its share; damage in the last part is found in the last hour, and said with its path."""
    rows = archive.hours(BEGIN, range(20))
    content = bytearray(archive.frame_files.store.read(rows[-1].path))
    content[-40] ^= 0xFF
    archive.frame_files.store.write(rows[-1].path, bytes(content))
    told = []
    for _ in range(5):
        check = make()
        assert await check.check_part() == 4
        told.append(check.problems.texts())
    assert told[:4] == [[]] * 4
    assert rows[-1].path in told[4][0]
    assert "framecast rescan" in told[4][0]


async def test_what_was_found_is_said_until_it_is_mended(make: MakeIt, archive: MadeArchive) -> None:
    """By a file from a backup, or because the row is gone."""
    lost, dropped, *_ = archive.hours(BEGIN, range(6))
    content = archive.frame_files.store.read(lost.path)
    check = make()
    for row in (lost, dropped):
        archive.frame_files.store.delete(row.path)
    await check.check_part()
    assert check.problems.texts()[0].startswith("2 files of the archive are gone")
    archive.frame_files.store.write(lost.path, content)
    archive.frame_rows.drop({dropped.id or 0: dropped.path})
    await check.check_part()
    assert check.problems.texts() == []


async def test_an_archive_whose_disk_is_away_is_not_called_damaged(
    make: MakeIt, archive: MadeArchive, local_store: LocalStore, tmp_path: Path
) -> None:
    """It is looked at again when it is back."""
    archive.hours(BEGIN, range(10))
    check = make()
    local_store.root.rename(tmp_path / "unmounted")
    local_store.root.mkdir()
    assert await check.check_part() == 0
    assert "is the disk mounted" in check.problems.texts()[0]
    local_store.root.rmdir()
    (tmp_path / "unmounted").rename(local_store.root)
    assert await check.check_part() == 2
    assert check.problems.texts() == []


async def test_an_empty_archive_is_whole(make: MakeIt) -> None:
    """There is nothing to look at."""
    check = make()
    assert (await check.check_part(), check.problems.texts()) == (0, [])


async def test_what_was_found_of_a_camera_is_still_said_after_it_was_renamed(
    make: MakeIt, archive: MadeArchive, engine: Engine
) -> None:
    """With the path that it has now."""
    rows = archive.hours(BEGIN, range(6))
    store = archive.frame_files.store
    check = make()
    content = bytearray(store.read(rows[0].path))
    content[-40] ^= 0xFF
    store.write(rows[0].path, bytes(content))
    await check.check_part()
    assert rows[0].path in check.problems.texts()[0]
    rename_camera(engine, store, rows[0].camera_key, "porch")
    await check.check_part()
    (text,) = check.problems.texts()
    assert rows[0].path.replace(rows[0].camera_key, "porch") in text


async def test_files_that_are_being_renamed_are_not_called_gone(
    make: MakeIt, archive: MadeArchive, engine: Engine
) -> None:
    """They are moved first, and then their rows are changed. All of them may be on the way."""
    rows = archive.hours(BEGIN, range(6))
    CameraChanges(engine).begin(rows[0].camera_key, "porch")
    for row in rows:
        archive.frame_files.store.move({row.path: row.path.replace(row.camera_key, "porch")})
    check = make()
    await check.check_part()
    assert check.problems.texts() == []
