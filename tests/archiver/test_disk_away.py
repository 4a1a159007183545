"""Whole archivers whose disk is unmounted, exchanged and mounted again: real disks, with ext4, of the tests' own."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.archiver.files.archive_marker import MARKER
from tests.archiver.bus import ScriptedBus, ScriptedCamera
from tests.archiver.support import jpeg_of, noise
from tests.archiver.test_service import ROOT, environment, running, start_in_vain
from tests.support.disks import Disk, ext4, made_ext4, run
from tests.support.waiting import wait_until

pytestmark = pytest.mark.disks
FRAMES = "/api/camera/frames"
REASON = "the disk is not mounted"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with ext4(tmp_path) as disk:
        yield disk


@pytest.fixture
def env(tmp_path: Path, disk: Disk) -> Iterator[dict[str, str]]:
    """Of an archiver with its pictures on the disk and its database elsewhere. Its camera has a slot each second."""
    env = environment(
        tmp_path, ARCHIVE_DIR=f"{disk.point}/frames", TIMELAPSE_DIR=f"{disk.point}/lapses", LOG_FORMAT="console"
    )
    camera = ScriptedCamera([jpeg_of(noise(64, 48))], interval_seconds=1)
    with ScriptedBus(env["BUS_CONNECT"], [camera]).running():
        yield env


def get(env: dict[str, str], path: str) -> Any:
    """The JSON, whatever the status."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{env['ARCHIVER_PORT']}{path}", timeout=20) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def status_of_image(env: dict[str, str], frame: dict[str, Any]) -> int:
    address = f"http://127.0.0.1:{env['ARCHIVER_PORT']}{FRAMES}/{frame['id']}/image"
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def frames(env: dict[str, str]) -> list[dict[str, Any]]:
    return list(get(env, f"{FRAMES}?limit=500").get("frames", []))


def problems(env: dict[str, str]) -> str:
    return " ".join(get(env, "/readyz")["problems"])


def reasons(env: dict[str, str]) -> set[str]:
    return {gap["reason"] for gap in get(env, f"{FRAMES}/gaps").get("gaps", [])}


def beneath(disk: Disk) -> list[str]:
    """What is in the directory that the disk is mounted over."""
    assert not disk.is_mounted()
    return sorted(str(path.relative_to(disk.point)) for path in disk.point.rglob("*"))


def missed(env: dict[str, str]) -> int:
    """How many slots the running archiver has missed so far. It knows that without its database."""
    return sum(camera["missed_slots"] for camera in get(env, f"{FRAMES}/capturing")["cameras"])


def wait_for_missed_slots(env: dict[str, str]) -> None:
    """Whole ones. The slot in which the disk goes, or is first missed, may still get its picture when it is back."""
    before = missed(env)
    wait_until(lambda: missed(env) >= before + 2, "slots are missed", 30)


def wait_for_more(env: dict[str, str]) -> None:
    before = len(frames(env))
    wait_until(lambda: len(frames(env)) >= before + 2, "more frames are archived", 30)


def assert_all_readable(env: dict[str, str]) -> None:
    assert {status_of_image(env, frame) for frame in frames(env)} == {200}


