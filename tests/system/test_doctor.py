"""`framecast doctor` against all services as they are run, each trouble made for real."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared import __version__
from tests.support.camera import RtspCamera
from tests.support.other_server import Given, other_server
from tests.support.ports import free_port
from tests.support.services import ALONE, ROOT, Stack
from tests.support.waiting import PATIENCE, wait_until
from tests.web.support import OPERATOR, OPERATOR_TOKEN, SECRETS, VIEWER, VIEWER_TOKEN

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
HEALTHY: Given = (200, {"Content-Type": "application/json"}, b'{"status":"ok"}')
STYLE: Given = (200, {"Content-Type": "text/css"}, b"")


@dataclass
class Told:
    """What the command printed as JSON, and its exit code."""

    code: int
    output: str
    findings: list[dict[str, str]]

    def about(self, subject: str, weight: str = "wrong") -> str:
        """All that is said of it, with the advice."""
        said = [each for each in self.findings if (each["about"], each["weight"]) == (subject, weight)]
        return " ".join(f"{each['text']} {each['advice']}" for each in said)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services.doctor", *arguments],
        cwd=ROOT,
        env={**ALONE, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60 * PATIENCE,
        check=False,
    )


def doctor(*arguments: str, **environment: str) -> Told:
    done = run(*arguments, "--json", **environment)
    assert done.stdout, done.stderr
    document = json.loads(done.stdout)
    assert document["exit_code"] == done.returncode
    weights = ["wrong", "doubt", "well"]
    places = [weights.index(each["weight"]) for each in document["findings"]]
    assert places == sorted(places), "what is wrong stands first"
    return Told(done.returncode, done.stdout, document["findings"])


def is_settled(stack: Stack) -> bool:
    """The archiver has heard of a camera, and nothing of the first seconds is left."""
    return stack.get("/api/camera/frames/status").get("problems") == []


def test_where_all_is_well_it_says_so_and_a_login_is_needed_where_one_is_set(tmp_path: Path) -> None:
    """By the settings of this computer; a viewer by his own token; nobody without, and nobody by a wrong one."""
    secrets = {name.upper(): value for name, value in SECRETS.items()}
    with Stack(tmp_path, ACCESS_SECRET="a secret of the signatures", **secrets, wait_for="unauthorized") as stack:  # noqa: S106
        pass
    assert stack


@contextmanager
def tmpfs(point: Path) -> Iterator[Path]:
    """A small disk."""
    point.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", point], check=True)
    try:
        yield point
    finally:
        subprocess.run(["umount", "--lazy", point], check=True)
