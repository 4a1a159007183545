"""Arrays of 8 bit samples: a picture's pixels or one of its planes. Resized, deinterlaced and compared. Pure."""

import ctypes
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Planes = tuple[Pixels, Pixels, Pixels]
"""One of luma, and two of chroma at half the rows and columns, rounded up."""
NEUTRAL: Final = 128
"""The chroma of grey."""
_TURNS: Final = (None, cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE)
cv2.setNumThreads(1)  # a camera has one core; others have the rest


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    """At `width` x `height`: averaged where it shrinks, interpolated where it grows."""
    grows = width >= pixels.shape[1] and height >= pixels.shape[0]
    # OpenCV's types say only that this is some array.
    return cast(
        "Pixels",
        cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR if grows else cv2.INTER_AREA),
    )


def resized_planes(planes: Planes, width: int, height: int) -> Planes:
    """All three, with `width` x `height` samples of luma."""
    y, u, v = planes
    chroma = (width + 1) // 2, (height + 1) // 2
    return resized(y, width, height), resized(u, *chroma), resized(v, *chroma)


def turned(pixels: Pixels, quarters: int) -> Pixels:
    """Turned right by `quarters` quarter turns. OpenCV takes a quarter of the time that NumPy takes, or less."""
    turn = _TURNS[quarters % 4]
    return pixels if turn is None else cast("Pixels", cv2.rotate(pixels, turn))


def neutral_chroma(width: int, height: int) -> Pixels:
    """A plane of chroma for a grey picture of `width` x `height` pixels."""
    return np.full(((height + 1) // 2, (width + 1) // 2), NEUTRAL, np.uint8)


def deinterlaced(plane: Pixels) -> Pixels:
    """A frame of two fields without combs: the rows of the second field become the median of themselves and their two
    neighbours.

    Where nothing moves, a row lies between its neighbours and stays; where something does, it is replaced. It needs no
    other frame, so nothing is held back. The method is the median deinterlacer of FFmpeg's libpostproc.
    """
    rows = plane.shape[0]
    if rows < 2:  # noqa: PLR2004 one row has no second field
        return plane
    result = plane.copy()
    above = plane[0 : rows - 1 : 2]
    below = np.concatenate((plane[2::2], plane[rows - 2 : rows - 1])) if rows % 2 == 0 else plane[2::2]
    low, high = cv2.min(above, below), cv2.max(above, below)
    result[1::2] = cv2.max(low, cv2.min(high, plane[1::2]))
    return result


_memcmp = ctypes.CDLL(None).memcmp
_memcmp.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)


def same_bytes(one: Pixels, other: Pixels) -> bool:
    """Whether two contiguous arrays are equal. C's memcmp stops at the first difference and allocates nothing."""
    return one.shape == other.shape and _memcmp(one.ctypes.data, other.ctypes.data, one.nbytes) == 0


def same_rows(one: Pixels, other: Pixels) -> bool:
    """Whether two planes are equal. Their rows are contiguous, but there may be gaps between rows."""
    if one.shape != other.shape:
        return False
    if one.flags.c_contiguous and other.flags.c_contiguous:
        return same_bytes(one, other)
    middle = one.shape[0] // 2
    return same_bytes(one[middle], other[middle]) and bool(np.array_equal(one, other))
