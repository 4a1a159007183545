"""`python -m services.archiver.retention --dry-run`."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import make_url

from services.archiver.db.engine import open_engine, sqlite_file, upgrade
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from tests.archiver.test_service import environment
from tests.support.archive import MadeArchive

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = BEGIN + 20 * DAY


def ids(archive: MadeArchive) -> set[int | None]:
    return {row.id for row in archive.frame_rows.page(FrameQuery(limit=500))[0]}


def test_a_dry_run_prints_what_would_go_and_deletes_nothing(tmp_path: Path, local_store: LocalStore) -> None:
    """So the operator can check before anything is deleted."""
    env = environment(tmp_path, ARCHIVE_KEEP="all:30d", ARCHIVE_TIME_ZONE="Europe/Berlin")
    engine = open_engine(env["DATABASE_URL"])
    upgrade(engine)
    archive = MadeArchive(FrameFiles(local_store), FrameRows(engine))
    archive.hours(datetime(2020, 7, 1, tzinfo=UTC), range(3))
    command = [sys.executable, "-m", "services.archiver.retention", "--dry-run"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=True)
    lines = done.stdout.splitlines()
    assert "camera_1  2020-07-01 02:00:03 CEST" in lines[0]
    assert lines[-1].startswith("ARCHIVE_KEEP=all:30d: 2 pictures with "), "the newest stays"
    assert len(ids(archive)) == 3


def test_a_dry_run_tells_of_kept_frames(tmp_path: Path, local_store: LocalStore) -> None:
    """How many stay, and that a limit can't be met because of them."""
    env = environment(tmp_path, ARCHIVE_MAX_BYTES="1")
    engine = open_engine(env["DATABASE_URL"])
    upgrade(engine)
    archive = MadeArchive(FrameFiles(local_store), FrameRows(engine))
    rows = archive.hours(datetime(2020, 7, 1, tzinfo=UTC), range(3))
    archive.frame_rows.set_kept([rows[0].path], is_kept=True)
    size = rows[0].bytes + (rows[0].thumbnail_bytes or 0)
    command = [sys.executable, "-m", "services.archiver.retention", "--dry-run"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=True)
    stay, unmet, would_go = done.stdout.splitlines()
    assert stay == f"1 picture with {size} bytes marked as kept will stay."
    assert "more than ARCHIVE_MAX_BYTES=1" in unmet
    assert would_go.endswith(": 0 pictures with 0 bytes would go now.")


def test_a_dry_run_tells_of_each_camera(tmp_path: Path, local_store: LocalStore) -> None:
    """By which rules, and how much."""
    file = tmp_path / "cameras.toml"
    file.write_text("[[camera]]\ndevice_key = 'attic'\narchive_keep = 'all:7d'\narchive_max_bytes = 50_000_000\n")
    env = environment(tmp_path, CAMERAS_FILE=str(file))
    engine = open_engine(env["DATABASE_URL"])
    upgrade(engine)
    archive = MadeArchive(FrameFiles(local_store), FrameRows(engine))
    for camera_key in ("attic", "porch"):
        rows = archive.hours(datetime(2020, 7, 1, tzinfo=UTC), range(2), camera_key=camera_key)
    size = rows[0].bytes + (rows[0].thumbnail_bytes or 0)
    command = [sys.executable, "-m", "services.archiver.retention", "--dry-run"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=True)
    frame, attic, porch, total = done.stdout.splitlines()
    assert frame.startswith("attic  2020-07-01 00:00:03 UTC")
    assert attic == f"attic, by all:1w and archive_max_bytes = 50000000: 1 picture with {size} bytes."
    assert porch == "porch, by all:forever: 0 pictures with 0 bytes."
    assert total == f"ARCHIVE_KEEP=all:forever: 1 picture with {size} bytes would go now."


def test_a_dry_run_without_a_database_says_so(tmp_path: Path) -> None:
    """One line, and a code that a script can act on."""
    command = [sys.executable, "-m", "services.archiver.retention", "--dry-run"]
    done = subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "database" in done.stderr


def test_before_the_first_start_it_says_so_and_what_to_do(tmp_path: Path) -> None:
    """Not that a file can't be opened; and it makes none."""
    env = environment(tmp_path)
    for what in ("--dry-run", "--now"):
        command = [sys.executable, "-m", "services.archiver.retention", what]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("There is no archive yet, and nothing to delete: the database ")
        assert "Start it" in done.stderr
    file = sqlite_file(make_url(env["DATABASE_URL"]))
    assert file is not None
    assert not file.exists()
