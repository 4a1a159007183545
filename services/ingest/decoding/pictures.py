"""A decoded picture, in whichever form its source has it, and what is made of it: sizes and JPEGs. Pure.

Each form takes its own shortest way to a JPEG. All are immutable, so threads may share them.
"""

import ctypes
from typing import Final, Protocol, Self

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from services.ingest.decoding.jpeg import CheckedJpeg, check
from shared.bus.frames import scaled_height

Pixels = NDArray[np.uint8]
cv2.setNumThreads(1)  # a camera has one core; others have the rest


class Picture(Protocol):
    """Width and height are in pixels."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    def to_jpeg(self, quality: int) -> bytes:
        """A whole baseline JPEG without metadata or thumbnail, at `quality` of 100."""

    def scaled_to(self, width: int) -> "Picture":
        """The picture at `width` pixels in its own proportions; itself where it is no wider."""

    def equals(self, other: "Picture") -> bool:
        """Whether `other` shows exactly the same, bit by bit. Cheap when it does not."""


class BgrPicture:
    """Height x width x 3, blue first: what OpenCV draws and decodes. `pixels` becomes the picture's own."""

    __slots__ = ("pixels",)

    def __init__(self, pixels: Pixels) -> None:
        self.pixels: Final = np.ascontiguousarray(pixels)

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    def to_jpeg(self, quality: int) -> bytes:
        _, jpeg = cv2.imencode(".jpg", self.pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return jpeg.tobytes()

    def scaled_to(self, width: int) -> Self:
        if self.width <= width:
            return self
        size = (width, scaled_height(self.width, self.height, width))
        return type(self)(cv2.resize(self.pixels, size, interpolation=cv2.INTER_AREA))  # type: ignore[arg-type]

    def equals(self, other: Picture) -> bool:
        return isinstance(other, BgrPicture) and same_bytes(self.pixels, other.pixels)

    def rotated(self, quarters: int) -> "BgrPicture":
        """Turned left by so many quarters of a turn."""
        return BgrPicture(np.rot90(self.pixels, quarters))


class YuvPicture:
    """What video decoders give: a plane of luma and two of chroma, each with half the rows and half the columns.

    Limited range, as video has it, becomes full range on the way to a JPEG, which knows no other. The colours are
    those of BT.601, as OpenCV takes them, whatever the stream says. Planes need not be contiguous.
    """

    __slots__ = ("is_full_range", "planes")

    def __init__(self, y: Pixels, u: Pixels, v: Pixels, *, is_full_range: bool) -> None:
        self.planes: Final = (y, u, v)
        self.is_full_range: Final = is_full_range

    @property
    def width(self) -> int:
        return int(self.planes[0].shape[1])

    @property
    def height(self) -> int:
        return int(self.planes[0].shape[0])

    def to_jpeg(self, quality: int) -> bytes:
        y, u, v = self.planes
        if not self.is_full_range:
            y, u, v = _stretched(y, 16, 219, 0), _stretched(u, 128, 224, 128), _stretched(v, 128, 224, 128)
        return bytes(simplejpeg.encode_jpeg_yuv_planes(y, u, v, quality))

    def scaled_to(self, width: int) -> "YuvPicture":
        if self.width <= width:
            return self
        height = scaled_height(self.width, self.height, width)
        sizes = ((width, height), *[((width + 1) // 2, (height + 1) // 2)] * 2)
        planes = (
            cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
            for plane, size in zip(self.planes, sizes, strict=True)
        )
        return YuvPicture(*planes, is_full_range=self.is_full_range)  # type: ignore[arg-type] # cv2 types loosely

    def rotated(self, quarters: int) -> "YuvPicture":
        """Turned left by so many quarters of a turn."""
        planes = (np.ascontiguousarray(np.rot90(plane, quarters)) for plane in self.planes)
        return YuvPicture(*planes, is_full_range=self.is_full_range)

    def equals(self, other: Picture) -> bool:
        if not isinstance(other, YuvPicture) or self.is_full_range != other.is_full_range:
            return False
        pairs = zip(self.planes, other.planes, strict=True)
        return all(one.shape == another.shape and _same_rows(one, another) for one, another in pairs)


class JpegPicture:
    """A JPEG as a camera made it, known to be whole. It goes out as it came; only other sizes are encoded anew."""

    __slots__ = ("jpeg",)

    def __init__(self, checked: CheckedJpeg) -> None:
        self.jpeg: Final = checked

    @classmethod
    def checked(cls, data: bytes) -> Self:
        """
        Raises:
            DamagedPictureError: when `data` is no whole JPEG.
        """
        return cls(check(data))

    @property
    def width(self) -> int:
        return self.jpeg.width

    @property
    def height(self) -> int:
        return self.jpeg.height

    def to_jpeg(self, quality: int) -> bytes:  # noqa: ARG002 its quality is the camera's
        return self.jpeg.data

    def scaled_to(self, width: int) -> "Picture":
        if self.width <= width:
            return self
        height = scaled_height(self.width, self.height, width)
        # The decoder shrinks by itself as far as that is not too far.
        pixels = simplejpeg.decode_jpeg(self.jpeg.data, "BGR", min_height=height, min_width=width)
        return BgrPicture(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA))

    def equals(self, other: Picture) -> bool:
        return isinstance(other, JpegPicture) and self.jpeg.data == other.jpeg.data


def _stretched(plane: Pixels, origin: int, limited: int, full_origin: int) -> Pixels:
    """From limited to full range: `limited` steps on from `origin` become 255 on from `full_origin`."""
    scale = 255 / limited
    return cv2.addWeighted(plane, scale, plane, 0, full_origin - origin * scale)  # type: ignore[return-value]


_memcmp = ctypes.CDLL(None).memcmp
_memcmp.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)


def same_bytes(one: Pixels, other: Pixels) -> bool:
    """Whether two contiguous arrays are equal. C's memcmp: it ends at the first difference, and allocates nothing."""
    return one.shape == other.shape and _memcmp(one.ctypes.data, other.ctypes.data, one.nbytes) == 0


def _same_rows(one: Pixels, other: Pixels) -> bool:
    """Whether two planes of one shape are equal, of which each row is contiguous but perhaps not the next one."""
    if one.flags.c_contiguous and other.flags.c_contiguous:
        return same_bytes(one, other)
    middle = one.shape[0] // 2
    return same_bytes(one[middle], other[middle]) and bool(np.array_equal(one, other))
