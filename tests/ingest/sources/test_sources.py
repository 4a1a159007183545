"""Sources that are no network camera: they behave as one."""

import subprocess
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from services.ingest.decoding.picture_limits import PictureRefusedError
from services.ingest.decoding.pictures import Picture
from services.ingest.sources import SourceUnavailableError
from services.ingest.sources.demo import FPS, DemoSource
from services.ingest.sources.video_file import VideoFileSource
from tests.ingest.pixels import pixels_of
from tests.ingest.sources.reading import next_picture


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Five frames at 25 fps, each brighter than the last."""
    path = tmp_path / "five.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    for number in range(5):
        writer.write(np.full((48, 64, 3), 40 * number, np.uint8))
    writer.release()
    return path


def shown(source: VideoFileSource) -> NDArray[np.uint8]:
    picture = source.retrieve()
    assert picture is not None
    return pixels_of(picture.to_jpeg(95))


def test_a_file_is_played_at_its_pace_and_for_ever(video: Path) -> None:
    """As a camera would send it: twelve frames of a file of five, a twenty-fifth of a second apart."""
    source = VideoFileSource(str(video))
    source.open()
    started_at, levels = time.monotonic(), []
    for _ in range(12):
        source.grab()
        levels.append(round(float(shown(source).mean()) / 40))
    assert levels == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
    assert time.monotonic() - started_at >= 11 / 25
    source.close()


def test_a_file_that_is_no_video_is_said(tmp_path: Path) -> None:
    """Not a crash: the user may yet put the right one in its place."""
    (tmp_path / "notes.mp4").write_text("no video")
    with pytest.raises(SourceUnavailableError, match="can't be opened"):
        VideoFileSource(str(tmp_path / "notes.mp4")).open()


def test_the_demo_scene_keeps_a_cameras_pace_and_draws_only_what_is_asked_for() -> None:
    """Fifteen frames a second, each a picture of its own."""
    source = DemoSource()
    source.open()
    started_at = time.monotonic()
    for _ in range(5):
        source.grab()
    assert time.monotonic() - started_at >= 4 / FPS
    picture = source.retrieve().pixels
    assert picture.shape == (720, 1280, 3)
    assert picture.dtype == np.uint8
    source.close()


def encoded(directory: Path, name: str, *options: str) -> Path:
    """A second of footage in which each picture is brighter than the last, as the options say."""
    path = directory / name
    levels = "geq=lum='16+N*8':cb=128:cr=128"
    source = ["-f", "lavfi", "-i", f"color=size=64x48:rate=25,{levels},trim=end_frame=25"]
    subprocess.run(["ffmpeg", "-v", "error", *source, "-pix_fmt", "yuv420p", *options, str(path)], check=True)
    return path


def levels_of(source: VideoFileSource, count: int) -> list[int]:
    """The brightness of each picture of `count` grabs, in steps as they were drawn."""
    seen = []
    for _ in range(count):
        source.grab()
        if source.retrieve() is not None:
            seen.append(round((float(shown(source).mean()) * 219 / 255) / 8))
    return seen


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("b.mp4", ["-c:v", "libx264", "-bf", "2"]),
        ("raw.h264", ["-c:v", "libx264", "-bf", "0"]),
        ("b.ts", ["-c:v", "libx264", "-bf", "2"]),
        ("part2.avi", ["-c:v", "mpeg4"]),
        ("vp8.webm", ["-c:v", "libvpx", "-b:v", "1M"]),
    ],
)
def test_files_of_any_kind_are_looped_with_their_pictures_in_order(
    name: str, options: list[str], tmp_path: Path
) -> None:
    """Also those in which FFmpeg can't go back. What a decoder holds at the end may be missing."""
    with closing(VideoFileSource(str(encoded(tmp_path, name, *options)))) as source:
        source.open()
        levels = levels_of(source, 60)
    runs = [level for level, next_level in pairwise(levels) if next_level < level]
    assert len(runs) == 2
    assert min(runs) >= 22
    assert all(next_level - level in (0, 1, 2) or next_level < 4 for level, next_level in pairwise(levels))
    assert len(levels) >= 50


def test_a_file_that_was_filmed_on_its_side_is_shown_upright(tmp_path: Path) -> None:
    """As a phone does it: the pictures lie, and the file says by how much."""
    lying = encoded(tmp_path, "lying.mp4", "-vf", "drawbox=0:0:16:12:white:fill", "-c:v", "libx264")
    path = tmp_path / "upright.mp4"
    with av.open(str(lying)) as read, av.open(str(path), "w") as written:
        stream = written.add_stream_from_template(read.streams.video[0])
        stream.set_display_rotation(90)
        for packet in read.demux():
            if packet.size:
                packet.stream = stream
                written.mux(packet)
    with closing(VideoFileSource(str(path))) as source:
        source.open()
        while source.retrieve() is None:
            source.grab()
        pixels = shown(source)
    assert pixels.shape == (64, 48, 3)
    assert pixels[-8:, :8].mean() > 230
    assert pixels[:8, :8].mean() < 100


def test_a_file_of_sound_alone_is_said(tmp_path: Path) -> None:
    """It can be opened, and shows nothing."""
    path = tmp_path / "sound.wav"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=duration=1", str(path)], check=True)
    with pytest.raises(SourceUnavailableError, match="no video"):
        VideoFileSource(str(path)).open()


def first_picture(path: Path, max_pixels: int) -> Picture:
    with closing(VideoFileSource(str(path), max_pixels=max_pixels)) as source:
        source.open()
        return next_picture(source)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.h264", "libx264"),
        ("a.ts", "libx264"),
        ("a.mp4", "libx265"),
        ("a.avi", "mpeg4"),
        ("a.webm", "libvpx-vp9"),
        ("a.mkv", "ffv1"),
        ("png.mkv", "png"),
        ("a.mjpeg", "mjpeg"),
    ],
)
def test_pictures_of_too_many_pixels_are_refused_in_words_whatever_their_codec(
    name: str, codec: str, tmp_path: Path
) -> None:
    """The size is told before any is decoded, or by the decoder itself; which of them knows depends on the file."""
    path = encoded(tmp_path, name, "-vf", "scale=640:480", "-c:v", codec, "-strict", "-1")
    assert first_picture(path, 640 * 480).width == 640
    with pytest.raises(PictureRefusedError, match=r"640 x 480: 307200 pixels .* 307199 of PICTURE_MAX_PIXELS"):
        first_picture(path, 640 * 480 - 1)
