"""Hides parts of a picture: nothing of what is inside a mask is left in it, not even at the edges."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from services.ingest.appearance.options import MaskStyle
from services.ingest.appearance.raster import Layer, Raster
from services.ingest.appearance.regions import Polygon
from services.ingest.decoding.planes import Pixels

_BLOCKS: Final = 32
"""Pixelated blocks along the longer side of the picture. Smaller ones would leave faces and number plates readable."""
_MIN_BLOCK: Final = 16
_SAMPLED: Final = 4
"""A block's colour is the mean of every fourth sample each way. That costs a twentieth of the mean of all."""
_EVERYTHING: Final = 255
_OUTSIDE: Final = 128
_MARGIN: Final = 4


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The masks for layers of one shape and step. `kept` is 255 for samples that stay and 0 for hidden ones, `filled`
    is black where `kept` is 0, and 0 elsewhere; both have the layer's shape. `box` has the rows and columns around the
    hidden ones, and `hidden` is 255 for these in it.
    """

    kept: Pixels
    filled: Pixels
    hidden: Pixels
    box: tuple[slice, slice]


class PrivacyMasks:
    """Draws the masks of one camera. One thread. What depends on the size alone is made once for each size."""

    def __init__(self, polygons: tuple[Polygon, ...], style: MaskStyle) -> None:
        self._polygons = polygons
        self._style = style
        self._size = (0, 0)
        self._prepared: dict[tuple[int, ...], _Prepared] = {}

    def hide(self, raster: Raster) -> Raster:
        if raster.size != self._size:
            self._size = raster.size
            self._prepared.clear()
        return raster.each(self._hidden)

    def _hidden(self, layer: Layer) -> Pixels:
        key = (layer.step, layer.samples.ndim, layer.black)
        prepared = self._prepared.get(key)
        if prepared is None:
            prepared = self._prepared[key] = self._prepare(layer)
        if self._style == "pixelate":
            return self._pixelated(layer, prepared)
        samples = cv2.bitwise_and(layer.samples, prepared.kept)
        if layer.black:
            cv2.bitwise_or(samples, prepared.filled, dst=samples)
        return np.asarray(samples, np.uint8)

    def _pixelated(self, layer: Layer, prepared: _Prepared) -> Pixels:
        block = max(_MIN_BLOCK, 2 * round(max(self._size) / _BLOCKS / 2)) // layer.step
        samples = np.array(layer.samples)
        part = samples[prepared.box]
        height, width = part.shape[:2]
        columns, rows = -(-width // block), -(-height // block)
        sampled = np.ascontiguousarray(part[::_SAMPLED, ::_SAMPLED])
        means = cv2.resize(sampled, (columns, rows), interpolation=cv2.INTER_AREA)
        blocks = np.repeat(np.repeat(means, block, axis=1), block, axis=0)[:height, :width]
        cv2.copyTo(np.ascontiguousarray(blocks), prepared.hidden, part)
        return samples

    def _prepare(self, layer: Layer) -> _Prepared:
        hidden = _reduced(self._hidden_pixels(), layer.step)[: layer.samples.shape[0], : layer.samples.shape[1]]
        x, y, width, height = cv2.boundingRect(hidden)
        box = slice(y, y + height), slice(x, x + width)
        whole = hidden if layer.samples.ndim == hidden.ndim else cv2.merge([hidden] * layer.samples.shape[2])
        kept, filled = cv2.bitwise_not(whole), np.minimum(whole, layer.black)
        return _Prepared(np.asarray(kept, np.uint8), np.asarray(filled, np.uint8), hidden[box].copy(), box)

    def _hidden_pixels(self) -> Pixels:
        """255 for each pixel that a mask touches, and for two around it, since corners are rounded; 0 elsewhere."""
        width, height = self._size
        # Drawn with a margin, because OpenCV draws no side that leaves the picture by a rounded pixel.
        hidden = np.zeros((height + 2 * _MARGIN, width + 2 * _MARGIN), np.uint8)
        for polygon in self._polygons:
            corners = np.array([(x * width - 0.5 + _MARGIN, y * height - 0.5 + _MARGIN) for x, y in polygon])
            # What can't be reached from outside is inside, however often an outline goes round it. OpenCV's way to fill
            # would leave out what is enclosed twice.
            outline = np.zeros_like(hidden)
            cv2.polylines(outline, [np.rint(corners).astype(np.int32)], True, _EVERYTHING)
            cv2.floodFill(outline, None, (0, 0), _OUTSIDE)
            hidden[outline != _OUTSIDE] = _EVERYTHING
        hidden = np.asarray(cv2.dilate(hidden, np.ones((5, 5), np.uint8)), np.uint8)
        return np.ascontiguousarray(hidden[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN])


def _reduced(hidden: Pixels, step: int) -> Pixels:
    """The same for samples of `step` x `step` pixels: each is hidden that belongs to a hidden pixel."""
    if step == 1:
        return hidden
    height, width = hidden.shape
    padded = np.pad(hidden, ((0, -height % step), (0, -width % step)))
    blocks = padded.reshape(padded.shape[0] // step, step, padded.shape[1] // step, step)
    return np.asarray(blocks.max(axis=(1, 3)), np.uint8)
