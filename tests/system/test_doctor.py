"""`framecast doctor` against all services as they are run, each trouble made for real."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared import __version__
from tests.support.camera import RtspCamera
from tests.support.ports import free_port
from tests.support.services import ALONE, ROOT, Stack
from tests.support.waiting import PATIENCE, wait_until
from tests.web.support import OPERATOR, OPERATOR_TOKEN, SECRETS, VIEWER, VIEWER_TOKEN, bearer
from tests.web.test_matrix import ask

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
THREE_DAYS = 259_200
CAMERAS_PASSWORD, SIGNING = "the camera's own", "a secret of the signatures"
SETTINGS_SECRETS = {"OPERATOR_PASSWORD": OPERATOR, "VIEWER_PASSWORD": VIEWER}


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
    return Told(done.returncode, done.stdout + done.stderr, document["findings"])


@contextmanager
def running(directory: Path, *names: str, **settings: str) -> Iterator[Stack]:
    """These services of a stack, whatever their state."""
    stack = Stack(directory, **settings)
    with ExitStack() as end:
        end.push(stack)
        for name in names or ("ingest", "stream", "archiver"):
            stack.start(name)
        yield stack


def told_by(stack: Stack, path: str) -> dict[str, Any]:
    """What the operator's token reads at `path`; empty while nothing answers."""
    try:
        answer: dict[str, Any] = json.loads(ask(stack.stream_port, "GET", path, bearer(OPERATOR_TOKEN)).body)
    except (OSError, ValueError):
        return {}
    return answer


def state(stack: Stack) -> str | None:
    return next((camera["state"] for camera in told_by(stack, "/api/devices").get("devices", [])), None)


def is_settled(stack: Stack) -> bool:
    """Whether the archive answers, and has no trouble of its first seconds."""
    return told_by(stack, "/api/camera/frames/status").get("problems") == []


@pytest.mark.camera
def test_where_all_is_well_it_says_so_to_whoever_may_look_and_tells_no_secret(tmp_path: Path) -> None:
    """By this computer's settings, and as a viewer by a token of his own; nobody without, nobody by a wrong one."""
    with (
        RtspCamera(username="me", password=CAMERAS_PASSWORD) as camera,
        running(
            tmp_path,
            **{name.upper(): value for name, value in SECRETS.items()},
            ACCESS_SECRET=SIGNING,
            CAMERA_RTSP_URL=camera.url,
            CAMERA_RTSP_USERNAME="me",
            CAMERA_RTSP_PASSWORD=CAMERAS_PASSWORD,
        ) as stack,
    ):
        wait_until(lambda: state(stack) in ("live", "idle"), "the camera is there", 20)
        wait_until(lambda: is_settled(stack), "the archive is there", 20)
        told = doctor(**stack.environment)
        assert told.code == 0, told.output
        assert "it is an operator's" in told.about("Login", "well")
        wait_until(lambda: "key frames" in doctor(**stack.environment).about("Camera 1", "well"), "some came", 20)
        assert "640 x 360" in told.about("Camera 1", "well")
        assert "SQLite" in told.about("Database", "well")
        assert __version__ in told.about("Versions", "well")

        in_words = run(**stack.environment)
        assert in_words.returncode == 0
        assert "ok     Camera 1: It gives pictures: 640 x 360, " in in_words.stdout

        viewer = doctor(stack.origin, FRAMECAST_TOKEN=VIEWER_TOKEN)
        assert viewer.code == 0, viewer.output
        assert "it is a viewer's" in viewer.about("Login", "well")
        assert "You look as a viewer" in viewer.about("Access", "well")
        assert doctor(stack.origin, FRAMECAST_PASSWORD=OPERATOR).code == 0

        for refused, words in (
            (doctor(stack.origin, FRAMECAST_PASSWORD="not the password"), "not accepted"),  # noqa: S106 the test's own
            (doctor(stack.origin), "FRAMECAST_PASSWORD"),
            # The settings' secrets go to the settings' address alone.
            (doctor(stack.origin, **SETTINGS_SECRETS), "FRAMECAST_PASSWORD"),
        ):
            assert refused.code == 2
            assert words in refused.about("Login")
        for secret in (*SECRETS.values(), SIGNING, CAMERAS_PASSWORD, "not the password"):
            assert secret not in told.output + viewer.output + in_words.stdout + refused.output


