"""The database made anew from the files, by a command."""

import subprocess
import sys
from operator import itemgetter
from pathlib import Path

import pytest
from sqlalchemy import Engine

from services.archiver.db.engine import upgrade
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import FrameName
from tests.archiver.support import AT, SLOT_START, noise, webp_of
from tests.archiver.test_service import ROOT, environment

NAMES = [FrameName("camera_1", SLOT_START), FrameName("porch", None, SLOT_START * 1000 + 5)]


def rebuilt(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.archiver.rebuild"]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def env(tmp_path: Path, database_url: str) -> dict[str, str]:
    """Of a rebuild with files on the disk."""
    return environment(tmp_path, DATABASE_URL=database_url)


@pytest.fixture
def frame_files(local_store: LocalStore) -> FrameFiles:
    return FrameFiles(local_store)


def test_a_lost_database_is_made_anew_just_as_it_was(
    env: dict[str, str], frame_files: FrameFiles, engine: Engine, frame_rows: FrameRows
) -> None:
    """Every column but the id and when the row was made; done twice, it is done once."""
    expected = []
    for name in NAMES:
        row = ArchivedFrame.of(
            frame_files.save(name, webp_of(noise(640, 480), interval_seconds=3600 if name.slot_start else None)), AT
        )
        expected.append(row.model_dump(exclude={"id", "created_at"}))
    for new in (2, 0):
        done = rebuilt(env)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"2 pictures have their rows, {new} of them new." in done.stdout
    found = [row.model_dump(exclude={"id", "created_at"}) for row in frame_rows.page(FrameQuery(oldest_first=True))[0]]
    by_path = itemgetter("path")
    assert sorted(found, key=by_path) == sorted(expected, key=by_path)
    assert not upgrade(engine)


def test_a_row_without_a_whole_file_is_told_and_fails_the_rebuild(
    env: dict[str, str], frame_files: FrameFiles, frame_rows: FrameRows
) -> None:
    """It is not taken out: the file may be in a backup."""
    row = ArchivedFrame.of(frame_files.save(NAMES[0], webp_of()), AT)
    row.thumbnail_bytes = None
    frame_rows.add(row)
    frame_files.store.write(NAMES[0].path, webp_of()[:100])
    done = rebuilt(env)
    assert done.returncode == 1
    assert "1 rows have no whole file" in done.stdout
    assert "camera_1: 1 are not what was archived." in done.stdout
    assert NAMES[0].path in done.stderr
    assert len(frame_rows.page(FrameQuery())[0]) == 1


@pytest.mark.parametrize("is_outgrown", [False], indirect=True)
def test_a_database_that_is_away_is_said_in_one_line(env: dict[str, str], tmp_path: Path) -> None:
    """Without its address, which may hold a password."""
    (tmp_path / "file").write_text("")
    done = rebuilt(env | {"DATABASE_URL": f"sqlite:///{tmp_path}/file/archive.db"})
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("The rescan could not be finished: ")
