"""Moving pictures with a chosen size in bytes: a camera pans over a generated landscape."""

from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

QUALITY: Final = 80
_STEP_PIXELS: Final = 4
_MOST_GRAIN: Final = 60.0


@cache
def moving_pictures(width: int, height: int, jpeg_kilobytes: float, count: int = 60) -> tuple[bytes, ...]:
    """`count` JPEGs at quality 80, of about `jpeg_kilobytes` each. More grain makes a JPEG larger."""
    least, most = 0.0, _MOST_GRAIN
    for _ in range(12):
        grain = (least + most) / 2
        if len(_encode(_landscape(width, height, count, grain)[:, :width])) < jpeg_kilobytes * 1000:
            least = grain
        else:
            most = grain
    land = _landscape(width, height, count, least)
    return tuple(_encode(land[:, x : x + width]) for x in range(0, count * _STEP_PIXELS, _STEP_PIXELS))


def _landscape(width: int, height: int, count: int, grain: float) -> NDArray[np.uint8]:
    """Hills of two sizes with `grain` on top; `count` steps wider than a picture."""
    dice = np.random.default_rng(1)
    size = (width + count * _STEP_PIXELS, height)
    land = np.full((height, size[0], 3), 128.0, np.float32)
    for cells, strength in ((3, 50), (6, 20)):
        hills = dice.normal(0, strength, (cells, cells * 2, 1)).astype(np.float32)
        land += cv2.resize(hills, size, interpolation=cv2.INTER_CUBIC)[:, :, None]
    fine = dice.normal(0, 1, (height, size[0])).astype(np.float32)
    return np.clip(land + grain * cv2.GaussianBlur(fine, (0, 0), 0.8)[:, :, None], 0, 255).astype(np.uint8)


def _encode(picture: NDArray[np.uint8]) -> bytes:
    _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return jpeg.tobytes()