def test_a_disk_unmounted_while_it_runs_costs_gaps_that_say_so_and_nothing_else(
    env: dict[str, str], disk: Disk
) -> None:
    """And a restart meanwhile, and the disk mounted again: all by itself. Deleting waits for the disk, too."""
    with running(env):
        wait_for_more(env)
        (kept, deleted), before = frames(env)[-2:], len(frames(env))
        disk.unmount()
        wait_until(lambda: "is not mounted" in problems(env), "the problem is told", 15)
        assert len(get(env, "/readyz")["problems"]) == 1
        assert status_of_image(env, kept) == 503
        address = f"http://127.0.0.1:{env['ARCHIVER_PORT']}{FRAMES}/{deleted['id']}"
        urllib.request.urlopen(urllib.request.Request(address, method="DELETE"), timeout=20).close()
        wait_until(lambda: REASON in reasons(env), "the slots tell of it", 20)
        assert beneath(disk) == []
    with running(env):
        wait_until(lambda: "is not mounted" in problems(env), "a new process knows it", 15)
        told = problems(env)
        assert str(disk.point) in told
        assert "mount it" in told
        assert "echo " in told
        assert len(frames(env)) <= before + 1
        assert beneath(disk) == []
        disk.mount()
        wait_for_more(env)
        wait_until(lambda: get(env, "/readyz") == {"status": "ready", "problems": []}, "it has healed", 15)
        wait_until(lambda: len(list(disk.point.rglob(f"*{Path(deleted['image_url']).name}"))) == 0)
        assert_all_readable(env)
        ids = {frame["id"] for frame in frames(env)}
        assert kept["id"] in ids
        assert deleted["id"] not in ids
    disk.unmount()
    assert beneath(disk) == []
    done = subprocess.run(
        [sys.executable, "-m", "services.archiver.rebuild"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "is not mounted" in done.stderr) == (1, True)
    assert beneath(disk) == []


def test_a_disk_of_another_archive_gets_no_picture(env: dict[str, str], disk: Disk, tmp_path: Path) -> None:
    """Although it is mounted at the same place, and has an archive."""
    other = made_ext4(tmp_path / "other.img")
    with running(env):
        wait_for_more(env)
        disk.unmount()
        disk.mount(other)
        (disk.point / "frames").mkdir()
        (disk.point / "frames" / MARKER).write_text("0123abcd\n")
        wait_until(lambda: "another archive" in problems(env), "the problem is told", 15)
        wait_until(lambda: REASON in reasons(env), "the slots tell of it", 20)
        assert [file.name for file in disk.point.rglob("*") if file.is_file()] == [MARKER]
        disk.unmount()
        disk.mount()
        wait_for_more(env)
        wait_until(lambda: problems(env) == "", "it has healed", 15)


def test_with_the_database_on_the_same_disk_nothing_is_made_beneath_while_it_runs(
    env: dict[str, str], disk: Disk
) -> None:
    """The gaps wait in memory, and have their reason in the end."""
    env |= {"DATABASE_URL": f"sqlite:///{disk.point}/archive.db"}
    with running(env):
        wait_for_more(env)
        with disk.away():
            wait_until(lambda: "is not mounted" in problems(env), "the problem is told", 15)
            wait_until(lambda: "can't be used" in problems(env), "also the database's", 15)
            wait_for_missed_slots(env)
            assert beneath(disk) == []
        wait_until(lambda: REASON in reasons(env), "the slots tell of it", 60)
        wait_until(lambda: problems(env) == "", "it has healed", 60)
        wait_for_more(env)
        assert_all_readable(env)


def test_where_a_marker_is_expected_a_start_without_the_disk_makes_nothing(env: dict[str, str], disk: Disk) -> None:
    """Neither pictures nor a database nor time-lapses; and it heals."""
    env |= {"DATABASE_URL": f"sqlite:///{disk.point}/archive.db"}
    with running(env):
        wait_for_more(env)
    env |= {"ARCHIVE_EXPECT_MARKER": "true"}
    disk.unmount()
    with running(env):
        wait_until(lambda: "ARCHIVE_EXPECT_MARKER" in problems(env), "the problem is told", 15)
        wait_for_missed_slots(env)
        assert beneath(disk) == []
        disk.mount()
        wait_until(lambda: REASON in reasons(env), "the slots tell of it", 60)
        wait_for_more(env)
        wait_until(lambda: problems(env) == "", "it has healed", 60)


def test_a_disk_that_fstab_names_is_waited_for(env: dict[str, str], disk: Disk, tmp_path: Path) -> None:
    """Even by a new archive with a new database. In a mount namespace of its own, with an fstab of its own."""
    disk.unmount()
    env |= {"DATABASE_URL": f"sqlite:///{disk.point}/archive.db"}
    fstab = tmp_path / "fstab"
    fstab.write_text(f"LABEL=big {disk.point} ext4 defaults,nofail 0 2\n")
    script = f"mount --bind {fstab} /etc/fstab && exec {sys.executable} -m services.archiver"
    with subprocess.Popen(["unshare", "--mount", "sh", "-c", script], env=env, cwd=ROOT) as process:
        try:
            wait_until(lambda: "/etc/fstab names" in _problems_or_none(env), "the problem is told", 60)
            assert beneath(disk) == []
            run("nsenter", "-t", str(process.pid), "-m", "mount", "-o", "loop", str(disk.image), str(disk.point))
            wait_until(lambda: len(frames(env)) >= 2, "frames are archived", 60)
            wait_until(lambda: problems(env) == "", "it has healed", 60)
            assert beneath(disk) == []
        finally:
            process.kill()
            process.wait()


def _problems_or_none(env: dict[str, str]) -> str:
    try:
        return problems(env)
    except OSError:
        return ""


def test_a_linked_folder_whose_disk_is_away_costs_its_camera_alone(
    env: dict[str, str], disk: Disk, tmp_path: Path
) -> None:
    """The camera's folder is a link to the mount point of a disk."""
    env |= {"ARCHIVE_DIR": str(tmp_path / "frames")}
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "camera_1").symlink_to(disk.point)
    with running(env):
        wait_for_more(env)
        with disk.away():
            wait_until(lambda: "is not mounted" in problems(env), "the problem is told", 15)
            wait_until(lambda: REASON in reasons(env), "the slots tell of it", 20)
            assert beneath(disk) == []
        wait_for_more(env)
        wait_until(lambda: problems(env) == "", "it has healed", 15)
        assert_all_readable(env)


def test_a_directory_of_another_owner_is_one_line_with_the_command_that_mends_it(tmp_path: Path) -> None:
    """It works when it is typed."""
    for above in (tmp_path, *tmp_path.parents):
        above.chmod(above.stat().st_mode | 0o005)
    root = tmp_path / "data"
    root.mkdir(mode=0o755)
    env = environment(root)
    script = (
        "import os\n"
        "from services.archiver.__main__ import main\n"  # while Python's own files can be read
        "from shared.lifecycle import run_service\n"
        "os.setgid(65534); os.setuid(65534); run_service(main)\n"
    )
    (root / "frames").mkdir(mode=0o755)
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    command = f"sudo chown -R 65534:65534 {root}/frames"
    assert command in done.stderr
    run(*command.split()[1:])
    again = subprocess.run(
        [sys.executable, "-c", script], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert "ARCHIVE_DIR" not in again.stderr


def test_sqlite_on_a_network_file_system_is_one_line_and_code_2(tmp_path: Path) -> None:
    """With what to do."""
    fake = tmp_path / "mountinfo"
    env = environment(tmp_path)
    code = (
        "from pathlib import Path; import re, sys\n"
        "from services.archiver.files import mounts\n"
        f"mounts.MOUNTINFO = Path({str(fake)!r})\n"
        "text = Path('/proc/self/mountinfo').read_text()\n"
        "mounts.MOUNTINFO.write_text(re.sub(r' - \\S+ ', ' - nfs4 ', text))\n"
        "import runpy; runpy.run_module('services.archiver', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(f"DATABASE_URL names the SQLite file '{tmp_path}/db/archive.db'")
    assert "nfs4" in done.stderr
    assert "local disk" in done.stderr
    assert not (tmp_path / "db").exists()
    assert start_in_vain(env | {"ARCHIVER_PORT": "x"}).returncode == 2
