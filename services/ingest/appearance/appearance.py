"""Makes a camera's picture the one that its owner wants. It comes before every rendition and capture, so that nothing
else leaves the camera's process.
"""

from typing import Final

import cv2

from services.ingest.appearance.options import AppearanceOptions
from services.ingest.appearance.privacy_masks import PrivacyMasks
from services.ingest.appearance.raster import Layer, Raster
from services.ingest.appearance.regions import Crop
from services.ingest.appearance.text_stamp import TextStamp
from services.ingest.decoding.pictures import Picture
from services.ingest.decoding.planes import Pixels, turned

_FLIPS: Final = {"horizontal": 1, "vertical": 0}
_MIN_SIDE: Final = 2


class Appearance:
    """Applies the options to pictures. One thread. Without options it returns the very picture."""

    def __init__(self, options: AppearanceOptions) -> None:
        self._options = options
        self._changes_nothing = not (
            options.masks or options.crop or options.rotate or options.flip != "none" or options.overlay
        )
        self._masks = PrivacyMasks(options.masks, options.mask_style) if options.masks else None
        self._stamp = TextStamp(options.overlay_place, options.overlay_size) if options.overlay else None
        self._last: tuple[Picture, str, Picture] | None = None

    def applied(self, picture: Picture, captured_at_ns: int) -> Picture:
        """The picture to show. It is the same object as the last time if nothing has changed.

        Raises:
            ValueError: when a camera's JPEG can't be decoded. Then there is nothing to show.
        """
        if self._changes_nothing:
            return picture
        text = "" if self._options.overlay is None else self._options.overlay.at(captured_at_ns)
        if self._last is not None and self._last[0] is picture and self._last[1] == text:
            return self._last[2]
        shown = self._shown(Raster.of(picture), text).to_picture()
        self._last = picture, text, shown
        return shown

    def size_of(self, picture: Picture) -> tuple[int, int]:
        """Width and height in pixels that the picture will have when it is shown."""
        if self._changes_nothing:
            return picture.width, picture.height
        columns, rows = _cut(self._options.crop, picture.width, picture.height)
        width, height = columns.stop - columns.start, rows.stop - rows.start
        return (height, width) if self._options.rotate in (90, 270) else (width, height)

    def _shown(self, raster: Raster, text: str) -> Raster:
        options = self._options
        if self._masks is not None:
            raster = self._masks.hide(raster)
        if options.crop is not None:
            raster = _cropped(raster, options.crop)
        if options.rotate:
            raster = raster.each(lambda layer: turned(layer.samples, options.rotate // 90))
        if options.flip != "none":
            raster = raster.each(lambda layer: cv2.flip(layer.samples, _FLIPS[options.flip]))
        return raster if self._stamp is None or not text else self._stamp.write(raster, text)


def _cropped(raster: Raster, crop: Crop) -> Raster:
    columns, rows = _cut(crop, *raster.size)

    def cut(layer: Layer) -> Pixels:
        step = layer.step
        return layer.samples[rows.start // step : rows.stop // step, columns.start // step : columns.stop // step]

    return raster.each(cut)


def _cut(crop: Crop | None, width: int, height: int) -> tuple[slice, slice]:
    """The columns and rows to keep, all even so that planes of chroma fit; everything without a crop."""
    if crop is None:
        return slice(0, width), slice(0, height)
    return _even_slice(crop.x, crop.width, width), _even_slice(crop.y, crop.height, height)


def _even_slice(start: float, length: float, whole: int) -> slice:
    """At least two samples; everything where there are no more than that."""
    if whole <= _MIN_SIDE:
        return slice(0, whole)
    count = max(_MIN_SIDE, 2 * round(length * whole / 2))
    first = 2 * round(start * whole / 2)
    end = whole - whole % 2
    return slice(min(first, end - _MIN_SIDE), min(first + count, end))