@pytest.mark.camera
def test_a_wrong_password_of_a_camera_an_archiver_and_an_ingest_that_are_away(tmp_path: Path) -> None:
    """One after the other, on one stack: what was told before stays told."""
    with (
        RtspCamera(username="me", password=CAMERAS_PASSWORD) as camera,
        running(
            tmp_path,
            BUS_CONTROL=f"ipc://{tmp_path}/owner/request.sock",
            CAMERA_RTSP_URL=camera.url,
            CAMERA_RTSP_USERNAME="me",
            CAMERA_RTSP_PASSWORD="another password",  # noqa: S106 the test's own
        ) as stack,
    ):
        wait_until(lambda: state(stack) == "unauthorized", "the camera refuses", 20)
        wait_until(lambda: is_settled(stack), "the archive is there", 20)
        told = doctor(**stack.environment)
        assert told.code == 1
        assert told.about("Camera 1").startswith("The camera refused the login.")
        assert "CAMERA_RTSP_PASSWORD" in told.about("Camera 1")
        assert "another password" not in told.output
        assert told.about("Ingest on this computer", "well") == "It answers commands. "

        stack.services["archiver"].stop()
        told = doctor(**stack.environment)
        assert told.code == 1
        assert "Check that the archiver runs" in told.about("Archive")
        assert told.about("Camera 1")

        stack.services["ingest"].stop()
        wait_until(lambda: state(stack) == "unknown", "ingest is missed", 20)
        told = doctor(**stack.environment)
        assert told.code == 1
        assert "Check that ingest runs" in told.about("Ingest")
        assert not told.about("Camera 1")

        stack.services["stream"].stop()
        told = doctor(**stack.environment)
        assert told.code == 2
        assert told.about("Page").startswith(f"Nothing listens at port {stack.stream_port}")


def fill(disk: Path) -> None:
    """As far as it goes."""
    with suppress(OSError), (disk / "full").open("wb") as file:
        while True:
            file.write(bytes(65_536))
            file.flush()


@pytest.mark.disks
def test_a_full_disk(tmp_path: Path) -> None:
    """Before the next picture is due, which would be the first to find out."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], check=True)
    try:
        room = {"ARCHIVE_DIR": str(disk / "frames"), "ARCHIVE_MIN_FREE_BYTES": "1000000"}
        with running(tmp_path, BASE_PATH="/cams", **room) as stack:
            wait_until(lambda: told_by(stack, "/api/camera/frames/status").get("frames") == 1, "a picture is kept", 20)
            fill(disk)
            told = doctor(**stack.environment)
        assert told.code == 1
        assert "nothing more is archived. Make room" in told.about("Disk")
        assert told.about("Page", "well").rstrip().endswith(f":{stack.stream_port}/cams/")
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def test_an_archiver_whose_clock_is_wrong(tmp_path: Path) -> None:
    """It dates the gaps, and deletes by it."""
    with running(tmp_path, "ingest", "stream") as stack:
        stack.environment |= {
            "LD_PRELOAD": FAKETIME,
            "FAKETIME": f"+{THREE_DAYS}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        stack.start("archiver")
        del stack.environment["LD_PRELOAD"]
        wait_until(lambda: "frames" in told_by(stack, "/api/camera/frames/status"), "the archive is there", 20)
        told = doctor(**stack.environment)
    assert told.code == 1
    assert "The clock of the archiver's computer is 3 days ahead of that of stream's." in told.about("Clocks")


def test_where_a_setting_keeps_all_from_starting_it_is_named(tmp_path: Path) -> None:
    """Nothing listens, and this is why."""
    told = doctor(STREAM_PORT=str(free_port()), BUS_BIND="nonsense", OWNER_DIR=str(tmp_path))
    assert told.code == 2
    assert told.about("Settings").startswith("BUS_BIND is '…' but must be an address")
    assert "nonsense" not in told.output


@pytest.mark.parametrize("address", ["http://me:s3cret@camera.local", "ftp://camera.local", "http://a b"])
def test_a_bad_address_is_one_line(address: str) -> None:
    """Without what may be a password in it."""
    refused = run(address)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.count("\n") == 1
    assert "s3cret" not in refused.stderr
