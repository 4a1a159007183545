"""The size at which a picture has its true shape, where its pixels are not square. Pure."""

from fractions import Fraction
from typing import Final, Literal

from shared.bus.frames import MAX_SIDE_PIXELS

MAX_STRETCH: Final = 4
"""No video has wider pixels than 4:1, or narrower ones than 1:4. A stream that says so is wrong."""
MAX_ENLARGED_PIXELS: Final = 3840 * 2160
"""A picture grows no further: a few bytes in a stream must not cost the work of a picture that was not sent."""
MAX_DIFFERENCE: Final = Fraction(1, 100)
"""What differs less can't be seen. 1280x720 and 854x480 are both called 16:9."""
SQUARE: Final = Fraction(1)
Aspect = Fraction | Literal["square"]
"""A picture's shape, width to height; or that of its pixels, one as wide as high."""


def believed(pixel_aspect: Fraction | None) -> Fraction:
    """How wide one pixel is for its height, from what a stream says of it: square where it says nothing or nonsense."""
    return pixel_aspect if pixel_aspect and Fraction(1, MAX_STRETCH) <= pixel_aspect <= MAX_STRETCH else SQUARE


def pixel_aspect_of(width: int, height: int, aspect: Aspect) -> Fraction:
    """How wide one pixel is for its height, if `width` x `height` pixels make a picture of the shape `aspect`."""
    return SQUARE if aspect == "square" else aspect * height / width


def true_size(width: int, height: int, pixel_aspect: Fraction) -> tuple[int, int]:
    """Width and height in square pixels of `width` x `height` pixels of the shape `pixel_aspect`.

    The side that is too short grows, so that no row or column is lost. Where that makes too large a picture, the other
    side shrinks.
    """
    if abs(pixel_aspect - 1) < MAX_DIFFERENCE:
        return width, height
    if pixel_aspect < 1:
        turned_height, turned_width = true_size(height, width, 1 / pixel_aspect)
        return turned_width, turned_height
    grown = _even(width * pixel_aspect)
    if grown * height <= MAX_ENLARGED_PIXELS and grown <= MAX_SIDE_PIXELS:
        return grown, height
    return width, _even(height / pixel_aspect)


def _even(pixels: Fraction) -> int:
    return max(2, 2 * round(pixels / 2))
