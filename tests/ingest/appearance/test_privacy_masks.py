"""What is masked is in no picture any more."""

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.ingest.appearance.appearance import Appearance
from services.ingest.appearance.options import AppearanceOptions, MaskStyle
from services.ingest.appearance.regions import Polygon, parse_polygons
from services.ingest.decoding.colours import JPEG
from services.ingest.decoding.pictures import BgrPicture, YuvPicture
from services.ingest.decoding.true_shape import SQUARE
from tests.ingest.appearance.pictures import FORMS, picture, plain, shown

LEFT_HALF = "0,0 0.5,0 0.5,1 0,1"
TWO_THAT_OVERLAP = f"{LEFT_HALF}; 0.2,0 0.5,0 0.5,1 0.2,1"
RED, WHITE = (0, 0, 255), (255, 255, 255)
STYLES: tuple[MaskStyle, ...] = ("fill", "pixelate")


def masked(masks: str, style: MaskStyle = "fill") -> Appearance:
    return Appearance(AppearanceOptions(masks=parse_polygons(masks), mask_style=style))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("masks", [LEFT_HALF, TWO_THAT_OVERLAP])
def test_a_filled_mask_is_black_and_the_rest_is_as_it_was(form: str, masks: str) -> None:
    """Also where two masks overlap, and also in a camera's own JPEG, which would pass unchanged otherwise."""
    pixels = shown(masked(masks).applied(picture(form, plain(64, 48, WHITE)), 0))
    assert pixels[:, :31].max() <= 8
    assert pixels[:, 40:].min() >= 220


@pytest.mark.parametrize(
    "masks",
    [
        "0,0 0.8,0 0.8,0.8 0,0.8 0,0 0.5,0 0.5,0.5 0,0.5",  # two areas without a semicolon between
        "0,0 0.8,0 0.8,0.8 0,0.8 0,0 0.8,0 0.8,0.8 0,0.8",  # the same corners once more
        "0,0 0.8,0 0.8,0.8 0.4,0.4 0.8,0.8 0,0.8",
    ],
)
def test_what_an_outline_encloses_twice_is_hidden(masks: str) -> None:
    """A hole would be in the middle of what should be hidden."""
    pixels = shown(masked(masks).applied(picture("bgr", plain(64, 48, WHITE)), 0))
    assert pixels[4:34, 4:44].max() <= 8


@pytest.mark.parametrize("form", FORMS)
def test_a_pixelated_mask_keeps_nothing_smaller_than_its_blocks(form: str) -> None:
    """Of stripes of 4 pixels nothing is left but a few even blocks; beside the mask they stay."""
    stripes = plain(640, 480, WHITE)
    stripes[:, np.arange(640) % 8 < 4] = 0
    pixels = shown(masked(LEFT_HALF, "pixelate").applied(picture(form, stripes), 0))
    steps = np.abs(np.diff(pixels.astype(int), axis=1)).max(axis=2) > 60
    assert not steps[:, :316].any()
    assert steps[:, 330:].mean() > 0.1


def test_the_cameras_own_picture_is_not_changed() -> None:
    """Its memory is the decoder's, which predicts later pictures from it."""
    original = picture("yuv", plain(64, 48, RED))
    assert isinstance(original, YuvPicture)
    before = [plane.copy() for plane in original.planes]
    for style in STYLES:
        masked(LEFT_HALF, style).applied(original, 0)
    assert all(np.array_equal(one, other) for one, other in zip(before, original.planes, strict=True))


def test_planes_with_gaps_between_their_rows_are_masked() -> None:
    """Decoders align rows."""
    wide = np.full((48, 128), 200, np.uint8)
    original = YuvPicture(wide[:, :64], wide[:24, :32], wide[24:, :32], colours=JPEG)
    for style in STYLES:
        hidden = masked("0,0 1,0 1,1 0,1", style).applied(original, 0)
        assert isinstance(hidden, YuvPicture)
        assert hidden.planes[0].shape == (48, 64)
        assert style == "pixelate" or int(hidden.planes[0].max()) == 0


def test_masks_follow_a_camera_that_changes_its_size() -> None:
    """What was prepared for one size must not be used for another, nor for another form."""
    appearance = masked(LEFT_HALF)
    for form, width, height in (("yuv", 64, 48), ("bgr", 64, 48), ("yuv", 128, 96), ("jpeg", 32, 24), ("bgr", 64, 48)):
        pixels = shown(appearance.applied(picture(form, plain(width, height, WHITE)), 0))
        assert pixels[:, : width // 2 - 1].max() <= 8
        assert pixels[:, width // 2 + 8 :].min() >= 220


shares = st.floats(0, 1, allow_nan=False, width=32)
triangles = st.tuples(*[st.tuples(shares, shares)] * 3)


def inside(polygon: Polygon, width: int, height: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """The pixels whose middle is inside, by another way than the masks': by OpenCV's distance to the sides."""
    corners = np.array([(x * width - 0.5, y * height - 0.5) for x, y in polygon], np.float32)
    tests = [
        [cv2.pointPolygonTest(corners, (x, y), measureDist=False) >= 0 for x in range(width)] for y in range(height)
    ]
    return np.array(tests)


def red(width: int, height: int, pixel_aspect: Fraction = SQUARE) -> YuvPicture:
    """A planar picture of any size, odd ones too."""
    chroma = (height + 1) // 2, (width + 1) // 2
    y, u, v = np.full((height, width), 81, np.uint8), np.full(chroma, 90, np.uint8), np.full(chroma, 240, np.uint8)
    return YuvPicture(y, u, v, colours=replace(JPEG, is_full_range=False), pixel_aspect=pixel_aspect)


@settings(max_examples=500)
@example(((0.0, 0.0), (0.0, 0.0), (1.0, 1.0)), 4, 36)
@given(triangles, st.integers(1, 49), st.integers(1, 37))
def test_no_pixel_inside_a_mask_survives(polygon: Polygon, width: int, height: int) -> None:
    """Whatever its shape and place, in every layer of the picture."""
    appearance = Appearance(AppearanceOptions(masks=(polygon,)))
    hidden = inside(polygon, width, height)
    bgr = appearance.applied(BgrPicture(plain(width, height, RED)), 0)
    assert isinstance(bgr, BgrPicture)
    assert not bgr.pixels[hidden].any()
    planar = appearance.applied(red(width, height), 0)
    assert isinstance(planar, YuvPicture)
    y, u, v = planar.planes
    assert not hidden.any() or set(y[hidden].tolist()) == {16}
    rows, columns = np.nonzero(hidden)
    assert set(u[rows // 2, columns // 2].tolist()) | set(v[rows // 2, columns // 2].tolist()) <= {128}


@pytest.mark.parametrize("style", STYLES)
def test_masks_mean_shares_of_the_true_shape_whatever_the_pixels_are(style: MaskStyle) -> None:
    """A camera's 704 x 576 may be shown as 1024 x 576, and sizes may be odd."""
    for original in (red(704, 576, Fraction(16, 11)), red(641, 361), red(641, 361, Fraction(1, 2))):
        appearance = masked(LEFT_HALF, style)
        result = appearance.applied(original, 0)
        assert (result.width, result.height) == (original.width, original.height) == appearance.size_of(original)
        pixels = shown(result)
        assert pixels.shape[:2] == (result.height, result.width)
        assert style == "pixelate" or pixels[:, : result.width // 2 - 2].max() <= 8
        assert pixels[:, result.width // 2 + 10 :, 2].min() > 200
