"""Parts of a picture: the rectangle to keep, and polygons to hide. Pure.

Coordinates are shares of the camera's own picture, before it is turned or cropped: (0, 0) is its top left, (1, 1) its
bottom right. So they mean the same in every size, and no other option moves them.
"""

import math
from dataclasses import dataclass
from typing import Final

MAX_MASKS: Final = 32
MIN_CORNERS: Final = 3
MAX_CORNERS: Final = 64
MIN_CROP: Final = 0.02
CROP_FORM: Final = "x,y,width,height as shares of the picture, such as 0.1,0,0.8,1 (at least 0.02 wide and high)"
MASKS_FORM: Final = (
    f"up to {MAX_MASKS} areas with ; between, each of {MIN_CORNERS} to {MAX_CORNERS} corners x,y as shares of the "
    "picture, whose sides don't cross, such as 0,0 0.3,0 0.3,0.2 0,0.2"
)
Point = tuple[float, float]
Polygon = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Crop:
    """The rectangle to keep. All four numbers are shares of the picture."""

    x: float
    y: float
    width: float
    height: float


def parse_crop(text: str) -> Crop:
    """
    Raises:
        ValueError: when `text` is no rectangle within the picture.
    """
    x, y, width, height = _shares(text, 4)
    if min(width, height) < MIN_CROP or max(x + width, y + height) > 1 + 1e-9:
        raise ValueError(text)
    return Crop(x, y, width, height)


def parse_polygons(text: str) -> tuple[Polygon, ...]:
    """
    Raises:
        ValueError: when `text` holds anything but polygons within the picture whose sides don't cross.
    """
    polygons = tuple(_polygon(part) for part in text.split(";") if part.strip())
    if not 1 <= len(polygons) <= MAX_MASKS:
        raise ValueError(text)
    return polygons


def _polygon(text: str) -> Polygon:
    corners = tuple(_corner(part) for part in text.split())
    if not MIN_CORNERS <= len(corners) <= MAX_CORNERS or _crosses_itself(corners):
        raise ValueError(text)
    return corners


def _corner(text: str) -> Point:
    x, y = _shares(text, 2)
    return x, y


def _shares(text: str, count: int) -> list[float]:
    numbers = [float(part) for part in text.split(",")]
    if len(numbers) != count or not all(math.isfinite(number) and 0 <= number <= 1 for number in numbers):
        raise ValueError(text)
    return numbers


def _crosses_itself(corners: Polygon) -> bool:
    """Whether two sides cross. The middle of such a shape would count as outside, and be shown."""
    sides = list(zip(corners, (*corners[1:], corners[0]), strict=True))
    return any(_cross(*one, *other) for place, one in enumerate(sides) for other in sides[place + 2 :])


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the inner parts of the lines a-b and c-d cross."""
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Point, b: Point, point: Point) -> float:
    """Positive on one side of the line through a and b, negative on the other."""
    return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])
