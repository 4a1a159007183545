"""Everything soft, painted small and enlarged: the sky, its reflection in the lake, the meadow, the glow of lights.

Owns no edges. Everything with an edge is drawn over it, and hides the line where lake and meadow meet.
"""

from collections.abc import Iterator
from math import ceil, pi, sin

import numpy as np
from numpy.typing import NDArray

from services.ingest.demo_scene.canvas import Canvas, Colour, rgb
from services.ingest.demo_scene.daylight import HORIZON
from services.ingest.demo_scene.moment import Moment

BANK = 6.5  # units from the top: where the lake ends and the meadow begins

_CELLS_PER_UNIT = 10
_LAKE_STRETCH = 2.6  # the shallow lake shows this much more sky than a true mirror would
_MEADOW_TOP = BANK + 0.2
_MOONSHINE = rgb("#34405c")
_LAMP_POOL = rgb("#c8883c")
_LAMPS = ((11.9, 7.75, 2.7, 0.75, 0.85), (3.75, 8.1, 1.1, 0.9, 0.55))  # x, y, reach across and down, strength
_WISPS = ((2.0, 1.5, 2.6, 0.14), (8.5, 2.3, 3.2, 0.2), (15.0, 1.1, 2.2, 0.12), (21.0, 2.9, 3.0, 0.18))

Floats = NDArray[np.float64]


class Backdrop:
    """The soft layer for one frame size (pixels). Holds only coordinates."""

    def __init__(self, width: int, height: int) -> None:
        canvas = Canvas(np.empty((height, width, 3), np.uint8))
        rows, columns = (ceil(pixels / canvas.scale * _CELLS_PER_UNIT) for pixels in (height, width))
        self._x: Floats = ((np.arange(columns) + 0.5) * width / columns - canvas.origin[0]) / canvas.scale
        self._y: Floats = ((np.arange(rows) + 0.5) * height / rows - canvas.origin[1]) / canvas.scale
        self._sky_y: Floats = np.where(self._y < HORIZON, self._y, HORIZON - _LAKE_STRETCH * (self._y - HORIZON))
        self._meadow: Floats = (self._y >= _MEADOW_TOP).astype(np.float64)
        self._lake: Floats = (self._y >= HORIZON) * (1.0 - self._meadow)

    def paint(self, canvas: Canvas, moment: Moment) -> None:
        field = np.repeat(self._column(moment)[:, None, :], len(self._x), axis=1)
        glows = [self._glow(*glow) for glow in self._glows(moment)]
        down, across = np.array([glow[0] for glow in glows]), np.array([glow[1] for glow in glows])
        field += np.einsum("kr,kxc->rxc", down, across)  # not a matrix product: BLAS would wake a thread per core
        canvas.cover(np.rint(field.clip(0.0, 255.0)).astype(np.uint8))

    def _glows(self, moment: Moment) -> Iterator[tuple[float, float, float, float, Colour]]:
        """Soft lights: x, y, reach across and down (all in units), and the colour that each adds at its middle."""
        light = moment.light
        for x, y, wide, high in _WISPS:
            yield (x + 0.03 * moment.seconds) % 26.0 - 5.0, y, wide, high, (light.cloud - light.middle) * 0.25
        sun_x, sun_y = light.sun[0], min(light.sun[1], HORIZON)
        yield sun_x, sun_y, 5.5, 1.6, light.glow * 1.2
        yield sun_x, sun_y, 1.5, 1.5, light.glow * 1.4
        full = 0.25 + 0.75 * sin(pi * moment.almanac.moon_age) ** 2
        yield light.moon[0], min(light.moon[1], HORIZON), 1.3, 1.3, _MOONSHINE * (light.night * full)
        for x, y, wide, high, strength in _LAMPS:
            yield x, y, wide, high, _LAMP_POOL * (strength * light.night)

    def _column(self, moment: Moment) -> Floats:
        """The colour of every row before any glow; shape (rows, 3)."""
        light = moment.light
        stops = np.array([light.zenith, light.middle, light.horizon])
        sky = np.column_stack([np.interp(self._sky_y, [-1.0, 2.6, HORIZON], channel) for channel in stops.T])
        sky *= 1.0 - 0.16 * self._lake[:, None]
        near, far = light.on(moment.almanac.meadow * 0.72), light.on(moment.almanac.meadow, haze=0.06)
        depth = ((self._y - _MEADOW_TOP) / 2.3).clip(0.0, 1.0)[:, None]
        return np.where(self._meadow[:, None] > 0, far + (near - far) * depth, sky)

    def _glow(self, x: float, y: float, wide: float, high: float, colour: Colour) -> tuple[Floats, Floats]:
        """A light's strength in every row, and the colour it adds along a row: shapes (rows,) and (columns, 3).

        A light above the horizon shines in the sky and the lake, one below it on the meadow.
        """
        rows, where = (self._sky_y, 1.0 - self._meadow) if y < _MEADOW_TOP else (self._y, self._meadow)
        across = np.exp(-(((self._x - x) / wide) ** 2))
        return np.exp(-(((rows - y) / high) ** 2)) * where, across[:, None] * colour
