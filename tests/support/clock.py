"""Reads the test camera's picture: when it was taken, and whether it is from that camera at all.

Pure numpy on decoded pictures. Tests fetch and decode them; the layout is in `picture_layout`.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.support.picture_layout import CLOCK_COLUMNS, CLOCK_HEIGHT_SHARE, CLOCK_ROWS, decode_clock

_BLACK_BELOW: Final = 96
_WHITE_ABOVE: Final = 160
# Each block is judged by 3 x 3 pixels around its middle, away from the edges that scaling and coding blur.
_WITHIN_BLOCK: Final = np.array([0.35, 0.5, 0.65])
_STRONGER_BY: Final = 20


def read_clock(picture: NDArray[np.uint8]) -> int | None:
    """The time in a BGR or gray picture of any size: UTC epoch milliseconds, or None without a valid clock."""
    height, width = picture.shape[:2]
    row_height = height * CLOCK_HEIGHT_SHARE / CLOCK_ROWS
    ys = _block_pixels(CLOCK_ROWS, row_height)
    xs = _block_pixels(CLOCK_COLUMNS, width / CLOCK_COLUMNS)
    samples = picture[np.ix_(ys, xs)]
    gray = samples.mean(axis=2) if samples.ndim == 3 else samples
    blocks = gray.reshape(CLOCK_ROWS, len(_WITHIN_BLOCK), CLOCK_COLUMNS, len(_WITHIN_BLOCK)).mean(axis=(1, 3))
    white = blocks > _WHITE_ABOVE
    if not np.all(white | (blocks < _BLACK_BELOW)):
        return None
    return decode_clock(np.packbits(white).tobytes())


def shows_camera_colours(picture: NDArray[np.uint8]) -> bool:
    """Whether the left, middle and right third of a BGR picture are mostly red, green and blue, below the clock."""
    below_clock = picture[int(picture.shape[0] * CLOCK_HEIGHT_SHARE) + 1 :]
    for third, strongest in zip(np.array_split(below_clock, 3, axis=1), (2, 1, 0), strict=True):
        means = third.mean(axis=(0, 1))
        others = np.delete(means, strongest)
        if means[strongest] < others.max() + _STRONGER_BY:
            return False
    return True


def _block_pixels(blocks: int, block_size: float) -> NDArray[np.intp]:
    middles = np.add.outer(np.arange(blocks), _WITHIN_BLOCK).ravel()
    return np.asarray(middles * block_size, dtype=np.intp)
