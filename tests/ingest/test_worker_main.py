"""A camera's own process: how it follows its assignment, and when it ends."""

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.ingest.camera.camera import CameraPolicy
from services.ingest.camera.renditions import RenderingOptions
from services.ingest.settings import CameraSettings
from services.ingest.worker_main import camera_policy, read_instructions, rendering_options
from shared.bus.publisher import Publisher
from shared.settings import DEFAULT_MAX_PIXELS
from tests.support.services import ROOT

SECRET = "s3cret"  # noqa: S105


def test_each_setting_reaches_the_option_of_its_meaning() -> None:
    """Two qualities and two times are all numbers, so a swap would go unnoticed."""
    settings = CameraSettings(
        fps=11, jpeg_quality=22, capture_quality=33, skip_identical=False, stall_seconds=44, frozen_seconds=55,
        idle="disconnect",
    )  # fmt: skip
    assert rendering_options(settings) == RenderingOptions(
        max_fps=11, jpeg_quality=22, capture_quality=33, skip_identical=False
    )
    assert camera_policy(settings) == CameraPolicy(stall_seconds=44, frozen_seconds=55, disconnects_when_idle=True)


def test_the_options_own_defaults_are_those_of_the_settings() -> None:
    """A test of either then tests what users get. 0 seconds until a freeze turn it off."""
    assert rendering_options(CameraSettings()) == RenderingOptions()
    assert camera_policy(CameraSettings()) == CameraPolicy(frozen_seconds=None)


def test_instructions_are_followed_until_their_end_which_ends_the_process() -> None:
    """So no camera outlives ingest, however ingest ends."""
    followed: list[dict[str, Any]] = []
    stop = threading.Event()
    lines = io.StringIO('{"order": 1, "notices": []}\n{"order": 0, "notices": ["n"]}\n')
    read_instructions(lines, followed.append, stop)
    assert followed == [{"order": 1, "notices": []}, {"order": 0, "notices": ["n"]}]
    assert stop.is_set()


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    made = subprocess.Popen(
        [sys.executable, "-m", "services.ingest.worker_main"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "LOG_FORMAT": "json"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield made
    made.kill()
    made.communicate()


def assign(process: subprocess.Popen[str], directory: Path, **settings: object) -> None:
    assert process.stdin is not None
    assignment = {
        "camera": CameraSettings.model_validate(settings).revealed(),
        "order": 0,
        "max_pixels": DEFAULT_MAX_PIXELS,
        "inner_address": f"ipc://{directory}/bus",
        "notices": [],
    }
    process.stdin.write(json.dumps(assignment) + "\n")
    process.stdin.flush()


def test_a_process_sends_heartbeats_and_nothing_else_and_ends_with_its_input(
    process: subprocess.Popen[str], tmp_path: Path
) -> None:
    """Ingest counts every line as a heartbeat, so nothing else may be printed."""
    bus = Publisher(f"ipc://{tmp_path}/bus")
    try:
        assign(process, tmp_path)
        assert process.stdin is not None
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["\n", "\n"]
        process.stdin.close()
        process.stdin = None
        rest, log = process.communicate(timeout=30)
    finally:
        bus.close()
    assert rest.strip("\n") == ""
    assert process.returncode == 0, log


def test_a_secret_is_in_no_process_list(process: subprocess.Popen[str], tmp_path: Path) -> None:
    """Neither among the arguments nor in the environment: it comes by standard input."""
    assign(process, tmp_path, rtsp_url="rtsp://127.0.0.1:9/", rtsp_username="u", rtsp_password=SECRET)
    assert process.stdout is not None
    assert process.stdout.readline() == "\n"
    for name in ("cmdline", "environ"):
        assert SECRET.encode() not in Path(f"/proc/{process.pid}/{name}").read_bytes()
