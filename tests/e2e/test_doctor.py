"""`framecast doctor` in the image of stream and from outside: what it says of a stack, and with which exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from shared import __version__
from tests.e2e.compose import PATIENCE_SECONDS, ROOT, ComposeStack
from tests.e2e.conftest import OPERATOR_PASSWORD, VIEWER_PASSWORD
from tests.support.waiting import wait_until

COMMAND = ("exec", "-T", "stream", "framecast", "doctor")
Done = subprocess.CompletedProcess[str]


def outside(address: str, *arguments: str, **environment: str) -> Done:
    """From this computer, at the published address."""
    return subprocess.run(
        [sys.executable, "-m", "services.doctor", address, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def told_with(code: int, ask: Callable[[], Done]) -> Done:
    """What it says once it ends with this code. A stack has troubles for a moment after its start."""
    done = wait_until(lambda: found if (found := ask()).returncode == code else None, f"code {code}", PATIENCE_SECONDS)
    assert done is not None
    return done


def test_where_all_is_well_it_says_so_in_words(stack: ComposeStack) -> None:
    """In the container its settings lead it to its own stream."""
    told = told_with(0, lambda: stack.try_compose(*COMMAND))
    for line in (
        f"ok     Page: Framecast {__version__} answers at http://localhost:8001/",
        "ok     Ingest: Cameras are reported.",
        "ok     Camera 1: It gives pictures: 640 x 360, ",
        "ok     Database: ",
        "ok     Versions: ",
    ):
        assert line in told.stdout, told.stdout
    assert "WRONG" not in told.stdout
    told = outside(stack.origin)
    assert told.returncode == 0, told.stdout
    assert f"ok     Page: Framecast {__version__} answers at {stack.origin}/" in told.stdout
    assert "ok     Camera 1: It gives pictures: 640 x 360, " in told.stdout


def test_without_ingest_it_says_what_to_do(stack: ComposeStack) -> None:
    """Within the stack and from outside. What ingest's silence explains is not said again of each camera."""
    stack.compose("stop", "ingest")
    for ask in (lambda: stack.try_compose(*COMMAND), lambda: outside(stack.origin)):
        told = told_with(1, ask)
        assert told.stdout.startswith("WRONG"), "what is wrong stands first"
        assert "WRONG  Ingest: Nothing arrives from ingest.\n       -> Check that ingest runs" in told.stdout
        assert "WRONG  Camera" not in told.stdout


@pytest.fixture
def closed(locked_stack: ComposeStack) -> ComposeStack:
    locked_stack.wait_until_live()
    return locked_stack


def test_in_the_container_the_settings_password_opens_and_outside_it_is_asked_for(closed: ComposeStack) -> None:
    """No secret is in what it prints, and a wrong password is told as such."""
    told = told_with(0, lambda: closed.try_compose(*COMMAND, "--json"))
    findings = {each["about"]: each["text"] for each in json.loads(told.stdout)["findings"]}
    assert findings["Login"] == "The password or token is accepted: it is an operator's."
    as_viewer = outside(closed.origin, FRAMECAST_PASSWORD=VIEWER_PASSWORD)
    assert as_viewer.returncode == 0, as_viewer.stdout
    assert "You look as a viewer" in as_viewer.stdout
    refused, without = outside(closed.origin, FRAMECAST_PASSWORD="no such word"), outside(closed.origin)  # noqa: S106 the test's own
    assert (refused.returncode, without.returncode) == (2, 2)
    assert "WRONG  Login: The password or token is not accepted." in refused.stdout
    assert "FRAMECAST_PASSWORD" in without.stdout
    for secret in (VIEWER_PASSWORD, OPERATOR_PASSWORD, "no such word"):
        for done in (told, as_viewer, refused, without):
            assert secret not in done.stdout + done.stderr
