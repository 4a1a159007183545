"""Text as it is drawn into pictures: white letters with a dark rim, readable on any ground."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from services.ingest.appearance.options import Place
from services.ingest.appearance.raster import Layer, Raster
from services.ingest.decoding.colours import Colours
from services.ingest.decoding.planes import Pixels

_FONT: Final = "sans"  # built into OpenCV 5: Latin, Greek, Cyrillic, Arabic, Hebrew and East Asian letters
_WEIGHT: Final = 500  # between regular, 400, and bold, 700
_MIN_LETTER_PIXELS: Final = 8
_ROOM: Final = 0.96
"""The share of the picture's width that a line may take. A longer one is made smaller."""
_PERCENT: Final = 100
_FULL: Final = 255


_MARGIN: Final = 0.4
"""Between the line and the picture's edges, in heights of the line."""
_RIM: Final = 0.14
"""How far the dark rim reaches beyond the letters, in heights of the line."""


@dataclass(frozen=True, slots=True)
class _Ink:
    """One layer's share of the line: in `part` (rows, columns) of it, samples become `kept` 255ths of themselves, and
    `added` is added.
    """

    kept: Pixels
    added: Pixels
    part: tuple[slice, slice]


class TextStamp:
    """Writes one line. One thread. A line is drawn once, and stamped until it or the picture's size changes."""

    def __init__(self, place: Place, size_percent: float) -> None:
        self._place = place
        self._size_percent = size_percent
        self._drawn_for: tuple[str, tuple[int, int], int, Colours] | None = None
        self._inks: list[_Ink] = []
        self._font = cv2.FontFace(_FONT)

    def write(self, raster: Raster, text: str) -> Raster:
        drawn_for = text, raster.size, len(raster.layers), raster.colours
        if self._drawn_for != drawn_for:
            self._inks = self._draw(text, raster)
            self._drawn_for = drawn_for
        inks = iter(self._inks)
        return raster.each(lambda layer: _stamped(layer.samples, next(inks)))

    def _draw(self, text: str, raster: Raster) -> list[_Ink]:
        letters, rim = self._letters(text, raster.size)
        left, top = self._corner(raster.size, letters.shape)
        return [_ink(layer, letters, rim, left, top) for layer in raster.layers]

    def _letters(self, text: str, size: tuple[int, int]) -> tuple[Pixels, Pixels]:
        """How much of each pixel the letters cover, and letters with their rim: 0 to 255, of even height and width."""
        width, height = size
        letter = max(_MIN_LETTER_PIXELS, round(height * self._size_percent / _PERCENT))
        length = self._extent(text, letter)[2]
        if length > width * _ROOM:
            letter = max(1, int(letter * width * _ROOM / length))
        x, y, length, line = self._extent(text, letter)
        edge = max(1, round(letter * _RIM))
        # No larger than the picture, and even, so that chroma fits.
        shape = min(_even(line + 2 * edge), height - height % 2), min(_even(length + 2 * edge), width - width % 2)
        letters = np.zeros((*shape, 3), np.uint8)
        cv2.putText(letters, text, (edge - x, edge - y), (255, 255, 255), self._font, letter, _WEIGHT)
        alone = np.ascontiguousarray(letters[:, :, 0])
        brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * edge + 1, 2 * edge + 1))
        return alone, np.asarray(cv2.dilate(alone, brush), np.uint8)

    def _extent(self, text: str, letter: int) -> tuple[int, int, int, int]:
        """The box around the text when it is written at (0, 0): left, top, width and height in pixels."""
        x, y, width, height = cv2.getTextSize((0, 0), text, (0, 0), self._font, letter, _WEIGHT)
        return x, y, width, height

    def _corner(self, size: tuple[int, int], shape: tuple[int, ...]) -> tuple[int, int]:
        """Left and top of the line, both even."""
        (width, height), (line, length) = size, shape[:2]
        margin = round(line * _MARGIN)
        side = self._place.rpartition("-")[2]
        left = {"left": margin, "right": width - length - margin}.get(side, (width - length) // 2)
        top = margin if self._place.startswith("top") else height - line - margin
        left, top = (min(max(0, at), room) for at, room in ((left, width - length), (top, height - line)))
        return left - left % 2, top - top % 2


def _even(number: int) -> int:
    return number + number % 2


def _ink(layer: Layer, letters: Pixels, rim: Pixels, left: int, top: int) -> _Ink:
    step = layer.step
    height, width = letters.shape[0] // step, letters.shape[1] // step
    if step > 1:
        letters, rim = (
            np.asarray(cv2.resize(one, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
            for one in (letters, rim)
        )
    white = letters.astype(np.float32) / _FULL
    dark = (rim.astype(np.float32) - letters) / _FULL
    added = np.rint(white * layer.white + dark * layer.black).astype(np.uint8)
    kept = np.asarray(cv2.bitwise_not(rim), np.uint8)
    if layer.samples.ndim > letters.ndim:
        kept, added = (np.asarray(cv2.merge([one] * layer.samples.shape[2]), np.uint8) for one in (kept, added))
    part = slice(top // step, top // step + height), slice(left // step, left // step + width)
    return _Ink(kept, added, part)


def _stamped(samples: Pixels, ink: _Ink) -> Pixels:
    stamped = np.array(samples)
    ground = cv2.multiply(stamped[ink.part], ink.kept, scale=1 / _FULL)
    stamped[ink.part] = cv2.add(ground, ink.added)
    return stamped
