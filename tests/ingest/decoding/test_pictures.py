"""Pictures made of planes, compared with the same pictures converted by OpenCV."""

import cv2
import numpy as np
import pytest

from services.ingest.decoding.colours import JPEG, Colours
from services.ingest.decoding.pictures import BgrPicture, YuvPicture
from services.ingest.decoding.planes import Pixels
from tests.ingest.pixels import pixels_of

SIZE = (320, 180)
LIMITED = Colours(JPEG.red, JPEG.blue, is_full_range=False)
"""BT.601 as video has it."""


def planes(width: int = SIZE[0], height: int = SIZE[1]) -> tuple[Pixels, Pixels, Pixels]:
    """Smooth colours over the whole limited range."""
    random = np.random.default_rng(3)
    made = []
    for columns, rows, low, high in ((width, height, 16, 236), *[(width // 2, height // 2, 60, 200)] * 2):
        coarse = random.integers(low, high, (9, 16), dtype=np.uint8)
        made.append(np.asarray(cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_LINEAR), dtype=np.uint8))
    return made[0], made[1], made[2]


def by_opencv(y: Pixels, u: Pixels, v: Pixels) -> Pixels:
    stacked = np.concatenate([plane.reshape(-1) for plane in (y, u, v)]).reshape(-1, y.shape[1])
    return np.asarray(cv2.cvtColor(stacked, cv2.COLOR_YUV2BGR_I420), dtype=np.uint8)


def test_limited_range_planes_have_the_colours_that_opencv_shows() -> None:
    """Black is black and white is white, although the JPEG is made without BGR in between."""
    difference = np.abs(
        pixels_of(YuvPicture(*planes(), colours=LIMITED).to_jpeg(95)).astype(int) - by_opencv(*planes())
    )
    assert difference.mean() < 2
    assert np.percentile(difference, 99) < 8


def test_the_ends_of_limited_range_are_the_ends_of_full_range() -> None:
    """Values beyond them are cut off there."""
    for luma, expected in ((0, 0), (16, 0), (126, 128), (235, 255), (255, 255)):
        flat = np.full((64, 64), luma, np.uint8), *[np.full((32, 32), 128, np.uint8)] * 2
        jpeg = YuvPicture(*flat, colours=LIMITED).to_jpeg(95)
        assert np.abs(pixels_of(jpeg).astype(int) - expected).max() <= 2


def test_full_range_planes_are_left_alone() -> None:
    """Full range must not be stretched again."""
    flat = np.full((64, 64), 40, np.uint8), *[np.full((32, 32), 128, np.uint8)] * 2
    assert np.abs(pixels_of(YuvPicture(*flat, colours=JPEG).to_jpeg(95)).astype(int) - 40).max() <= 1


@pytest.mark.parametrize("width", [100, 161, 319])
def test_a_scaled_picture_of_planes_looks_like_a_scaled_picture_of_pixels(width: int) -> None:
    """Also at odd widths, where chroma is rounded up."""
    scaled = YuvPicture(*planes(), colours=LIMITED).scaled_to(width)
    expected = BgrPicture(by_opencv(*planes())).scaled_to(width)
    assert (scaled.width, scaled.height) == (width, expected.height)
    assert np.abs(pixels_of(scaled.to_jpeg(95)).astype(int) - expected.pixels).mean() < 5


def test_planes_within_larger_rows_are_as_good() -> None:
    """Decoders pad their rows. The padding does not belong to the picture."""
    wide = planes(640, 180)
    parts = tuple(plane[:, : plane.shape[1] // 2] for plane in wide)
    copies = tuple(np.ascontiguousarray(part) for part in parts)
    padded, plain = YuvPicture(*parts, colours=LIMITED), YuvPicture(*copies, colours=LIMITED)
    assert padded.to_jpeg(80) == plain.to_jpeg(80)
    assert padded.equals(plain)
    assert padded.scaled_to(100).to_jpeg(80) == plain.scaled_to(100).to_jpeg(80)


def test_one_different_sample_makes_pictures_unequal() -> None:
    """In any plane, contiguous or not."""
    for changed in range(3):
        one, other = planes(), planes()
        other[changed][3, 5] ^= 1
        assert not YuvPicture(*one, colours=LIMITED).equals(YuvPicture(*other, colours=LIMITED))
        cut = [tuple(plane[:, :-2] for plane in both) for both in (one, other)]
        assert not YuvPicture(*cut[0], colours=LIMITED).equals(YuvPicture(*cut[1], colours=LIMITED))
    assert YuvPicture(*planes(), colours=LIMITED).equals(YuvPicture(*planes(), colours=LIMITED))
    assert not YuvPicture(*planes(), colours=LIMITED).equals(YuvPicture(*planes(), colours=JPEG))
    assert not YuvPicture(*planes(), colours=LIMITED).equals(BgrPicture(by_opencv(*planes())))
