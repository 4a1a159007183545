"""A setting that can't be used is shown on the page by real services, where SHOW_BAD_SETTINGS says so, as in Docker."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.support.ports import free_port
from tests.support.services import ALONE, ROOT, ServiceProcess, Stack
from tests.support.waiting import wait_until

SHOWN = {"SHOW_BAD_SETTINGS": "true"}


def _refusal_at(origin: str) -> str:
    try:
        urllib.request.urlopen(origin, timeout=5).close()
    except urllib.error.HTTPError as error:
        body: dict[str, Any] = json.load(error)
        return str(body["detail"]) if error.code == 503 else ""
    except OSError:
        return ""
    return ""


@pytest.mark.parametrize("where", ["", "ipc://{}/owner/request.sock"], ids=["settings", "page"])
def test_ingests_bad_setting_is_on_the_pages_until_it_is_mended(where: str, tmp_path: Path) -> None:
    """The log alone had it, and the page told to check that ingest runs. Also where only ingest knows who may look."""
    stack = Stack(tmp_path, **SHOWN, BUS_CONTROL=where.format(tmp_path))
    bad = stack.environment | {"CAMERA_FPS": "0"}
    stream = stack.start("stream")
    refused = ServiceProcess("services.ingest", bad, tmp_path / "refused.log")
    try:
        wait_until(lambda: stack.get("/api/devices").get("refusal"), "the reason is told", 20)
        sentence = refused.output().strip()
        assert sentence.startswith("CAMERA_FPS is '0' but must be")
        assert stack.get("/api/devices")["refusal"] == sentence
        assert stack.get("/api/status")["problems"] == [f"A setting of ingest can't be used: {sentence}"]
        assert sentence in stack.get("/api/camera/snapshot?stand_in=none")["detail"]
        refused.stop()
        ingest = stack.start("ingest")
        stack.wait_for_state("live", "idle", timeout_seconds=20)
        assert stack.get("/api/devices")["refusal"] is None
        assert ingest.is_running()
    finally:
        refused.stop()
        stack.__exit__(None, None, None)
    assert stream.wait(1) == 0


@pytest.mark.parametrize(
    ("service", "settings", "words"),
    [
        ("stream", {"SITE_ADDRESS": "cameras.example.org"}, "there is no password: set VIEWER_PASSWORD"),
        ("archiver", {"ARCHIVE_KEEP": "hunter2"}, "ARCHIVE_KEEP is '…' but must be"),
    ],
)
def test_a_web_service_answers_with_the_reason_and_no_value(
    service: str, settings: dict[str, str], words: str, tmp_path: Path
) -> None:
    """Nobody could connect before. Everybody may read this, since no password is known."""
    stack = Stack(tmp_path, **SHOWN, **settings)
    port = stack.environment[f"{service.upper()}_PORT"]
    refused = ServiceProcess(f"services.{service}", stack.environment, tmp_path / "log")
    try:
        wait_until(lambda: _refusal_at(f"http://127.0.0.1:{port}/healthz"), "the reason is told", 20)
        told = _refusal_at(f"http://127.0.0.1:{port}/")
        assert words in told
        assert "hunter2" not in told
        assert refused.is_running()
    finally:
        refused.stop()


def test_without_the_setting_a_service_ends_at_once_with_code_2(tmp_path: Path) -> None:
    """As at the command line and with scripts/run."""
    ended = subprocess.run(
        [sys.executable, "-m", "services.ingest"],
        cwd=ROOT,
        env={**ALONE, "CAMERA_FPS": "0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("CAMERA_FPS is '0'")
    assert not list(tmp_path.iterdir())


def test_a_camera_that_ingest_no_longer_names_is_gone_and_the_default_lives(tmp_path: Path) -> None:
    """From one camera in the settings to a cameras file: stream runs on, as Compose leaves it."""
    cameras = tmp_path / "cameras.toml"
    cameras.write_text('[[camera]]\ndevice_key = "garden"\n')
    stack = Stack(tmp_path)
    stream = stack.start("stream")
    first = stack.start("ingest")
    try:
        stack.wait_for_state("live", "idle", timeout_seconds=20)
        first.stop()
        second = ServiceProcess(
            "services.ingest", stack.environment | {"CAMERAS_FILE": str(cameras)}, tmp_path / "second.log"
        )
        try:

            def known() -> list[tuple[str, bool]]:
                return [(each["key"], each["is_default"]) for each in stack.get("/api/devices")["devices"]]

            wait_until(lambda: known() == [("garden", True)], "the first camera is gone", 20)
            assert stack.status()["camera"] == "garden"
            assert (
                "There is no camera 'camera_1'" in stack.get("/api/cameras/camera_1/snapshot?stand_in=none")["detail"]
            )
        finally:
            second.stop()
    finally:
        stack.__exit__(None, None, None)
    assert stream.wait(1) == 0


def test_a_refused_replicas_reason_comes_through_the_gateway(tmp_path: Path) -> None:
    """Published without a password, as by PUBLISH_ADDRESS=0.0.0.0 alone: browsers got an empty answer."""
    ports = {"gateway": str(free_port()), "replica": str(free_port())}
    shared = {**SHOWN, "GATEWAY_SOCKET": str(tmp_path / "gateway"), "SITE_ADDRESS": "cameras.example.org"}
    gateway = ServiceProcess("services.stream.gateway", shared | {"STREAM_PORT": ports["gateway"]}, tmp_path / "log-1")
    refused = ServiceProcess("services.stream", shared | {"STREAM_PORT": ports["replica"]}, tmp_path / "log-2")
    try:
        origin = f"http://127.0.0.1:{ports['gateway']}/"
        wait_until(lambda: "there is no password: set VIEWER_PASSWORD" in _refusal_at(origin), "the reason is told", 20)
        assert "cameras.example.org" not in _refusal_at(origin)
    finally:
        refused.stop()
        gateway.stop()
