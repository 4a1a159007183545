"""`framecast rescan` and `framecast camera`: what they say, print as JSON, and exit with."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.archiver.db.frame_query import FrameQuery
from services.archiver.files.archive_marker import MARKER
from tests.archiver.test_service import ROOT, environment
from tests.support.archive import MadeArchive

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)


def command(env: dict[str, str], name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", f"services.archiver.{name}", *arguments]
    return subprocess.run(line, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path)


@pytest.fixture
def archive(env: dict[str, str]) -> MadeArchive:
    """Five frames of porch."""
    archive = MadeArchive.on_disk(env)
    archive.hours(BEGIN, range(5), camera_key="porch")
    return archive


def count(archive: MadeArchive) -> int:
    return archive.frame_rows.count(FrameQuery())


def test_the_exit_code_is_1_while_something_is_wrong_and_0_again_when_the_rows_are_dropped(
    archive: MadeArchive, env: dict[str, str]
) -> None:
    """In words first, then as JSON for programs."""
    assert command(env, "rescan").returncode == 0
    row = archive.frame_rows.latest("porch")
    assert row is not None
    archive.frame_files.store.delete(row.path)
    for options in ((), ("--sizes-only",)):
        done = command(env, "rescan", *options)
        assert done.returncode == 1
        assert "porch: 1 files are gone." in done.stdout
        assert "framecast rescan --drop-missing" in done.stdout
        assert row.path in done.stderr
    told = json.loads(command(env, "rescan", "--json").stdout)
    assert (told["is_right"], told["missing"], told["cameras"][0]["missing"]) == (False, 1, [row.path])
    assert count(archive) == 5
    assert command(env, "rescan", "--drop-missing").returncode == 0
    assert count(archive) == 4
    assert command(env, "rebuild").returncode == 0


def test_an_archive_that_is_not_there_keeps_its_rows(archive: MadeArchive, env: dict[str, str], tmp_path: Path) -> None:
    """Told to drop rows it refuses."""
    (tmp_path / "frames").rename(tmp_path / "unmounted")
    done = command(env, "rescan", "--drop-missing")
    assert done.returncode == 1
    assert "mounted" in done.stderr
    assert count(archive) == 5


def test_cameras_are_listed_renamed_and_forgotten(archive: MadeArchive, env: dict[str, str], tmp_path: Path) -> None:
    """Nothing is deleted without --yes; how much would be is said."""
    listed = command(env, "camera", "list")
    assert listed.stdout.startswith("porch  5 pictures  ")
    done = command(env, "camera", "rename", "porch", "garden")
    assert (done.returncode, done.stdout) == (0, "5 pictures of porch are pictures of garden now.\n")
    refused = command(env, "camera", "forget", "garden")
    assert refused.returncode == 2
    assert "This would delete 5 pictures of garden" in refused.stderr
    assert count(archive) == 5
    done = command(env, "camera", "forget", "garden", "--yes")
    assert (done.returncode, done.stdout) == (
        0,
        "garden is forgotten, with 5 pictures. Its time-lapses stay in their list.\n",
    )
    assert (count(archive), [each.name for each in (tmp_path / "frames").iterdir()]) == (0, [MARKER])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("rename", "nobody", "garden"), 1, "The archive has nothing of a camera nobody"),
        (("rename", "porch", "porch"), 2, "porch has this key already"),
        (("rename", "porch", "../etc"), 2, "is no camera key"),
        (("forget", "nobody", "--yes"), 1, "The archive has nothing of a camera nobody"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(
    archive: MadeArchive, env: dict[str, str], arguments: tuple[str, ...], code: int, words: str
) -> None:
    """Before anything is moved."""
    done = command(env, "camera", *arguments)
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr
    assert count(archive) == 5


def test_a_damaged_database_is_told_with_what_to_do_and_made_anew_then(
    archive: MadeArchive, env: dict[str, str], tmp_path: Path
) -> None:
    """The file is named. Without it the rows come from the pictures."""
    del archive
    file = tmp_path / "db/archive.db"
    content = file.read_bytes()
    for damaged in (b"no database" * 1000, content[:4096] + b"\0" * 4096 + content[8192:]):
        file.write_bytes(damaged)
        done = command(env, "rescan")
        assert done.returncode == 1
        assert f"Move the file {file} away" in done.stdout + done.stderr
    shutil.move(file, f"{file}.broken")
    done = command(env, "rescan")
    assert (done.returncode, "5 pictures have their rows, 5 of them new" in done.stdout) == (0, True)


@pytest.mark.parametrize("line", ["rescan", "camera list", "clock", "retention --now", "demo --days 1"])
def test_where_a_marker_is_expected_no_command_makes_a_database_beneath_the_mount_point(
    env: dict[str, str], tmp_path: Path, line: str
) -> None:
    """As the archiver, which waits for the disk."""
    point = tmp_path / "disk"
    point.mkdir()
    env |= {"ARCHIVE_DIR": f"{point}/frames", "DATABASE_URL": f"sqlite:///{point}/archive.db"}
    done = command(env | {"ARCHIVE_EXPECT_MARKER": "true"}, *line.split())
    assert done.returncode == 1
    assert "is not mounted" in done.stderr
    assert list(point.iterdir()) == []
