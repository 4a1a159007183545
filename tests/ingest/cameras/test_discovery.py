"""Searches as the page asks for them: one at a time, bounded, and with nothing of a login left behind."""

import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from services.ingest.cameras import discovery as discovery_module
from services.ingest.cameras import texts
from services.ingest.cameras.arguments import WantedCameras
from services.ingest.cameras.discovery import Discovery
from services.ingest.discovery.found import Device
from shared.control.messages import ControlRefusedError
from tests.ingest.cameras.page import Page
from tests.support.waiting import wait_until

PASSWORD = "hunter2"  # noqa: S105 the test's own
ONE = {"host": "127.0.0.1", "username": "me", "password": PASSWORD}


def replaced(monkeypatch: pytest.MonkeyPatch, directory: Path, script: str) -> None:
    """The process runs this in place of a search, as a program of Python's."""
    (directory / "stand_in.py").write_text(script)
    monkeypatch.setattr(discovery_module, "MODULE", "stand_in")
    monkeypatch.setenv("PYTHONPATH", str(directory))


def refusal(wanted: WantedCameras) -> ControlRefusedError:
    with pytest.raises(ControlRefusedError) as refused:
        Discovery().discover(wanted)
    return refused.value


def test_an_operator_looks_at_one_host(empty: Page, capfd: pytest.CaptureFixture[str]) -> None:
    """In a real process. Nothing is there, or something of this machine's own; either is an answer."""
    told = empty.home.ask("camera_discover", ONE, local=True)
    assert (told["asked"], told["is_complete"], told["code"]) == ("127.0.0.1", True, None)
    assert PASSWORD not in json.dumps(told)
    output = capfd.readouterr()
    assert PASSWORD not in output.out + output.err


@pytest.mark.parametrize(
    ("arguments", "field"),
    [({"host": "8.8.8.8"}, "host"), ({"host": "10.0.0.0/24", "password": PASSWORD}, "password")],
)
def test_a_place_that_may_not_be_asked_is_said_with_its_field(
    empty: Page, arguments: dict[str, Any], field: str
) -> None:
    refused = empty.home.answer("camera_discover", arguments, local=True).refusal
    assert refused is not None
    assert (refused.why, refused.field) == ("malformed", field)


def test_only_one_search_at_a_time_and_its_process_names_no_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    replaced(monkeypatch, tmp_path, "import sys, time; sys.stdin.readline(); time.sleep(60)")
    monkeypatch.setattr(discovery_module, "LONGEST_SECONDS", 4.0)
    discovery, told = Discovery(), list[dict[str, Any]]()
    first = threading.Thread(target=lambda: told.append(discovery.discover(WantedCameras(**ONE))))
    first.start()
    wait_until(lambda: bool(running()), "the process runs", 20)
    with pytest.raises(ControlRefusedError) as refused:
        discovery.discover(WantedCameras())
    assert refused.value.why == "busy"
    shown = b"".join(path.read_bytes() + path.with_name("environ").read_bytes() for path in running())
    assert PASSWORD.encode() not in shown
    first.join()
    assert told[0]["devices"] == []
    assert (told[0]["is_complete"], told[0]["notices"]) == (False, [texts.SEARCH_ENDED])
    assert not running()


def running() -> list[Path]:
    """The processes that stand in for a search."""
    return [path for path in Path("/proc").glob("[0-9]*/cmdline") if b"stand_in" in _bytes(path)]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_what_was_found_before_the_process_ended_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    device = json.dumps({"device": Device("a", "192.0.2.1", "rtsp").told()})
    replaced(monkeypatch, tmp_path, f"""print({device!r}, flush=True); print("{{"); print('{{"dev', end="")""")
    told = Discovery().discover(WantedCameras())
    assert ([each["id"] for each in told["devices"]], told["is_complete"]) == (["a"], False)
    assert told["asked"] == "multicast"


def test_a_process_that_tells_without_end_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    replaced(monkeypatch, tmp_path, "while True: print('x' * 1000)")
    assert Discovery().discover(WantedCameras())["devices"] == []


@pytest.mark.parametrize("line", ["1", '"device"', "[" * 100_000, '{"device": NaN}'])
def test_a_process_that_tells_something_else_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str
) -> None:
    """A device may have taken it over."""
    device = json.dumps({"device": Device("a", "192.0.2.1", "rtsp").told()})
    replaced(monkeypatch, tmp_path, f"print({line!r}); print({device!r})")
    assert [each["id"] for each in Discovery().discover(WantedCameras())["devices"]] == ["a"]


def test_no_process_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert refusal(WantedCameras()).why == "busy"
