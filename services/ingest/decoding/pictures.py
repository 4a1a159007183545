"""A decoded picture, in the form that its source has, and what is made of it: other sizes and JPEGs. Pure.

Each form takes its own shortest way to a JPEG. All pictures are immutable, so threads may share them.
"""

import ctypes
from typing import Final, Protocol, Self, cast

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from services.ingest.decoding.jpeg import CheckedJpeg, check
from shared.bus.frames import scaled_height
from shared.settings import DEFAULT_MAX_PIXELS

Pixels = NDArray[np.uint8]
cv2.setNumThreads(1)  # a camera has one core; others have the rest


class Picture(Protocol):
    """Width and height are in pixels."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    def to_jpeg(self, quality: int) -> bytes:
        """A whole baseline JPEG without metadata or thumbnail, at `quality` from 1 to 100."""

    def scaled_to(self, width: int) -> "Picture":
        """The picture at `width` pixels in its own proportions; itself if it is no wider."""

    def equals(self, other: "Picture") -> bool:
        """Whether `other` is the same, bit by bit. Cheap when it is not."""


class BgrPicture:
    """Pixels as OpenCV draws and decodes them: height x width x 3, blue first. The picture takes over `pixels`."""

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
        return type(self)(_resized(self.pixels, width, scaled_height(self.width, self.height, width)))

    def equals(self, other: Picture) -> bool:
        return isinstance(other, BgrPicture) and same_bytes(self.pixels, other.pixels)

    def rotated(self, quarters: int) -> "BgrPicture":
        """The picture, turned left by `quarters` quarter turns."""
        return BgrPicture(np.rot90(self.pixels, quarters))


class YuvPicture:
    """Pixels as video decoders give them: a plane of luma and two of chroma at half the rows and columns.

    Video uses the limited range; a JPEG knows only the full one, so the planes are stretched on the way. The colours
    are taken as BT.601 whatever the stream says, because OpenCV takes them so. Planes need not be contiguous.
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
        y, u, v = self.planes
        height = scaled_height(self.width, self.height, width)
        chroma = (width + 1) // 2, (height + 1) // 2
        return YuvPicture(
            _resized(y, width, height),
            _resized(u, *chroma),
            _resized(v, *chroma),
            is_full_range=self.is_full_range,
        )

    def rotated(self, quarters: int) -> "YuvPicture":
        """The picture, turned left by `quarters` quarter turns."""
        planes = (np.ascontiguousarray(np.rot90(plane, quarters)) for plane in self.planes)
        return YuvPicture(*planes, is_full_range=self.is_full_range)

    def equals(self, other: Picture) -> bool:
        if not isinstance(other, YuvPicture) or self.is_full_range != other.is_full_range:
            return False
        pairs = zip(self.planes, other.planes, strict=True)
        return all(one.shape == another.shape and _same_rows(one, another) for one, another in pairs)


class JpegPicture:
    """A camera's own JPEG, known to be whole. It goes out unchanged; only other sizes are encoded anew."""

    __slots__ = ("jpeg",)

    def __init__(self, checked: CheckedJpeg) -> None:
        self.jpeg: Final = checked

    @classmethod
    def checked(cls, data: bytes, max_pixels: int = DEFAULT_MAX_PIXELS) -> Self:
        """
        Raises:
            DamagedPictureError: when `data` is no whole JPEG.
            PictureRefusedError: when it has more than `max_pixels`, or would take too much work.
        """
        return cls(check(data, max_pixels))

    @property
    def width(self) -> int:
        return self.jpeg.width

    @property
    def height(self) -> int:
        return self.jpeg.height

    def to_jpeg(self, quality: int) -> bytes:  # noqa: ARG002 the camera has chosen the quality
        return self.jpeg.data

    def scaled_to(self, width: int) -> "Picture":
        if self.width <= width:
            return self
        height = scaled_height(self.width, self.height, width)
        # The decoder shrinks the picture itself, by the largest factor that leaves at least this size.
        pixels = simplejpeg.decode_jpeg(self.jpeg.data, "BGR", min_height=height, min_width=width)
        return BgrPicture(_resized(pixels, width, height))

    def equals(self, other: Picture) -> bool:
        return isinstance(other, JpegPicture) and self.jpeg.data == other.jpeg.data


def _resized(pixels: Pixels, width: int, height: int) -> Pixels:
    # OpenCV's types say only that this is some array.
    return cast("Pixels", cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA))


def _stretched(plane: Pixels, origin: int, limited: int, full_origin: int) -> Pixels:
    """From limited to full range: the `limited` steps above `origin` become 255 steps above `full_origin`."""
    scale = 255 / limited
    return cast("Pixels", cv2.addWeighted(plane, scale, plane, 0, full_origin - origin * scale))


_memcmp = ctypes.CDLL(None).memcmp
_memcmp.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)


def same_bytes(one: Pixels, other: Pixels) -> bool:
    """Whether two contiguous arrays are equal. C's memcmp stops at the first difference and allocates nothing."""
    return one.shape == other.shape and _memcmp(one.ctypes.data, other.ctypes.data, one.nbytes) == 0


def _same_rows(one: Pixels, other: Pixels) -> bool:
    """Whether two planes of one shape are equal. Their rows are contiguous, but there may be gaps between rows."""
    if one.flags.c_contiguous and other.flags.c_contiguous:
        return same_bytes(one, other)
    middle = one.shape[0] // 2
    return same_bytes(one[middle], other[middle]) and bool(np.array_equal(one, other))
