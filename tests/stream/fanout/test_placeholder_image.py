"""The look of placeholders."""

import io
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from services.stream.fanout.cameras import Problem
from services.stream.fanout.picture import MAX_PIXELS
from services.stream.fanout.placeholder_image import draw_placeholder
from shared.jpeg_segments import MAX_SCANS
from tests.support.bus import jpeg_picture
from tests.support.costly_jpegs import progressive, with_size
from tests.support.services import ROOT

MOST_DRAWING_BYTES = 200 * 1024 * 1024
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


def test_a_large_cameras_placeholder_is_smaller_in_its_proportions() -> None:
    """A picture of 100 megapixels in 390 KB once took 3 GB to dim."""
    large = io.BytesIO()
    Image.new("RGB", (7680, 4320), (200, 200, 200)).save(large, "JPEG", quality=20)
    size = opened(draw_placeholder(PROBLEM, (7680, 4320), large.getvalue())).size
    assert size == (3840, 2160)
    for odd in ((65_500, 65_500), (65_500, 1), (1, 65_500)):
        width, height = opened(draw_placeholder(PROBLEM, odd, None)).size
        assert width * height <= MAX_PIXELS


def is_plain(placeholder: bytes) -> bool:
    """Whether it has the plain ground, of the size that the tests say."""
    return opened(placeholder).size == (640, 360)


def test_a_bomb_of_pixels_is_not_decoded() -> None:
    """The ground is plain then. The limit is the setting's, and is what the last picture itself says."""
    picture = jpeg_picture(230, 1280, 720)
    pixels = 1280 * 720
    assert opened(draw_placeholder(PROBLEM, (640, 360), picture, pixels)).size == (1280, 720)
    assert is_plain(draw_placeholder(PROBLEM, (640, 360), picture, pixels - 1))
    bomb = with_size(picture, 9000, 9000)
    begun = time.process_time()
    assert is_plain(draw_placeholder(PROBLEM, (640, 360), bomb))
    assert time.process_time() - begun < 1


def test_a_bomb_of_scans_or_of_segments_is_not_decoded() -> None:
    """Nor is a large picture in more than one scan: all of its coefficients would have to be held."""
    assert opened(draw_placeholder(PROBLEM, (640, 360), progressive(320, 184, MAX_SCANS))).size == (320, 184)
    comments = jpeg_picture(230, 320, 180).replace(b"\xff\xd8", b"\xff\xd8" + b"\xff\xfe\0\2" * 100_000, 1)
    begun = time.process_time()
    for bomb in (progressive(320, 184, MAX_SCANS + 1), progressive(7680, 4320, 2), comments):
        assert is_plain(draw_placeholder(PROBLEM, (640, 360), bomb))
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(("size", "progressive"), [((7680, 4320), False), ((3840, 2160), True)])
def test_the_costliest_picture_that_is_decoded_takes_little_memory(
    size: tuple[int, int], progressive: bool, tmp_path: Path
) -> None:
    """In a process that may take no more. Decoded at full size, 8K takes 33 million pixels three or four times over."""
    picture, path = io.BytesIO(), tmp_path / "last.jpg"
    Image.new("RGB", size, (200, 150, 90)).save(picture, "JPEG", quality=10, progressive=progressive)
    path.write_bytes(picture.getvalue())
    script = f"""
import resource, sys
from pathlib import Path
from services.stream.fanout.cameras import Problem
from services.stream.fanout.placeholder_image import draw_placeholder
used = next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmData:"))
resource.setrlimit(resource.RLIMIT_DATA, (used + {MOST_DRAWING_BYTES},) * 2)
sys.stdout.buffer.write(draw_placeholder(Problem("offline"), (640, 360), Path({str(path)!r}).read_bytes()))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert opened(done.stdout).size == (3840, 2160), "the plain ground is smaller"
