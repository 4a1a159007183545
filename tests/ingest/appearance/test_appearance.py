"""Pictures turned, cropped and written on, in the order that is promised."""

import numpy as np
import pytest

from services.ingest.appearance.appearance import Appearance
from services.ingest.appearance.options import AS_SENT, AppearanceOptions, Flip, Rotation
from services.ingest.appearance.overlay_text import OverlayText
from services.ingest.appearance.regions import Crop, parse_polygons
from tests.ingest.appearance.pictures import FORMS, Pixels, picture, plain, shown

SECOND_NS = 10**9


def quarters() -> Pixels:
    """Four gray quarters of 32 x 16: 40 and 90 above, 150 and 220 below."""
    pixels = plain(64, 32, (0, 0, 0))
    for row, column, level in ((0, 0, 40), (0, 1, 90), (1, 0, 150), (1, 1, 220)):
        pixels[16 * row : 16 * row + 16, 32 * column : 32 * column + 32] = level
    return pixels


def levels(pixels: Pixels) -> list[list[int]]:
    """The level in the middle of each quarter, as the nearest of the four."""
    height, width = pixels.shape[:2]
    known = np.array([40, 90, 150, 220])
    middles = [[pixels[height * row // 4, width * column // 4].mean() for column in (1, 3)] for row in (1, 3)]
    return [[int(known[np.abs(known - middle).argmin()]) for middle in row] for row in middles]


@pytest.mark.parametrize("form", FORMS)
def test_without_options_the_very_picture_is_shown(form: str) -> None:
    """So it costs nothing, and a camera's own JPEG passes unchanged."""
    original = picture(form, quarters())
    assert Appearance(AS_SENT).applied(original, 0) is original


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("rotate", "flip", "expected"),
    [
        (90, "none", [[150, 40], [220, 90]]),
        (180, "none", [[220, 150], [90, 40]]),
        (270, "none", [[90, 220], [40, 150]]),
        (0, "horizontal", [[90, 40], [220, 150]]),
        (0, "vertical", [[150, 220], [40, 90]]),
        (90, "horizontal", [[40, 150], [90, 220]]),
    ],
)
def test_pictures_are_turned_clockwise_and_then_mirrored(
    form: str, rotate: Rotation, flip: Flip, expected: list[list[int]]
) -> None:
    appearance = Appearance(AppearanceOptions(rotate=rotate, flip=flip))
    original = picture(form, quarters())
    result = appearance.applied(original, 0)
    assert levels(shown(result)) == expected
    assert (result.width, result.height) == appearance.size_of(original)


@pytest.mark.parametrize("form", FORMS)
def test_masks_and_crop_mean_the_cameras_own_picture(form: str) -> None:
    """Whatever it is turned to afterwards. Here the right half is kept, and of it the lower part masked."""
    options = AppearanceOptions(
        masks=parse_polygons("0.5,0.5 1,0.5 1,1 0.5,1"), crop=Crop(0.5, 0, 0.5, 1), rotate=90, flip="none"
    )
    pixels = shown(Appearance(options).applied(picture(form, quarters()), 0))
    assert pixels.shape == (32, 32, 3)
    assert pixels[:, :14].max() < 30
    assert 70 < pixels[:, 20:].mean() < 110


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [(2, 2), (4, 2), (64, 32), (100, 50)])
def test_a_crop_never_leaves_nothing(form: str, size: tuple[int, int]) -> None:
    """The smallest one of the smallest picture is two pixels wide."""
    appearance = Appearance(AppearanceOptions(crop=Crop(0.98, 0.98, 0.02, 0.02)))
    original = picture(form, plain(*size, (9, 9, 9)))
    result = appearance.applied(original, 0)
    assert (result.width, result.height) == appearance.size_of(original)
    assert min(result.width, result.height) >= 2
    shown(result)


def test_an_unchanged_picture_is_made_once_a_second() -> None:
    """Only the time on it changes."""
    appearance = Appearance(AppearanceOptions(overlay=OverlayText("{time}")))
    original = picture("yuv", quarters())
    first = appearance.applied(original, 0)
    assert appearance.applied(original, SECOND_NS - 1) is first
    assert appearance.applied(original, SECOND_NS) is not first
