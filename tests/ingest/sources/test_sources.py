"""Sources that are no network camera: they behave as one."""

import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from services.ingest.sources import SourceUnavailableError
from services.ingest.sources.demo import FPS, DemoSource
from services.ingest.sources.video_file import VideoFileSource
from tests.ingest.pixels import pixels_of


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
