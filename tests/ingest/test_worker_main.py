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
from zoneinfo import ZoneInfo

import pytest

from services.ingest.appearance.options import AppearanceOptions
from services.ingest.appearance.overlay_text import OverlayText
from services.ingest.appearance.regions import Crop
from services.ingest.camera.policy import CameraPolicy
from services.ingest.camera.renditions import RenderingOptions
from services.ingest.process_limits import EXIT_OUT_OF_MEMORY, memory_limit
from services.ingest.settings import CameraSettings
from services.ingest.worker_main import (
    AssignedCamera,
    appearance_options,
    camera_policy,
    read_instructions,
    rendering_options,
    within_memory,
)
from shared.bus.frames import Frame
from shared.bus.publisher import Publisher
from shared.settings import DEFAULT_MAX_PIXELS
from tests.support.services import ROOT
from tests.support.waiting import wait_until

SECRET = "s3cret"  # noqa: S105 a secret of the test's own


def test_each_setting_reaches_the_option_of_its_meaning() -> None:
    """Two qualities and two times are all numbers, so a swap would go unnoticed."""
    settings = CameraSettings(
        fps=11, jpeg_quality=22, capture_quality=33, skip_identical=False, stall_seconds=44, frozen_seconds=55,
        idle="disconnect", open_seconds=66, capture_interval=77,
    )  # fmt: skip
    assert rendering_options(settings) == RenderingOptions(
        max_fps=11, jpeg_quality=22, capture_quality=33, skip_identical=False
    )
    assert camera_policy(settings) == CameraPolicy(
        stall_seconds=44, frozen_seconds=55, disconnects_when_idle=True, open_seconds=66, capture_interval_seconds=77
    )


def test_each_setting_of_the_pictures_look_reaches_its_option() -> None:
    """The masks above all."""
    settings = CameraSettings(
        name="Door", privacy_masks="0,0 1,0 1,1", privacy_mask_style="pixelate", crop="0.1,0.2,0.3,0.4", rotate=90,
        flip="vertical", overlay="{name}", overlay_place="bottom", overlay_size=7, time_zone="Asia/Tokyo",
    )  # fmt: skip
    assert appearance_options(settings) == AppearanceOptions(
        masks=(((0, 0), (1, 0), (1, 1)),),
        mask_style="pixelate",
        crop=Crop(0.1, 0.2, 0.3, 0.4),
        rotate=90,
        flip="vertical",
        overlay=OverlayText("{name}", "Door", ZoneInfo("Asia/Tokyo")),
        overlay_place="bottom",
        overlay_size=7,
    )


def test_the_options_own_defaults_are_those_of_the_settings() -> None:
    """A test of either then tests what users get. 0 seconds until a freeze turn it off."""
    assert rendering_options(CameraSettings()) == RenderingOptions()
    assert camera_policy(CameraSettings()) == CameraPolicy(frozen_seconds=None)
    assert appearance_options(CameraSettings()) == AppearanceOptions()


def test_instructions_are_followed_until_their_end_which_ends_the_process() -> None:
    """So no camera outlives ingest, however ingest ends."""
    followed: list[dict[str, Any]] = []
    stop = threading.Event()
    lines = io.StringIO('{"order": 1, "notices": []}\n{"order": 0, "notices": ["n"]}\n')
    read_instructions(lines, followed.append, stop)
    assert followed == [{"order": 1, "notices": []}, {"order": 0, "notices": ["n"]}]
    assert stop.is_set()


class NoSink:
    def publish(self, frame: Frame) -> None: ...

    def state_changed(self) -> None: ...


@pytest.mark.parametrize(("has_file", "name"), [(True, "rtsp_url"), (False, "CAMERA_RTSP_URL")])
def test_words_name_the_settings_that_are_really_in_use(has_file: bool, name: str) -> None:
    """A cameras file's keys where the camera is in one."""
    assigned = AssignedCamera(
        {
            "camera": CameraSettings.model_validate({"rtsp_url": "rtsp://no-such-camera.invalid/"}).revealed(),
            "order": 0,
            "max_pixels": DEFAULT_MAX_PIXELS,
            "notices": [],
            "has_file": has_file,
        }
    )
    stop = threading.Event()
    thread = threading.Thread(target=assigned.streams.run_main, args=(stop, NoSink()))
    thread.start()
    try:
        words = wait_until(lambda: assigned.streams.observed.last_error, "a failure is told", 20)
    finally:
        stop.set()
        thread.join(20)
    assert (words or "").endswith(f"Check the host in {name}.")


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
        "private": [],
        "notices": [],
        "has_file": False,
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


def test_the_process_is_limited_before_its_first_picture(process: subprocess.Popen[str], tmp_path: Path) -> None:
    """In memory, by the largest picture that its assignment allows. The kernel ends it before its parent."""
    assign(process, tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "\n"
    limits = Path(f"/proc/{process.pid}/limits").read_text().splitlines()
    limit = next(int(line.split()[3]) for line in limits if line.startswith("Max data size"))
    assert limit > memory_limit(DEFAULT_MAX_PIXELS)
    assert Path(f"/proc/{process.pid}/oom_score_adj").read_text() == "300\n"


@pytest.mark.parametrize("error", [MemoryError(), ValueError("Insufficient memory (case 4)")])
def test_a_lack_of_memory_ends_the_process_with_its_own_code(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """In whatever library memory is short first. Any other error goes on to the thread, which logs it."""
    codes: list[int] = []
    monkeypatch.setattr("services.ingest.worker_main.os._exit", codes.append)

    def run_short(_ended: threading.Event) -> None:
        raise error

    def run_wrong(_ended: threading.Event) -> None:
        raise ValueError("a fault of ours")

    with pytest.raises(type(error)):  # the test's exit returns
        within_memory(run_short)(threading.Event())
    assert codes == [EXIT_OUT_OF_MEMORY]
    with pytest.raises(ValueError, match="a fault of ours"):
        within_memory(run_wrong)(threading.Event())
    assert codes == [EXIT_OUT_OF_MEMORY]


def test_opencv_says_in_words_that_memory_is_short() -> None:
    """It raises its own class for everything, and numpy's error is one of Python's."""
    script = (
        "import cv2, numpy as np, resource\n"
        "from services.ingest.decoding.picture_limits import is_lack_of_memory\n"
        "pixels = np.zeros((4000, 4000), np.uint8)\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (2**20, 2**20))\n"
        "try:\n    cv2.resize(pixels, (3999, 3999))\n"
        "except Exception as error:\n    raise SystemExit(0 if is_lack_of_memory(error) else str(error))\n"
        "raise SystemExit('it had enough')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
