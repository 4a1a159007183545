"""Paints the scene of an instant, back to front.

The still parts are painted a few times a second and kept. A frame is a copy of them: the moving parts are painted over
it, and the still parts in front of those are put back. The kept picture belongs to a step of time, not to a call, so
keeping it changes no frame.
"""

from collections.abc import Callable
from math import floor

import numpy as np
from numpy.typing import NDArray

from services.ingest.demo_scene.backdrop import Backdrop
from services.ingest.demo_scene.bench import paint_bench, paint_plants
from services.ingest.demo_scene.canvas import Canvas, Mask, Pixels
from services.ingest.demo_scene.daylight import HORIZON
from services.ingest.demo_scene.garden import Garden
from services.ingest.demo_scene.land import Land
from services.ingest.demo_scene.moment import Moment
from services.ingest.demo_scene.sign import Sign
from services.ingest.demo_scene.sky import Sky

_STILL_SECONDS = 0.25  # at dusk, when light changes fastest, a step is two levels of 255


class DemoScene:
    """A drawn camera. The picture depends on the instant alone: the same instant, the same bytes, in any order.

    For one thread at a time.
    """

    def __init__(self, width: int = 1280, height: int = 720) -> None:
        self._shape = (height, width, 3)
        self._backdrop = Backdrop(width, height)
        self._sky = Sky()
        self._land = Land()
        self._garden = Garden()
        self._sign = Sign(width, height)
        self._still: Pixels = np.empty(self._shape, np.uint8)
        self._land_mask = self._covered_by(self._paint_land)
        self._land_mask[Canvas(self._still).row(HORIZON) :] = 255
        self._front_mask = self._covered_by(self._paint_front)
        self._still_step: int | None = None

    def draw(self, at_seconds: float) -> NDArray[np.uint8]:
        """The frame of an instant (UTC epoch seconds): height x width x 3, BGR, contiguous; the caller owns it."""
        self._keep_still(floor(at_seconds / _STILL_SECONDS))
        moment = Moment.at(at_seconds)
        canvas = Canvas(self._still.copy())
        self._sky.paint_far(canvas, moment)
        canvas.restore(self._still, self._land_mask)
        self._sky.paint_near(canvas, moment)
        self._land.paint_moving(canvas, moment)
        self._garden.paint_moving(canvas, moment)
        canvas.restore(self._still, self._front_mask)
        paint_plants(canvas, moment)
        self._sign.paint(canvas, moment)
        return canvas.pixels

    def _keep_still(self, step: int) -> None:
        if step == self._still_step:
            return
        moment, canvas = Moment.at(step * _STILL_SECONDS), Canvas(self._still)
        self._backdrop.paint(canvas, moment)
        self._paint_land(canvas, moment)
        self._paint_front(canvas, moment)
        self._still_step = step

    def _paint_land(self, canvas: Canvas, moment: Moment) -> None:
        self._land.paint_still(canvas, moment)

    def _paint_front(self, canvas: Canvas, moment: Moment) -> None:
        self._garden.paint_still(canvas, moment)
        paint_bench(canvas, moment)

    def _covered_by(self, paint: Callable[[Canvas, Moment], None]) -> Mask:
        """Where a painter covers the background completely: its result is the same over black as over white."""
        over = [np.full(self._shape, level, np.uint8) for level in (0, 255)]
        for pixels in over:
            paint(Canvas(pixels), Moment.at(0.0))
        return np.where((over[0] == over[1]).all(axis=2), np.uint8(255), np.uint8(0))
