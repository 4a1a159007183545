"""The archiver as a process: how it starts, refuses and ends."""

import http.client
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.archiver.files.store import TEMPORARY_PREFIX
from tests.archiver.bus import ScriptedBus, ScriptedCamera
from tests.archiver.support import MONTH_SECONDS, jpeg_of, noise
from tests.support.waiting import PATIENCE, wait_until

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(root: Path, **changed: str) -> dict[str, str]:
    return os.environ | {
        "ARCHIVER_HOST": "127.0.0.1",
        "ARCHIVER_PORT": str(free_port()),
        "ARCHIVE_DIR": str(root / "frames"),
        "DATABASE_URL": f"sqlite:///{root}/db/archive.db",
        "TIMELAPSE_DIR": str(root / "timelapses"),
        "BUS_CONNECT": f"ipc://{root}/bus",
        **changed,
    }


@contextmanager
def running(env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The service, answering."""
    command = [sys.executable, "-m", "services.archiver"]
    with subprocess.Popen(command, env=env, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_until(lambda: process.poll() is not None or ready(env), "it is ready", 60)
            yield process
        finally:
            process.kill()
            process.communicate()


def start_in_vain(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.archiver"]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def ready(env: dict[str, str]) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{env['ARCHIVER_PORT']}/readyz", timeout=20) as answer:
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False


def status_by(host: str, path: str, env: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", int(env["ARCHIVER_PORT"]), timeout=20)
    connection.request("GET", path, headers={"Host": host})
    status = connection.getresponse().status
    connection.close()
    return status


def seconds_to_end(process: subprocess.Popen[str], number: int) -> float:
    """After that signal; the exit code must be 0."""
    process.send_signal(number)
    began = time.monotonic()
    assert process.wait(60) == 0
    return time.monotonic() - began


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_time_with_code_0(number: int, tmp_path: Path) -> None:
    """At rest, with nothing on the bus."""
    with running(environment(tmp_path)) as process:
        assert seconds_to_end(process, number) < 2 * PATIENCE


def test_without_a_password_a_name_that_is_not_ours_reads_nothing(tmp_path: Path) -> None:
    """A stranger's name server may have led it here, with his page."""
    env = environment(tmp_path)
    with running(env):
        assert status_by("evil.example", "/api/camera/frames", env) == 403
        assert status_by("evil.example", "/healthz", env) == 200
        wait_until(lambda: status_by("archiver:8002", "/api/camera/frames", env) == 200, "the archive answers")


def test_it_ends_in_time_while_a_picture_is_encoded_and_makes_up_for_it_later(tmp_path: Path) -> None:
    """A picture this large takes seconds to encode; the next start takes another one, and no debris stays."""
    env = environment(tmp_path)
    large = ScriptedCamera([jpeg_of(noise(6000, 4500))], interval_seconds=MONTH_SECONDS)
    with ScriptedBus(f"ipc://{tmp_path}/bus", [large]).running(), running(env) as process:
        # Decoded, so no longer asked for, and not yet written.
        wait_until(lambda: large.times_demanded == 1 and not large.demanded)
        assert seconds_to_end(process, signal.SIGTERM) < 3 * PATIENCE
    assert not list((tmp_path / "frames").rglob("*.webp"))
    small = ScriptedCamera([jpeg_of()], interval_seconds=MONTH_SECONDS)
    with ScriptedBus(f"ipc://{tmp_path}/bus", [small]).running(), running(env):
        wait_until(lambda: list((tmp_path / "frames").rglob("*.webp")))
        wait_until(lambda: not list((tmp_path / "frames").rglob(f"{TEMPORARY_PREFIX}*")))


@pytest.mark.parametrize(
    ("name", "value"),
    [("ARCHIVER_PORT", "none"), ("DATABASE_URL", "mysql://user:hunter2@host/x"), ("ARCHIVE_DIR", "/dev/null")],
)
def test_a_setting_that_cannot_be_used_is_one_line_and_code_2(name: str, value: str, tmp_path: Path) -> None:
    """Restarting would not help, so it says what would."""
    done = start_in_vain(environment(tmp_path, **{name: value}))
    assert done.returncode == 2
    assert done.stderr.startswith(f"{name} is ")
    assert done.stderr.count("\n") == 1
    assert "hunter2" not in done.stderr


def test_a_port_that_is_taken_is_one_line_and_code_2(tmp_path: Path) -> None:
    """By whom is not for us to know."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = start_in_vain(environment(tmp_path, ARCHIVER_PORT=str(taken.getsockname()[1])))
    assert done.returncode == 2
    assert done.stderr.startswith("ARCHIVER_PORT is ")


def test_it_starts_without_its_database(tmp_path: Path) -> None:
    """Pictures are kept meanwhile, so it is ready, if degraded."""
    (tmp_path / "db").write_text("in the way")
    env = environment(tmp_path)
    with running(env) as process:
        assert process.poll() is None

        def readiness() -> bytes:
            with urllib.request.urlopen(f"http://127.0.0.1:{env['ARCHIVER_PORT']}/readyz", timeout=20) as answer:
                return bytes(answer.read())

        wait_until(lambda: b"database" in readiness(), "the trouble is said")
        assert seconds_to_end(process, signal.SIGTERM) < 2 * PATIENCE


def test_the_archiver_raises_its_limit_on_open_files(tmp_path: Path) -> None:
    """A shell's usual 1024 are as many idle connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft // 2, hard))
    try:
        with running(environment(tmp_path)) as process:
            assert resource.prlimit(process.pid, resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
