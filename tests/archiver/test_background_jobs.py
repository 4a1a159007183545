"""Retention and time-lapses as the operator sets them: what is refused, and what room is left."""

import shutil
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.archiver.base.errors import StorageFullError
from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from tests.archiver.bus import ScriptedBus, ScriptedCamera
from tests.archiver.support import jpeg_of, webp_of
from tests.archiver.test_service import ROOT, environment, running, start_in_vain
from tests.support.archive import MadeArchive
from tests.support.waiting import wait_until


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ARCHIVE_KEEP", "all:30", "but must be tiers such as all:30d,daily@12:00:2y"),
        ("ARCHIVE_TIME_ZONE", "Europe/Atlantis", "but must be a time zone such as Europe/Berlin"),
        ("ARCHIVE_MAX_BYTES", "-1", "but must be a number of bytes"),
        ("ARCHIVE_MIN_FREE_BYTES", "5G", "but must be a number of bytes"),
        ("TIMELAPSE_KEEP", "a while", "but must be an age such as 30d"),
        ("TIMELAPSE_FFMPEG", "/no/such/ffmpeg", "but must be the path or the name of an ffmpeg program"),
        ("TIMELAPSE_DIR", "/dev/null", "but must be a directory that can be written"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_line_and_code_2(
    name: str, value: str, words: str, tmp_path: Path
) -> None:
    """Above all a rule of deletion that was mistyped."""
    done = start_in_vain(environment(tmp_path, **{name: value}))
    assert done.returncode == 2
    assert done.stderr.startswith(f"{name} is '{value}' {words}")
    assert done.stderr.count("\n") == 1


def test_a_bad_rule_in_the_cameras_file_is_one_line_and_code_2(tmp_path: Path) -> None:
    """It names file, camera and key. The dry run refuses it as well."""
    file = tmp_path / "cameras.toml"
    file.write_text("[[camera]]\ndevice_key = 'door'\narchive_keep = 'all:30'\n")
    env = environment(tmp_path, CAMERAS_FILE=str(file))
    dry_run = [sys.executable, "-m", "services.archiver.retention", "--dry-run"]
    for done in (
        start_in_vain(env),
        subprocess.run(dry_run, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False),
    ):
        assert done.returncode == 2
        assert done.stderr.startswith(
            f"CAMERAS_FILE '{file}': camera 'door': archive_keep is 'all:30' but must be tiers"
        )
        assert done.stderr.count("\n") == 1


def test_the_cameras_rules_are_told_over_http_and_a_bad_change_is_a_problem(tmp_path: Path) -> None:
    """Without a restart. A file that can't be read does not keep the archiver from starting."""
    file = tmp_path / "cameras.toml"
    env = environment(tmp_path, CAMERAS_FILE=str(file))
    engine = open_engine(env["DATABASE_URL"])
    upgrade(engine)
    (tmp_path / "frames").mkdir()
    archive = MadeArchive(FrameFiles(LocalStore(tmp_path / "frames")), FrameRows(engine))
    archive.hours(datetime(2026, 10, 1, tzinfo=UTC), range(2), camera_key="door")
    engine.dispose()

    def told(path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{env['ARCHIVER_PORT']}{path}", timeout=20) as answer:
            return str(answer.read().decode())

    with running(env):
        wait_until(lambda: "until it can be read" in told("/readyz"), "it says that the file can't be read")
        file.write_text("[[camera]]\ndevice_key = 'door'\narchive_keep = 'all:7d'\narchive_max_bytes = 5\n")
        wait_until(lambda: '"has_own_keep":true' in told("/api/camera/retention"), "the rules are in force")
        assert '"keep":"all:1w","has_own_keep":true,"max_bytes":5' in told("/api/camera/retention")
        file.write_text("[[camera]]\ndevice_key = 'door'\narchive_max_bytes = -1\n")
        wait_until(lambda: "archive_max_bytes is '-1'" in told("/readyz"), "it says what is wrong")
        assert '"max_bytes":5' in told("/api/camera/retention")


def test_below_the_floor_nothing_is_written_and_nothing_deleted(tmp_path: Path) -> None:
    """Another program's disk hunger must not eat the archive."""
    LocalStore(tmp_path).write_first("a/1.webp", webp_of(), lambda _: True)
    floor = shutil.disk_usage(tmp_path).total * 2
    with pytest.raises(StorageFullError, match="ARCHIVE_MIN_FREE_BYTES"):
        LocalStore(tmp_path, floor).write_first("a/2.webp", webp_of(), lambda _: True)
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["1.webp"]


def test_below_the_floor_the_archiver_stays_up_and_says_why(tmp_path: Path) -> None:
    """In words, where an operator looks."""
    floor = str(shutil.disk_usage(tmp_path).total * 2)
    env = environment(tmp_path, ARCHIVE_MIN_FREE_BYTES=floor)
    camera = ScriptedCamera([jpeg_of()], interval_seconds=2)

    def readiness() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{env['ARCHIVER_PORT']}/readyz", timeout=20) as answer:
            return str(answer.read().decode())

    def gaps() -> str:
        address = f"http://127.0.0.1:{env['ARCHIVER_PORT']}/api/camera/frames/gaps"
        with urllib.request.urlopen(address, timeout=20) as answer:
            return str(answer.read().decode())

    with ScriptedBus(env["BUS_CONNECT"], [camera]).running(), running(env):
        wait_until(lambda: "ARCHIVE_MIN_FREE_BYTES" in readiness(), "it says so")
        wait_until(lambda: "disk full" in gaps(), "the slots tell of it", 20)
    assert not list((tmp_path / "frames").rglob("*.webp"))
