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
from services.ingest.settings import CameraSettings
from shared.control.messages import ControlRefusedError
from shared.settings import DEFAULT_MAX_PIXELS
from tests.ingest.cameras.page import page
from tests.support.waiting import wait_until


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


PLAIN = "rtsp://127.0.0.1:9/s"
AROUND, OPTIONS = "the text around it is left out", "the options behind # are for go2rtc"
TWICE = "There is a login in the camera's address and another one beside it. The one beside it is used."


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ({"rtsp_url": PLAIN}, []),
        ({"rtsp_url": PLAIN.replace("//", "//me:s3cret@")}, []),
        ({"rtsp_url": f"ffmpeg:{PLAIN}#video=copy"}, [f"{AROUND}, {OPTIONS}"]),
        ({"rtsp_url": f"garden: {PLAIN.replace('//', '//me:s3cret@')}"}, [AROUND]),
        ({"rtsp_url": f"        - path: {PLAIN}"}, [AROUND]),
        ({"rtsp_url": "127.0.0.1:9/s"}, ["without a scheme it means rtsp://"]),
        ({"rtsp_url": PLAIN, "rtsp_url_small": f"small: {PLAIN}"}, [AROUND]),
        ({"rtsp_url": f"garden: {PLAIN.replace('//', '//me:s3cret@')}", "rtsp_username": "you"}, [AROUND, TWICE]),
    ],
)
def test_what_an_address_of_another_program_was_taken_for_is_said(
    tmp_path: Path, trials: Trials, given: dict[str, str], understood: list[str]
) -> None:
    """And nothing where it was taken as it stood."""
    text = f'[[camera]]\ndevice_key = "door"\nrtsp_url = "{PLAIN}?kept"\n'
    with page(tmp_path, text, kind="file", trials=trials) as file:
        for wanted in ({"settings": given}, {"key": "door", "settings": given}):
            told = file.home.ask("camera_test", wanted, local=True)["understood"]
            taken = f"The camera's address is taken as {PLAIN}: {{}}."
            assert told == [words if words == TWICE else taken.format(words) for words in understood]
            assert "s3cret" not in str(told)
        as_shown = {"key": "door", "settings": {"rtsp_url": f"{PLAIN}?***"}}
        assert file.home.ask("camera_test", as_shown, local=True)["understood"] == []


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
