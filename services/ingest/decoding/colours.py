"""What a video's samples mean, and the same colours as a JPEG means them: BT.601 at full range. Pure.

The conversion stays within luma and chroma; there is no RGB in between. A video of BT.601 at full range costs nothing,
one of limited range a stretch of each plane, one of another matrix one interpolated plane more.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from services.ingest.decoding.planes import NEUTRAL, Pixels, Planes, resized

HD_LONG_SIDE: Final = 1280
SD_SHORT_SIDE: Final = 576
"""A picture that says nothing is HD when its long side has at least the one, or its short side more than the other."""
_BT709: Final = (0.2126, 0.0722)
_BT601: Final = (0.299, 0.114)
_BT2020: Final = (0.2627, 0.0593)
_WEIGHTS: Final = {1: _BT709, 4: (0.30, 0.11), 5: _BT601, 6: _BT601, 7: (0.212, 0.087), 9: _BT2020, 10: _BT2020}
"""The weights of red and blue in luma, by the number of the matrix in ITU-T H.273, as streams and FFmpeg write it."""
_LEVELS: Final = 255
_LIMITED_LUMA: Final = 219
_LIMITED_CHROMA: Final = 224
_LIMITED_BLACK: Final = 16


@dataclass(frozen=True, slots=True)
class Colours:
    """The weights of red and blue in luma, and whether samples use all values from 0 to 255."""

    red: float
    blue: float
    is_full_range: bool

    @classmethod
    def of_video(cls, matrix: int, width: int, height: int, *, is_full_range: bool) -> "Colours":
        """Those of a video that names `matrix` (ITU-T H.273). One that names none we know is judged by its size in
        pixels: HD is BT.709, SD is BT.601."""
        is_hd = max(width, height) >= HD_LONG_SIDE or min(width, height) > SD_SHORT_SIDE
        red, blue = _WEIGHTS.get(matrix, _BT709 if is_hd else _BT601)
        return cls(red, blue, is_full_range)


JPEG: Final = Colours(*_BT601, is_full_range=True)
"""Those of every JPEG (JFIF)."""


def in_jpeg_colours(planes: Planes, colours: Colours, into: Planes | None = None) -> Planes:
    """The same picture as a JPEG wants its planes, in the memory of `into` if there is such.

    Without it, planes that a JPEG wants as they are come back themselves.
    """
    if colours == JPEG:
        return planes if into is None else _copied(planes, into)
    y, u, v = planes
    to_y, to_u, to_v = into or (None, None, None)
    conversion = _conversion(colours)
    (uu, uv), (vu, vv) = conversion.chroma
    u_offset, v_offset = conversion.chroma_offsets
    luma, luma_scale, luma_offset = y, 0.0, conversion.luma_offset
    if conversion.luma_of_chroma != (0.0, 0.0):
        luma, luma_scale, part_offset = _luma_of_chroma(y, u, v, conversion.luma_of_chroma)
        luma_offset += part_offset
    return (
        _weighted(y, conversion.luma_scale, luma, luma_scale, luma_offset, to_y),
        _weighted(u, uu, v, uv, u_offset, to_u),
        _weighted(v, vv, u, vu, v_offset, to_v),
    )


@dataclass(frozen=True, slots=True)
class _Conversion:
    """luma = luma_scale * y + luma_of_chroma · (u - 128, v - 128) + luma_offset, and chroma as `chroma` says."""

    luma_scale: float
    luma_offset: float
    luma_of_chroma: tuple[float, float]
    chroma: tuple[tuple[float, float], tuple[float, float]]
    chroma_offsets: tuple[float, float]


@cache
def _conversion(colours: Colours) -> _Conversion:
    luma_scale = 1.0 if colours.is_full_range else _LEVELS / _LIMITED_LUMA
    chroma_scale = 1.0 if colours.is_full_range else _LEVELS / _LIMITED_CHROMA
    matrix = _from_rgb(JPEG) @ np.linalg.inv(_from_rgb(colours))
    # Grey stays grey, so luma makes no chroma. Where the matrix stays, rounding must leave nothing.
    mixing = np.round(matrix[:, 1:] * chroma_scale, 9)
    (yu, yv), (uu, uv), (vu, vv) = ((float(row[0]), float(row[1])) for row in mixing)
    return _Conversion(
        luma_scale,
        0.0 if colours.is_full_range else -_LIMITED_BLACK * luma_scale,
        (yu + 0.0, yv + 0.0),
        ((uu, uv), (vu, vv)),
        (NEUTRAL * (1 - uu - uv), NEUTRAL * (1 - vu - vv)),
    )


def _from_rgb(colours: Colours) -> NDArray[np.float64]:
    """The matrix that makes luma and both chromas, all at full range, of red, green and blue."""
    luma = np.array((colours.red, 1 - colours.red - colours.blue, colours.blue))
    blue, red = np.array((0, 0, 1)), np.array((1, 0, 0))
    return np.array((luma, (blue - luma) / (2 * (1 - colours.blue)), (red - luma) / (2 * (1 - colours.red))))


def _luma_of_chroma(y: Pixels, u: Pixels, v: Pixels, weights: tuple[float, float]) -> tuple[Pixels, float, float]:
    """What the chroma adds to the luma: a plane of the luma's size, and the factor and the offset that make it so.

    It is computed in the small planes, as large as 8 bits allow, and then grows.
    """
    precision = (NEUTRAL - 1) / (NEUTRAL * (abs(weights[0]) + abs(weights[1])))
    from_u, from_v = weights[0] * precision, weights[1] * precision
    part = _weighted(u, from_u, v, from_v, NEUTRAL * (1 - from_u - from_v), None)
    return resized(part, y.shape[1], y.shape[0]), 1 / precision, -NEUTRAL / precision


def _weighted(  # noqa: PLR0913, PLR0917 as OpenCV has them
    one: Pixels, weight: float, other: Pixels, other_weight: float, offset: float, into: Pixels | None
) -> Pixels:
    return cast("Pixels", cv2.addWeighted(one, weight, other, other_weight, offset, dst=into))


def _copied(planes: Planes, into: Planes) -> Planes:
    for plane, copy in zip(planes, into, strict=True):
        np.copyto(copy, plane)
    return into
