"""The look of placeholders."""

import io

import pytest
from PIL import Image, ImageStat

from services.stream.fanout.cameras import Problem
from services.stream.fanout.placeholder_image import draw_placeholder
from tests.support.bus import jpeg_picture

PROBLEM = Problem("The camera is offline", "Check that it is on. " * 6, 1_795_363_200_000_000_000)


def opened(jpeg: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(jpeg))
    image.load()
    return image


@pytest.mark.parametrize("size", [(320, 180), (641, 361), (1920, 1080), (64, 48)])
def test_a_placeholder_has_the_cameras_size(size: tuple[int, int]) -> None:
    """A page's layout must not jump when the camera goes."""
    assert opened(draw_placeholder(PROBLEM, size, None)).size == size


def test_the_last_picture_shows_through_dimmed() -> None:
    """It shows the last scene, and shows that the scene is not live."""
    bright = jpeg_picture(230, 640, 360)
    dimmed = opened(draw_placeholder(PROBLEM, (10, 10), bright))
    assert dimmed.size == (640, 360)
    corner = ImageStat.Stat(dimmed.crop((0, 0, 100, 40))).mean
    assert all(30 < level < 120 for level in corner)


def test_a_last_picture_that_is_broken_does_no_harm() -> None:
    """The plain ground is shown."""
    assert opened(draw_placeholder(PROBLEM, (640, 360), b"\xff\xd8\xff broken")).size == (640, 360)


def test_there_is_something_to_read() -> None:
    """Light text on a dark ground."""
    levels = opened(draw_placeholder(PROBLEM, (640, 360), None)).convert("L").histogram()
    assert sum(levels[200:]) > 500
