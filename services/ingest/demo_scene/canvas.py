"""A picture to paint on in scene units; the only module here that calls OpenCV.

Owns the map from units to pixels, sub-pixel placement and anti-aliasing. Knows nothing of the things drawn.

The scene is 16 units wide and 9 high, (0, 0) at its top left and y downwards. A picture of another shape shows the
middle of its width or the bottom of its height, so that circles stay round.
"""

from math import pi

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH_UNITS = 16.0
HEIGHT_UNITS = 9.0

Pixels = NDArray[np.uint8]  # height x width x 3, BGR
Mask = NDArray[np.uint8]  # height x width, 255 where set
Colour = NDArray[np.float64]  # blue, green, red in 0..255
Points = NDArray[np.float64]  # shape (n, 2): x and y in units

_SHIFT = 4  # fractional bits of OpenCV's coordinates: things move by sixteenths of a pixel, so nothing jitters
_SUBPIXELS = 1 << _SHIFT
_CORNER_TURN = np.linspace(0.0, 2 * pi, 32, endpoint=False) + pi / 32
_CORNER = np.column_stack([np.cos(_CORNER_TURN), np.sin(_CORNER_TURN)])
_FONT = cv2.FontFace("sans")  # Rubik, built into OpenCV 5
_FONT_WEIGHT = 550  # between regular, 400, and bold, 700


def rgb(notation: str) -> Colour:
    """The colour of `#rrggbb`."""
    red, green, blue = bytes.fromhex(notation.removeprefix("#"))
    return np.array([blue, green, red], np.float64)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`one` at share 0, `other` at share 1."""
    return one + (other - one) * share


def box(left: float, top: float, right: float, bottom: float, corner: float = 0.0) -> Points:
    """The outline of a box, with its corners rounded by the radius `corner` (units)."""
    if corner == 0:
        return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    middle, reach = np.array([left + right, top + bottom]) / 2, np.array([right - left, bottom - top]) / 2
    outline: Points = middle + np.sign(_CORNER) * (reach - corner) + _CORNER * corner
    return outline


def stalk(points: Points, foot: float, tip: float) -> Points:
    """An upright stalk along `points`, `foot` and `tip` units wide at its ends. Cheaper than a thick line."""
    count = len(points)
    outline = np.concatenate([points, points[::-1]])
    half = foot / 2 + (tip - foot) / 2 * np.arange(count) / (count - 1)
    outline[:count, 0] -= half
    outline[count:, 0] += half[::-1]
    return outline


class Canvas:
    """Paints on an array of pixels that belongs to the caller."""

    def __init__(self, pixels: Pixels) -> None:
        height, width = pixels.shape[:2]
        self.pixels = pixels
        # Pixels per unit, and the scene's corner in pixels.
        self.scale: float = max(width / WIDTH_UNITS, height / HEIGHT_UNITS)
        left, top = (width - WIDTH_UNITS * self.scale) / 2, height - HEIGHT_UNITS * self.scale
        self.origin: tuple[float, float] = (left, top)
        # Truncated to whole sub-pixels, hence the half. OpenCV counts from the first pixel's centre, not its corner.
        self._factor = self.scale * _SUBPIXELS
        self._shift = (np.array(self.origin) - 0.5) * _SUBPIXELS + 0.5

    def row(self, y: float) -> int:
        """The row of pixels that starts at this height."""
        return round(y * self.scale + self.origin[1])

    def cover(self, picture: Pixels) -> None:
        """Fill everything with a smaller picture, smoothly enlarged."""
        height, width = self.pixels.shape[:2]
        cv2.resize(picture, (width, height), dst=self.pixels, interpolation=cv2.INTER_LINEAR)

    def restore(self, pixels: Pixels, mask: Mask) -> None:
        """Copy `pixels`, of the same size, to where the mask is set."""
        cv2.copyTo(pixels, mask, self.pixels)

    def polygon(self, points: Points, colour: Colour) -> None:
        cv2.fillPoly(self.pixels, [self._placed(points)], colour.tolist(), cv2.LINE_AA, _SHIFT)

    def polygons(self, outlines: NDArray[np.float64], colour: Colour) -> None:
        """Several outlines with equally many points, shape (n, points, 2). They may overlap."""
        blue_green_red = colour.tolist()
        for outline in self._placed(outlines):
            cv2.fillPoly(self.pixels, [outline], blue_green_red, cv2.LINE_AA, _SHIFT)

    def line(self, points: Points, thickness: float, colour: Colour) -> None:
        """A stroke with round ends; never thinner than a pixel."""
        pixels = max(1, round(thickness * self.scale))
        cv2.polylines(self.pixels, [self._placed(points)], False, colour.tolist(), pixels, cv2.LINE_AA, _SHIFT)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        centre = (int(x * self._factor + self._shift[0]), int(y * self._factor + self._shift[1]))
        cv2.circle(self.pixels, centre, int(radius * self._factor), colour.tolist(), cv2.FILLED, cv2.LINE_AA, _SHIFT)

    def text(self, text: str, x: float, y: float, size: float, colour: Colour) -> float:
        """Write from (x, y) on the base line, in letters of `size` units. Returns the x where the text ends."""
        start = (round(x * self.scale + self.origin[0]), round(y * self.scale + self.origin[1]))
        end, _ = cv2.putText(self.pixels, text, start, colour.tolist(), _FONT, round(size * self.scale), _FONT_WEIGHT)
        ends_at: float = (end[0] - self.origin[0]) / self.scale
        return ends_at

    def colours_at(self, points: Points) -> NDArray[np.float64]:
        """The colour at each point, or at the nearest edge for a point outside; shape (n, 3)."""
        height, width = self.pixels.shape[:2]
        columns, rows = (points * self.scale + self.origin).astype(np.intp).T
        found: Pixels = self.pixels[rows.clip(0, height - 1), columns.clip(0, width - 1)]
        return found.astype(np.float64)

    def _placed(self, points: NDArray[np.float64]) -> NDArray[np.int32]:
        placed: Points = points * self._factor + self._shift
        return placed.astype(np.int32)
