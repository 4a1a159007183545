"""The colours of what cameras send, compared with the colours that they filmed, and with FFmpeg's own conversion."""

import numpy as np
import pytest

from services.ingest.decoding.colours import JPEG, Colours, in_jpeg_colours
from services.ingest.decoding.frame_picture import picture_of
from tests.ingest.decoding.coded_video import (
    HIGH_QUALITY,
    MATRICES,
    coded,
    decoded,
    painting,
    psnr,
    shown_by_ffmpeg,
)
from tests.ingest.pixels import pixels_of

SD, HD = (640, 360), (1280, 720)
BT709, BT601 = 1, 6
UNTOLD = 2


@pytest.mark.parametrize("matrix", [1, 6, 7, 9])
@pytest.mark.parametrize("is_full_range", [False, True])
@pytest.mark.parametrize("name", ["yuv420p", "yuv422p", "yuv420p10le"])
def test_colours_are_as_good_as_ffmpeg_makes_them(matrix: int, is_full_range: bool, name: str) -> None:
    """Within 0.5 dB, both as JPEGs of one quality."""
    filmed = painting(*SD)
    frame, _ = decoded(coded(filmed, matrix=matrix, is_full_range=is_full_range, name=name))
    by_ffmpeg = psnr(shown_by_ffmpeg(frame, MATRICES[matrix]), filmed)
    assert psnr(pixels_of(picture_of(frame).to_jpeg(HIGH_QUALITY)), filmed) >= by_ffmpeg - 0.5


@pytest.mark.parametrize(
    ("size", "matrix"), [(SD, BT601), ((720, 576), BT601), ((360, 640), BT601), (HD, BT709), ((720, 1280), BT709)]
)
def test_a_stream_that_says_nothing_is_judged_by_its_size(size: tuple[int, int], matrix: int) -> None:
    """HD is BT.709, and SD is BT.601, upright or not."""
    filmed = painting(*size)
    frame, _ = decoded(coded(filmed, matrix=UNTOLD, made_as=MATRICES[matrix]))
    assert frame.colorspace == UNTOLD
    by_ffmpeg = psnr(shown_by_ffmpeg(frame, MATRICES[matrix]), filmed)
    assert psnr(pixels_of(picture_of(frame).to_jpeg(HIGH_QUALITY)), filmed) >= by_ffmpeg - 0.5


def test_what_a_stream_says_counts_more_than_its_size() -> None:
    """An HD camera may film in BT.601."""
    filmed = painting(*HD)
    frame, _ = decoded(coded(filmed, matrix=BT601))
    assert psnr(pixels_of(picture_of(frame).to_jpeg(HIGH_QUALITY)), filmed) > 35


@pytest.mark.parametrize("matrix", [1, 6, 7, 9])
@pytest.mark.parametrize("is_full_range", [False, True])
def test_black_grey_and_white_stay_so(matrix: int, is_full_range: bool) -> None:
    """Whatever the matrix, and at both ends of the range. Beyond them is cut off."""
    colours = Colours.of_video(matrix, *SD, is_full_range=is_full_range)
    low, high = (0, 255) if is_full_range else (16, 235)
    for luma, expected in ((low, 0), ((low + high) / 2, 127.5), (high, 255), (255, 255), (0, 0)):
        planes = np.full((6, 8), luma, np.uint8), np.full((3, 4), 128, np.uint8), np.full((3, 4), 128, np.uint8)
        y, u, v = in_jpeg_colours(planes, colours)
        assert abs(int(y[0, 0]) - expected) <= 1.2
        assert abs(int(u[0, 0]) - 128) <= 1
        assert abs(int(v[0, 0]) - 128) <= 1


def test_a_stream_in_the_colours_of_a_jpeg_is_not_touched() -> None:
    """It costs nothing."""
    planes = np.zeros((4, 4), np.uint8), np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint8)
    assert in_jpeg_colours(planes, JPEG) is planes
    assert Colours.of_video(BT601, *SD, is_full_range=True) == JPEG
