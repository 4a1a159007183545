"""Tries of an address, in real processes: their answers, their number, and their end."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from services.ingest.cameras import trials as trials_module
from services.ingest.cameras.trials import MAX_AT_ONCE, Trials
from services.ingest.forking_launcher import worker_launcher
from services.ingest.settings import CameraSettings
from shared.clock import Clock
from shared.control.messages import ControlRefusedError
from shared.settings import DEFAULT_MAX_PIXELS
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def trials() -> Iterator[Trials]:
    """With a thread that starts what waits, as the supervisor does."""
    made, launcher, stop = Trials(DEFAULT_MAX_PIXELS), worker_launcher(Clock()), threading.Event()

    def supervise() -> None:
        while not stop.wait(0.02):
            made.start_waiting(launcher)

    wait_until(launcher.is_ready, "the template is ready", 30)
    thread = threading.Thread(target=supervise)
    thread.start()
    yield made
    stop.set()
    thread.join()
    launcher.close()


def settings(port: int, scheme: str = "rtsp", **others: Any) -> CameraSettings:
    return CameraSettings.model_validate({"rtsp_url": f"{scheme}://127.0.0.1:{port}/x", "open_seconds": 1, **others})


@contextmanager
def mute() -> Iterator[int]:
    """A port that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=20) as server:
        yield server.getsockname()[1]


def children() -> list[Path]:
    """The processes that try addresses."""
    return [path for path in Path("/proc").glob("[0-9]*/comm") if _comm(path).strip() == "camera trial"]


def _comm(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def test_what_refuses_and_what_says_nothing_is_told_in_words(trials: Trials) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    told = trials.attempt(settings(port))
    assert not told["works"]
    assert "refuses connections" in told["reason"]
    assert told["picture"] is None
    assert (told["field"], told["is_unclear"]) == ("rtsp_url", False)
    assert told["address"] == f"rtsp://127.0.0.1:{port}/x"
    with mute() as port:
        told = trials.attempt(settings(port))
    assert not told["works"]
    assert "open_seconds" in told["reason"], "named as in the file"


def test_a_password_is_in_no_answer_and_in_no_process_list(trials: Trials) -> None:
    with mute() as port:
        told = trials.attempt(settings(port, rtsp_username="me", rtsp_password="hunter2"))  # noqa: S106 the test's own
    assert "hunter2" not in str(told)


def test_a_try_ends_at_the_deadline_with_the_reason_so_far(trials: Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    """The camera may take longer than anybody waits."""
    monkeypatch.setattr(trials_module, "LONGEST_SECONDS", 1.0)
    began_at = time.monotonic()
    with mute() as port:
        told = trials.attempt(settings(port, open_seconds=200))
    assert told == {**told, "works": False, "reason": "No picture came in 1 s."}
    assert time.monotonic() - began_at < 60
    wait_until(lambda: not children(), "its process is gone")


def test_no_more_than_two_are_tried_at_once(trials: Trials) -> None:
    outcomes = list[str]()

    def attempt(port: int) -> None:
        try:
            trials.attempt(settings(port, open_seconds=3))
            outcomes.append("tried")
        except ControlRefusedError as error:
            outcomes.append(error.why)

    with mute() as port:
        people = [threading.Thread(target=attempt, args=(port,)) for _ in range(MAX_AT_ONCE + 2)]
        for person in people:
            person.start()
        for person in people:
            person.join()
    assert sorted(outcomes) == ["busy", "busy", "tried", "tried"]


def test_without_a_process_it_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody starts one here."""
    monkeypatch.setattr(trials_module, "START_SECONDS", 0.1)
    alone = Trials(DEFAULT_MAX_PIXELS)
    with pytest.raises(ControlRefusedError, match="can't start a process"):
        alone.attempt(settings(1))
