"""Players, recorders and libraries that people use with the stream. Each must show moving pictures."""

import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.clients.document import block
from tests.clients.moving import HEIGHT, WIDTH, MovingStream, assert_it_moves, level_of, level_of_jpeg
from tests.clients.programs import Program, own_directory
from tests.clients.readers import parts_as_go2rtc_reads_them
from tests.support.waiting import wait_until

pytestmark = pytest.mark.clients


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that a client may write to."""
    with own_directory() as directory:
        yield directory


def raw_levels(program: Program) -> Iterator[int]:
    """The grays of the pictures that a program writes to stdout as raw gray bytes."""
    size = WIDTH * HEIGHT
    while len(picture := program.stdout.read(size)) == size:
        yield level_of(np.frombuffer(picture, np.uint8).reshape(HEIGHT, WIDTH))


@pytest.mark.clients("ffmpeg", "ffmpeg")
@pytest.mark.parametrize(
    "demuxer",
    [
        pytest.param(["-f", "mpjpeg", "-strict_mime_boundary", "1"], id="strict"),
        pytest.param([], id="autodetected"),
    ],
)
def test_ffmpeg_shows_the_stream(demuxer: list[str], stream: MovingStream, home: Path) -> None:
    """Strict: each boundary must be the one in the header. Autodetected: FFmpeg is not told the format."""
    command = ["ffmpeg", "-nostdin", "-loglevel", "warning", *demuxer, "-i", stream.url]
    with Program(*command, "-f", "rawvideo", "-pix_fmt", "gray", "-", home=home) as ffmpeg:
        assert_it_moves(raw_levels(ffmpeg))


@pytest.mark.clients("gst-launch-1.0", "gstreamer1.0-tools", "gstreamer1.0-plugins-good")
def test_gstreamer_shows_the_stream(stream: MovingStream, home: Path) -> None:
    """GStreamer's multipart demuxer requires the body to begin with a boundary."""
    pipeline = f"souphttpsrc location={stream.url} ! multipartdemux ! jpegdec ! videoconvert ! video/x-raw,format=GRAY8"
    with Program("gst-launch-1.0", "-q", *pipeline.split(), "!", "fdsink", home=home) as gstreamer:
        assert_it_moves(raw_levels(gstreamer))


def test_opencv_shows_the_stream(stream: MovingStream) -> None:
    """Many scripts use `cv2.VideoCapture(url)`."""
    address = re.search(r'VideoCapture\("(.+)"\)', block("OpenCV", stream))
    assert address
    capture = cv2.VideoCapture(address[1], cv2.CAP_FFMPEG, [cv2.CAP_PROP_READ_TIMEOUT_MSEC, 5000])
    try:
        assert capture.isOpened()
        assert_it_moves(_captured(capture))
    finally:
        capture.release()


def _captured(capture: cv2.VideoCapture) -> Iterator[int]:
    while True:
        read, picture = capture.read()
        assert read, "the capture ended"
        yield level_of(picture)  # type: ignore[arg-type] # cv2 types its arrays loosely


def pictures_in(directory: Path, pattern: str) -> list[NDArray[np.uint8]]:
    """The complete pictures in a directory. The newest file may be half written."""
    decoded = [cv2.imread(str(path)) for path in sorted(directory.glob(pattern)) if path.stat().st_size]
    return [picture for picture in decoded if picture is not None]  # type: ignore[misc]


@pytest.mark.clients("cvlc", "vlc-bin", "vlc-plugin-base")
def test_vlc_shows_the_stream(stream: MovingStream, home: Path) -> None:
    """VLC refuses to run as root, so it runs as nobody. Its scene filter saves the pictures it would paint."""
    scene = ["--video-filter=scene", "--scene-format=png", "--scene-ratio=3", f"--scene-path={home}"]
    command = ["cvlc", "-v", "--vout=dummy", "--no-audio", "--network-caching=300", *scene, stream.url]
    with Program(*command, home=home, unprivileged=True):
        wait_until(lambda: len({level_of(p) for p in pictures_in(home, "scene*.png")}) > 1, "it moves", 20)


MOTION_SETTINGS = """
daemon off
setup_mode off
log_level 6
target_dir {home}
{camera}
width {width}
height {height}
framerate 10
text_left
text_right
snapshot_interval 1
snapshot_filename snap-%v-%s
picture_output off
movie_output off
webcontrol_port 0
stream_port 0
"""


@pytest.mark.clients("motion", "motion")
def test_motion_shows_the_stream(stream: MovingStream, home: Path) -> None:
    """The stream is motion's network camera. Each second, motion saves a snapshot of the camera."""
    settings = home / "motion.conf"
    settings.write_text(MOTION_SETTINGS.format(home=home, camera=block("motion", stream), width=WIDTH, height=HEIGHT))
    with Program("motion", "-n", "-c", str(settings), home=home, unprivileged=True):
        wait_until(lambda: len({level_of(p) for p in pictures_in(home, "snap*.jpg")}) > 1, "it moves", 20)


@pytest.mark.clients("curl", "curl")
@pytest.mark.parametrize("version", [pytest.param("--http1.1", id="1.1"), pytest.param("--http1.0", id="1.0")])
def test_curl_receives_the_stream(version: str, stream: MovingStream, home: Path) -> None:
    """`--raw` shows the body without decoding any transfer coding. It begins with a boundary."""
    with Program("curl", "-sSN", "--raw", version, stream.url, home=home) as curl:
        assert curl.stdout.peek().startswith(b"--frame\r\n")
        assert_it_moves(level_of_jpeg(jpeg) for jpeg in parts_as_go2rtc_reads_them(curl.stdout))


@pytest.mark.clients("curl", "curl")
def test_curl_gets_the_headers_by_head(stream: MovingStream, home: Path) -> None:
    """`curl -I` returns at once, because no body follows the headers."""
    with Program("curl", "-sSI", stream.url, home=home) as curl:
        answer = curl.stdout.read().decode()
    assert answer.startswith("HTTP/1.1 200 OK\r\n")
    assert "content-type: multipart/x-mixed-replace; boundary=frame\r\n" in answer
