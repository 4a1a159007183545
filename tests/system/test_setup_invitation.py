"""`python -m services` at a real terminal: the line by which other devices are let in, and what its code opens."""

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.setup_invitation import invitation, is_invited
from tests.support.asking import Answer, answers, ask
from tests.support.services import ALONE, ROOT, Stack
from tests.support.waiting import wait_until

PASSWORD = "digging in the garden"  # noqa: S105 of a stack that lives for one test
LINE = re.compile(r"To let other devices in: (http://localhost:\d+/setup)#([0-9A-Z-]{14}) \(good for an hour\)(.*)")
BROWSERS = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


class Terminal:
    """`python -m services` with a terminal of its own for its output."""

    def __init__(self, stack: Stack) -> None:
        ours, theirs = os.openpty()
        environment = {**ALONE, **stack.environment, "TERM": "dumb", "NO_COLOR": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "services"],
            cwd=ROOT,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._terminal = ours
        self._shown = bytearray()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        try:
            while data := os.read(self._terminal, 1 << 16):
                self._shown += data
        except OSError:  # nobody has the other end open any more
            return

    def shown(self) -> str:
        return self._shown.decode().replace("\r\n", "\n")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._reader.join(60)
        os.close(self._terminal)


@contextmanager
def terminal(directory: Path, **environment: str) -> Iterator[tuple[Terminal, Stack]]:
    directory.mkdir(exist_ok=True)
    stack = Stack(directory, **environment)
    shown = Terminal(stack)
    try:
        yield shown, stack
    finally:
        shown.stop()


def told(shown: Terminal) -> tuple[str, str, str]:
    """The page, the code, and what is to be done then."""
    ((page, code, then),) = wait_until(lambda: LINE.findall(shown.shown()), "the line is told", 30)
    return page, code, then


def set_up(stack: Stack, code: str) -> Answer:
    body = urllib.parse.urlencode({"code": code, "password": PASSWORD})
    return ask(stack.stream_port, "POST", "/setup", body=body)


def statuses(stack: Stack, **headers: str) -> set[int]:
    return {ask(stack.stream_port, "GET", path, headers).status for path in ("/api/devices", "/api/camera/frames")}


def test_published_without_a_password_the_told_code_claims_the_server(tmp_path: Path) -> None:
    """Nothing of a camera is served before, on this computer neither. A restart keeps the claim, and tells no code."""
    with terminal(tmp_path, STREAM_HOST="0.0.0.0") as (shown, stack):  # noqa: S104 that is what others need
        page, code, then = told(shown)
        assert page == f"http://localhost:{stack.stream_port}/setup"
        assert then == "."
        text = shown.shown()
        assert text.index("in a browser. Ctrl-C ends Framecast.") < text.index("To let other devices in")
        assert statuses(stack) == {401}
        first = ask(stack.stream_port, "GET", "/", BROWSERS)
        assert (first.status, first.headers["location"]) == (303, "setup")
        answer = set_up(stack, code)
        assert answer.status == 200, answer.body
        assert set_up(stack, code).status in (401, 409)
        session = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
        wait_until(lambda: statuses(stack, **session) == {200}, "the owner is in", 20)
        state = json.loads(ask(stack.stream_port, "GET", "/api/access", session).body)
        assert (state["is_claimed"], state["problems"]) == (True, [])
    with terminal(tmp_path, **stack.environment) as (again, _):
        wait_until(lambda: answers(stack.stream_port), "it serves again", 20)
        wait_until(lambda: statuses(stack, **session) == {200}, "the session holds", 20)
        wait_until(lambda: "in a browser" in again.shown(), "the address is told")
        time.sleep(1)  # the line would come now
        assert "To let other devices in" not in again.shown()


def test_on_loopback_the_line_says_that_a_restart_is_needed_and_looking_is_free(tmp_path: Path) -> None:
    """The default of a first start."""
    with terminal(tmp_path) as (shown, stack):
        _, code, then = told(shown)
        assert then == ", then start again with STREAM_HOST=0.0.0.0."
        stack.wait_for_state("live", "idle")
        wait_until(lambda: statuses(stack) == {200}, "everything is served", 20)
        made = ask(
            stack.stream_port, "POST", "/api/access/tokens", {"Content-Type": "application/json"}, '{"name":"x"}'
        )
        assert made.status in (401, 403), "what is kept needs the code"
        with_code = json.dumps({"name": "x", "code": code})
        made = ask(stack.stream_port, "POST", "/api/access/tokens", {"Content-Type": "application/json"}, with_code)
        assert made.status == 200, made.body


@pytest.mark.parametrize(
    ("environment", "is_asked"),
    [
        ({}, True),
        ({"STREAM_HOST": "0.0.0.0"}, True),  # noqa: S104 only a setting's value
        ({"ALLOW_ANONYMOUS": "false"}, True),
        ({"ALLOW_ANONYMOUS": "true"}, False),
        ({"VIEWER_PASSWORD": "look-at-the-garden"}, False),
        ({"OPERATOR_TOKEN_FILE": "config/token"}, False),
        ({"SIGN_ON_SECRET": "between-the-proxy-and-us"}, False),
    ],
)
def test_nobody_is_invited_where_the_settings_say_who_may_come_in(environment: dict[str, str], is_asked: bool) -> None:
    """Ingest is asked only otherwise."""
    assert is_invited(environment) is is_asked


def test_what_is_no_terminal_is_told_the_command_and_no_code() -> None:
    """Logs are kept, and forwarded to others."""
    line = invitation("http://localhost:8001/", None, {"STREAM_HOST": "192.168.1.9"})
    assert line == (
        "To let other devices in: http://localhost:8001/setup, with the code that `.venv/bin/framecast setup-code` "
        "shows.\n\n"
    )
