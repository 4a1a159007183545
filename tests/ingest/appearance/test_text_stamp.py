"""Text is readable wherever it stands."""

from typing import get_args

import numpy as np
import pytest

from services.ingest.appearance.appearance import Appearance
from services.ingest.appearance.options import AppearanceOptions, Place
from services.ingest.appearance.overlay_text import OverlayText
from tests.ingest.appearance.pictures import FORMS, picture, plain, shown

GROUNDS = [(0, 0, 0), (255, 255, 255), (128, 128, 128), (0, 0, 255), (255, 0, 0)]


def written(text: str, place: Place = "top-left", size: float = 10) -> Appearance:
    return Appearance(AppearanceOptions(overlay=OverlayText(text), overlay_place=place, overlay_size=size))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_has_contrast_on_any_ground(form: str, ground: tuple[int, int, int]) -> None:
    """White letters with a dark rim: both are there, whatever is behind them."""
    pixels = shown(written("HHHH").applied(picture(form, plain(320, 240, ground)), 0))[:60, :120].mean(axis=2)
    assert pixels.max() > 200
    assert pixels.min() < 60


@pytest.mark.parametrize("place", get_args(Place))
def test_text_stands_in_its_corner(place: Place) -> None:
    """Only there anything has changed."""
    ground = plain(320, 240, (90, 90, 90))
    changed = np.abs(shown(written("Hi", place).applied(picture("yuv-full-range", ground), 0)).astype(int) - 90) > 30
    rows, columns = np.nonzero(changed.any(axis=2))
    third = 0 if place.endswith("left") else 2 if place.endswith("right") else 1
    assert {int(column) * 3 // 320 for column in columns} == {third}
    assert {int(row) * 2 // 240 for row in rows} == ({0} if place.startswith("top") else {1})


@pytest.mark.parametrize(("width", "height"), [(16, 16), (2, 2), (640, 16), (16, 640), (98, 54)])
def test_a_line_that_is_too_long_becomes_smaller(width: int, height: int) -> None:
    """It never leaves the picture, however small that is."""
    for form in FORMS:
        result = written("A camera with a very long name 2026-11-26 18:00:00", "bottom-right", 25).applied(
            picture(form, plain(width, height, (60, 60, 60))), 0
        )
        assert (result.width, result.height) == (width, height)


def test_a_pictures_of_odd_size_can_be_written_on() -> None:
    """Such ones come as BGR."""
    pixels = shown(written("Hi", "bottom-right").applied(picture("bgr", plain(161, 121, (60, 60, 60))), 0))
    assert pixels.max() > 200


@pytest.mark.parametrize("text", ["Küche", "Кухня", "厨房", "주방", "مطبخ", "Ελλάδα"])
def test_every_script_is_drawn(text: str) -> None:
    """Cameras are named in their owners' languages, and each name looks different from a row of boxes."""
    one, other = (
        shown(written(line).applied(picture("bgr", plain(320, 240, (60, 60, 60))), 0))
        for line in (text, "□" * len(text))
    )
    assert one.max() > 200
    assert not np.array_equal(one, other)
