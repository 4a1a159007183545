"""Retention and time-lapses as the operator sets them: what is refused, and what room is left."""

import shutil
import urllib.request
from pathlib import Path

import pytest

from services.archiver.base.errors import StorageFullError
from services.archiver.files.local_store import LocalStore
from tests.archiver.bus import ScriptedBus, ScriptedCamera
from tests.archiver.support import jpeg_of, webp_of
from tests.archiver.test_service import environment, running, start_in_vain
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
