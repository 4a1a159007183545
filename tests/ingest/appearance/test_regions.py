"""The parts of a picture that a setting may name."""

import pytest

from services.ingest.appearance.regions import MAX_CORNERS, MAX_MASKS, Crop, parse_crop, parse_polygons

SQUARE = "0,0 0.5,0 0.5,0.5 0,0.5"


def test_a_crop_is_four_shares() -> None:
    """Blanks don't matter."""
    assert parse_crop(" 0.1, 0 ,0.9,1 ") == Crop(0.1, 0.0, 0.9, 1.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0,0,1",
        "0,0,1,1,1",
        "0.5,0,0.6,1",
        "0,0.5,1,0.6",
        "-0.1,0,1,1",
        "0,0,0,1",
        "0,0,nan,1",
        "0,0,inf,1",
        "a,b,c,d",
    ],
)
def test_a_crop_that_leaves_the_picture_or_nothing_of_it_is_refused(text: str) -> None:
    """Pixels in place of shares are the usual mistake."""
    with pytest.raises(ValueError):  # noqa: PT011 the setting's own rule becomes the message
        parse_crop(text)


def test_masks_are_areas_with_corners() -> None:
    """A semicolon at the end is no further area."""
    polygons = parse_polygons(f"{SQUARE}; 1,1 0.9,1 1,0.9;")
    assert polygons == (((0, 0), (0.5, 0), (0.5, 0.5), (0, 0.5)), ((1, 1), (0.9, 1), (1, 0.9)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";",
        "0,0 1,1",
        "0,0 1,0 1,2",
        "0,0 1,0 100,50",
        "0,0 1 1,1",
        "0,0 1,1 1,0 0,1",
        "0.5,0 0.8,1 0,0.4 1,0.4 0.2,1",
        "; ".join([SQUARE] * (MAX_MASKS + 1)),
        " ".join(["0,0"] * (MAX_CORNERS + 1)),
    ],
)
def test_masks_that_could_show_what_they_should_hide_are_refused(text: str) -> None:
    """Where sides cross, as in a bow tie or a star, the middle would be shown."""
    with pytest.raises(ValueError):  # noqa: PT011 the setting's own rule becomes the message
        parse_polygons(text)


def test_a_shape_with_a_dent_is_taken() -> None:
    """Only crossing sides are refused, not corners that point inwards or lie on a line."""
    assert len(parse_polygons("0,0 1,0 1,1 0.5,0.5 0,1 0,0.5")) == 1
