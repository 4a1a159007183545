"""The test camera itself: its clock can be read, its sessions are counted, and it stops and starts on command.

Other tests run the services with this camera.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.camera import CameraError, RtspCamera
from tests.support.clock import read_clock, shows_camera_colours
from tests.support.picture_layout import CLOCK_COLUMNS, CLOCK_HEIGHT_SHARE, CLOCK_ROWS, decode_clock, encode_clock

CAPTURE_OPTIONS = "rtsp_transport;tcp|fpsprobesize;0"
NOON = 1_785_585_600_000

# A viewer that can be killed. It prints a line after its first picture and keeps watching.
VIEWER = """
import sys, cv2
capture = cv2.VideoCapture(sys.argv[1], cv2.CAP_FFMPEG)
capture.read()
print("watching", flush=True)
while capture.read()[0]:
    pass
"""

# Starts a camera and does not stop it; the test kills this process.
STARTER = """
import sys, time
from tests.support.camera import RtspCamera
camera = RtspCamera()
camera.start()
if sys.argv[1] == "paused":
    camera.pause()
print(camera.port, flush=True)
time.sleep(60)
"""
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _capture_over_tcp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", CAPTURE_OPTIONS)


@pytest.fixture
def camera() -> Iterator[RtspCamera]:
    with RtspCamera() as running:
        yield running


@contextmanager
def capturing(url: str, read_timeout_ms: int = 5000) -> Iterator[cv2.VideoCapture]:
    options = {
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: 5000,
        cv2.CAP_PROP_READ_TIMEOUT_MSEC: read_timeout_ms,
        cv2.CAP_PROP_N_THREADS: 1,
    }
    capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, [number for option in options.items() for number in option])
    try:
        yield capture
    finally:
        capture.release()


def read_picture(capture: cv2.VideoCapture, number: int = 1) -> NDArray[np.uint8]:
    """The `number`th picture from now. Pictures received while the connection opened may be older than live ones."""
    for _ in range(number):
        read, picture = capture.read()
        assert read
    return np.asarray(picture, dtype=np.uint8)


def painted(shown: bytes, width: int = 640, height: int = 360) -> NDArray[np.uint8]:
    """A black picture whose clock blocks show these eight bytes."""
    bits = np.unpackbits(np.frombuffer(shown, np.uint8)).reshape(CLOCK_ROWS, CLOCK_COLUMNS)
    row_height = round(height * CLOCK_HEIGHT_SHARE / CLOCK_ROWS)
    picture = np.zeros((height, width), np.uint8)
    strip = bits.repeat(row_height, axis=0).repeat(width // CLOCK_COLUMNS, axis=1) * np.uint8(255)
    picture[: strip.shape[0]] = strip
    return picture


@pytest.mark.camera
def test_a_picture_shows_when_it_was_taken(camera: RtspCamera) -> None:
    with capturing(camera.url) as capture:
        picture = read_picture(capture, number=15)
        age_ms = time.time() * 1000 - (read_clock(picture) or 0)

    assert picture.shape == (360, 640, 3)
    assert 0 <= age_ms < 1000


@pytest.mark.camera
def test_the_picture_moves_and_is_recognised(camera: RtspCamera) -> None:
    with capturing(camera.url) as capture:
        first = read_picture(capture)
        later = read_picture(capture, number=15)

    assert shows_camera_colours(first)
    assert shows_camera_colours(later)
    assert not shows_camera_colours(first[:, ::-1])
    assert np.abs(first[40:].astype(int) - later[40:]).max() > 30


@pytest.mark.camera
def test_the_camera_has_the_requested_rate_and_size() -> None:
    with RtspCamera(width=320, height=240, fps=10) as camera, capturing(camera.url) as capture:
        first = read_picture(capture)
        last = read_picture(capture, number=10)

    assert first.shape == (240, 320, 3)
    assert 900 <= (read_clock(last) or 0) - (read_clock(first) or 0) <= 1500


@pytest.mark.camera
def test_the_clock_survives_scaling_and_jpeg(camera: RtspCamera) -> None:
    with capturing(camera.url) as capture:
        picture = read_picture(capture)

    for width, quality in [(640, 80), (320, 50), (500, 50)]:
        scaled = cv2.resize(picture, (width, width * 9 // 16), interpolation=cv2.INTER_AREA)
        _, jpeg = cv2.imencode(".jpg", scaled, [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), dtype=np.uint8)
        assert read_clock(decoded) == read_clock(picture) is not None
        assert shows_camera_colours(decoded)


@pytest.mark.camera
def test_two_clients_are_two_sessions(camera: RtspCamera) -> None:
    with capturing(camera.url) as first, capturing(camera.url) as second:
        read_picture(first)
        read_picture(second)
        assert camera.wait_until(lambda: camera.playing_sessions == 2)

    assert camera.wait_until(lambda: camera.playing_sessions == 0)
    assert camera.total_sessions == 2


@pytest.mark.camera
def test_a_client_that_dies_without_teardown_is_not_counted_for_long(camera: RtspCamera) -> None:
    viewer = subprocess.Popen([sys.executable, "-c", VIEWER, camera.url], stdout=subprocess.PIPE, text=True)
    with viewer:
        assert viewer.stdout is not None
        assert viewer.stdout.readline() == "watching\n"
        assert camera.wait_until(lambda: camera.playing_sessions == 1)
        viewer.kill()

    assert camera.wait_until(lambda: camera.playing_sessions == camera.clients == 0)
    assert camera.total_sessions == 1


@pytest.mark.camera
@pytest.mark.parametrize("auth", ["basic", "digest"])
def test_only_the_right_password_is_accepted(auth: Literal["basic", "digest"]) -> None:
    password = "p@:/#?% +ü"  # noqa: S105 - all characters that have a meaning in a URL
    with RtspCamera(username="viewer", password=password, auth=auth) as camera:
        for credentials, accepted in [
            ("", False),
            ("viewer:wrong@", False),
            (f"viewer:{quote(password, safe='')}@", True),
        ]:
            with capturing(camera.url.replace("//", f"//{credentials}")) as capture:
                assert capture.isOpened() is accepted

        assert camera.wait_until(lambda: camera.total_sessions == 1)


@pytest.mark.camera
def test_it_restarts_on_the_same_port_while_a_client_is_still_connected(camera: RtspCamera) -> None:
    url = camera.url
    with capturing(url) as old_capture:
        read_picture(old_capture)
        camera.restart()
        with capturing(camera.url) as capture:
            assert read_clock(read_picture(capture)) is not None

    assert camera.url == url
    assert camera.wait_until(lambda: camera.total_sessions == 2)


@pytest.mark.camera
def test_a_paused_camera_falls_silent_and_sends_fresh_pictures_after_resume(camera: RtspCamera) -> None:
    with capturing(camera.url, read_timeout_ms=300) as capture:
        read_picture(capture)
        camera.pause()
        assert not all(capture.read()[0] for _ in range(60))
    camera.resume()

    with capturing(camera.url) as capture:
        picture = read_picture(capture, number=15)
        age_ms = time.time() * 1000 - (read_clock(picture) or 0)
    assert 0 <= age_ms < 1000


@pytest.mark.camera
def test_killed_and_stopped_cameras_refuse_clients(camera: RtspCamera) -> None:
    for end in (camera.kill, camera.stop):
        with capturing(camera.url) as capture:
            read_picture(capture)
            camera.pause()
            end()
        with capturing(camera.url) as capture:
            assert not capture.isOpened()
        assert (camera.pid, camera.clients, camera.playing_sessions) == (None, 0, 0)
        camera.start()

    assert camera.total_sessions == 2


@pytest.mark.camera
@pytest.mark.parametrize("paused", [False, True])
def test_it_ends_with_the_process_that_started_it(paused: bool) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, "paused" if paused else ""], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with starter:
        assert starter.stdout is not None
        port = int(starter.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            starter.kill()
            with suppress(ConnectionResetError):
                assert connection.recv(1) == b""


@pytest.mark.camera
def test_a_taken_port_is_an_error(camera: RtspCamera) -> None:
    with pytest.raises(CameraError):
        RtspCamera(port=camera.port).start()


def test_an_encoded_clock_is_decoded_unless_a_bit_is_wrong() -> None:
    shown = encode_clock(NOON)

    assert decode_clock(shown) == NOON
    for bit in range(64):
        assert decode_clock((int.from_bytes(shown, "big") ^ (1 << bit)).to_bytes(8, "big")) is None


@pytest.mark.parametrize("size", [(640, 360), (320, 180), (1920, 1080)])
def test_a_painted_clock_is_read_in_gray_and_in_colour(size: tuple[int, int]) -> None:
    picture = painted(encode_clock(NOON), *size)

    assert read_clock(picture) == NOON
    assert read_clock(np.stack([picture] * 3, axis=2)) == NOON


def test_noise_and_flat_pictures_have_no_clock() -> None:
    random = np.random.default_rng(7)
    for _ in range(20):
        assert read_clock(random.integers(0, 256, (360, 640, 3), dtype=np.uint8)) is None
        assert read_clock(painted(random.bytes(8))) is None
    for luma in (0, 128, 255):
        assert read_clock(np.full((360, 640, 3), luma, np.uint8)) is None
