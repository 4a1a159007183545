"""`python -m services`, the last command of scripts/run: it starts, restarts and stops all three services."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from services.__main__ import set_control
from shared.page_address import page_address
from tests.support.mjpeg import Viewer
from tests.support.services import ServiceProcess, Stack
from tests.support.waiting import PATIENCE, wait_until


@contextmanager
def running(tmp_path: Path, **environment: str) -> Iterator[tuple[ServiceProcess, Stack]]:
    """Start the runner with the test's own settings. The stack starts no services; it only sends requests."""
    stack = Stack(tmp_path, **environment)
    runner = ServiceProcess("services", stack.environment, tmp_path / "runner.log")
    try:
        yield runner, stack
    finally:
        runner.stop()


def children(pid: int) -> dict[str, int]:
    """The process ids of the runner's services, by name."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    commands = {}
    for child in listed:
        with suppress(FileNotFoundError):  # it has just ended
            commands[int(child)] = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
    return {words[2].decode().removeprefix("services."): child for child, words in commands.items() if len(words) > 2}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_runs_and_stops_with_a_viewer_connected(number: signal.Signals, tmp_path: Path) -> None:
    """A newcomer's first minute. No process is left behind."""
    with running(tmp_path) as (runner, stack):
        stack.wait_for_state("live", "idle")
        assert stack.get("/api/devices")["devices"][0]["source"] == "demo"
        assert stack.origin in runner.output()
        with Viewer(stack.stream_port) as viewer:
            wait_until(lambda: len(viewer.parts) > 5 and viewer.parts[-1].is_live, "the demo scene is seen")
            services = children(runner.pid)
            assert set(services) == {"ingest", "stream", "archiver"}
            runner.signal(number)
            assert runner.wait(3 * PATIENCE) == 0
            assert viewer.ended.wait(1)
        assert not any(Path(f"/proc/{pid}").exists() for pid in services.values())


@pytest.mark.parametrize("killed", ["ingest", "stream", "archiver"])
def test_a_service_that_dies_comes_back_and_the_others_go_on(killed: str, tmp_path: Path) -> None:
    """The runner restarts the service; the other two keep their processes."""
    with running(tmp_path) as (runner, stack):
        stack.wait_for_state("live", "idle")
        before = children(runner.pid)
        os.kill(before[killed], signal.SIGKILL)
        wait_until(lambda: children(runner.pid).get(killed, before[killed]) != before[killed], "the service is back")
        stack.wait_for_state("live", "idle")
        after = children(runner.pid)
        assert {name: pid for name, pid in after.items() if name != killed} == {
            name: pid for name, pid in before.items() if name != killed
        }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CAMERA_JPEG_QUALITY", "0"),
        ("CAMERA_RTSP_URL", "rtsp://"),
        ("STREAM_PORT", "http"),
        ("ARCHIVER_PORT", "0"),
        ("BUS_CONNECT", "nowhere"),
    ],
)
def test_a_bad_setting_ends_the_stack_with_its_line_and_code_2(name: str, value: str, tmp_path: Path) -> None:
    """A restart would not help, so the runner stops."""
    with running(tmp_path, **{name: value}) as (runner, _):
        assert runner.wait(15 * PATIENCE) == 2
        line = next(line for line in runner.output().splitlines() if line.startswith(name))
        assert line.startswith(f"{name} is '{value}' but must be ")
        assert "Traceback" not in runner.output()


def test_at_a_terminal_the_last_line_is_the_address_to_open(tmp_path: Path) -> None:
    """Once, when it can be opened."""
    with running(tmp_path, LOG_FORMAT="console") as (runner, stack):
        line = f"\nOpen http://localhost:{stack.stream_port}/ in a browser. Ctrl-C ends Framecast.\n"
        wait_until(lambda: line in runner.output(), "the address is told")
        stack.wait_for_state("live", "idle")
        assert runner.output().count("Open http") == 1


@pytest.mark.parametrize(
    ("environment", "control"),
    [
        ({}, "ipc://data/owner/request.sock"),
        ({"OWNER_DIR": "/srv/owner"}, "ipc:///srv/owner/request.sock"),
        ({"BUS_CONTROL": "tcp://127.0.0.1:5556"}, "tcp://127.0.0.1:5556"),
        ({"BUS_CONTROL": ""}, ""),
        ({"BUS_BIND": "tcp://127.0.0.1:7", "BUS_CONNECT": "tcp://127.0.0.1:7"}, "ipc://data/owner/request.sock"),
        ({"BUS_BIND": "tcp://10.0.0.1:7", "BUS_CONNECT": "tcp://10.0.0.1:7"}, "ipc://data/owner/request.sock"),
        ({"BUS_CONNECT": "tcp://10.0.0.1:7"}, None),
        ({"BUS_CONNECT": "tcp://127.0.0.1:7,tcp://10.0.0.1:7"}, None),
        ({"BUS_SERVER_SECRET_FILE": "keys/server/server.secret"}, None),
        ({"BUS_SERVER_SECRET_FILE": "s", "BUS_CONTROL_KEYS": "keys/server/control"}, "ipc://data/owner/request.sock"),
    ],
)
def test_the_owner_decides_at_the_page_where_nothing_else_is_needed_for_it(
    environment: dict[str, str], control: str | None
) -> None:
    """Settings of before still start. A setting of one's own counts, and an empty one says no."""
    set_control(environment)
    assert environment.get("BUS_CONTROL") == control


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "http://localhost:8001/"),
        ({"STREAM_HOST": "::", "STREAM_PORT": "9000", "BASE_PATH": "/cameras/"}, "http://localhost:9000/cameras/"),
        ({"STREAM_HOST": "192.168.1.9"}, "http://192.168.1.9:8001/"),
        ({"STREAM_HOST": "fd00::9"}, "http://[fd00::9]:8001/"),
    ],
)
def test_the_address_to_open_is_one_that_works_here(environment: dict[str, str], address: str) -> None:
    """One that means all addresses is none."""
    assert page_address(environment) == address


def test_a_second_stack_on_the_same_ports_ends_with_a_message(tmp_path: Path) -> None:
    """A user starts Framecast twice by mistake. The first stack keeps running."""
    with running(tmp_path) as (_, first):
        first.wait_for_state("live", "idle")
        (tmp_path / "second").mkdir()
        with running(tmp_path / "second", **first.environment) as (runner, _):
            assert runner.wait(15 * PATIENCE) == 2
            assert "does Framecast run already?" in runner.output() or "but must be" in runner.output()
        assert first.status()["is_streaming"]


def test_a_first_start_logs_no_warning(tmp_path: Path) -> None:
    """Neither a missing table nor a service that is still starting causes a warning in a newcomer's log."""
    with running(tmp_path) as (runner, stack):
        wait_until(lambda: stack.get("/api/camera/frames").get("frames"), "the first frame is archived", 20)
        levels = [json.loads(line)["level"] for line in runner.output().splitlines()]
        assert set(levels) == {"info"}
