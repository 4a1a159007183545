"""The writing over the scene: a board with the real date and time, and a badge that says DEMO."""

from datetime import UTC, datetime

import numpy as np

from services.ingest.demo_scene.canvas import HEIGHT_UNITS, WIDTH_UNITS, Canvas, box, mix, rgb
from services.ingest.demo_scene.moment import Moment

_INK, _PAPER, _FAINT = rgb("#0d1526"), rgb("#ffffff"), rgb("#d5deea")
_AMBER = rgb("#ffc24b")


class Sign:
    """Fits into the corners in view. It is smaller where the picture is narrow."""

    def __init__(self, width: int, height: int) -> None:
        canvas = Canvas(np.empty((height, width, 3), np.uint8))
        self._size = size = min(width / WIDTH_UNITS, height / HEIGHT_UNITS) / canvas.scale
        self._left = left = -canvas.origin[0] / canvas.scale + 0.35 * size
        self._right = right = WIDTH_UNITS - left
        self._top = top = -canvas.origin[1] / canvas.scale + 0.35 * size
        self._board = box(left, top, left + 4.3 * size, top + 1.56 * size, 0.2 * size)
        self._badge = box(right - 1.78 * size, top, right, top + 0.62 * size, 0.31 * size)

    def paint(self, canvas: Canvas, moment: Moment) -> None:
        now, size, left, top = datetime.fromtimestamp(moment.seconds, UTC), self._size, self._left, self._top
        canvas.polygon(self._board, mix(moment.light.zenith, _INK, 0.5))
        canvas.text(f"{now:%H:%M:%S}", left + 0.2 * size, top + 0.84 * size, 0.85 * size, _PAPER)
        canvas.text(f"{now:%Y-%m-%d} UTC", left + 0.23 * size, top + 1.36 * size, 0.44 * size, _FAINT)
        canvas.polygon(self._badge, _AMBER)
        x = self._right - 1.55 * size
        for letter in "DEMO":
            x = canvas.text(letter, x, top + 0.46 * size, 0.42 * size, _INK) + 0.03 * size
