"""A decoded picture, in the form that its source has, and what is made of it: other sizes and JPEGs. Pure.

Each form takes its own shortest way to a JPEG. All pictures are immutable, so threads may share them.
"""

from fractions import Fraction
from typing import Final, Protocol, Self

import cv2
import numpy as np
import simplejpeg

from services.ingest.decoding.colours import Colours
from services.ingest.decoding.jpeg import CheckedJpeg, check
from services.ingest.decoding.jpeg_encoder import JpegEncoder
from services.ingest.decoding.planes import Pixels, Planes, resized, resized_planes, same_bytes, same_rows, turned
from services.ingest.decoding.true_shape import SQUARE, Aspect, pixel_aspect_of, true_size
from shared.bus.frames import scaled_height
from shared.settings import DEFAULT_MAX_PIXELS


class Picture(Protocol):
    """Width and height are in pixels."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    def to_jpeg(self, quality: int, encoder: JpegEncoder | None = None) -> bytes:
        """A whole baseline JPEG without metadata or thumbnail, at `quality` from 1 to 100.

        An encoder that made the JPEG of a picture like it makes this one quicker.
        """

    def scaled_to(self, width: int) -> "Picture":
        """The picture at `width` pixels in its own proportions; itself if it is no wider."""

    def in_aspect(self, aspect: Aspect) -> "Picture":
        """The same pixels as a picture of another shape, whatever the stream says of it."""

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

    def to_jpeg(self, quality: int, encoder: JpegEncoder | None = None) -> bytes:  # noqa: ARG002 OpenCV has its own
        _, jpeg = cv2.imencode(".jpg", self.pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return jpeg.tobytes()

    def scaled_to(self, width: int) -> Self:
        if self.width <= width:
            return self
        return type(self)(resized(self.pixels, width, scaled_height(self.width, self.height, width)))

    def in_aspect(self, aspect: Aspect) -> "BgrPicture":
        size = _size_in(aspect, self.width, self.height)
        return self if size == (self.width, self.height) else BgrPicture(resized(self.pixels, *size))

    def equals(self, other: Picture) -> bool:
        return isinstance(other, BgrPicture) and same_bytes(self.pixels, other.pixels)


class YuvPicture:
    """Pixels as video decoders give them, with what they mean. Planes need not be contiguous.

    `width` and `height` are those of the true shape, of square pixels. The planes become so on the way to a JPEG,
    together with any other change of size.
    """

    __slots__ = ("_size", "colours", "pixel_aspect", "planes")

    def __init__(self, y: Pixels, u: Pixels, v: Pixels, *, colours: Colours, pixel_aspect: Fraction = SQUARE) -> None:
        self.planes: Final[Planes] = (y, u, v)
        self.colours: Final = colours
        self.pixel_aspect: Final = pixel_aspect
        self._size: Final = true_size(self._columns, self._rows, pixel_aspect)

    @property
    def _columns(self) -> int:
        return int(self.planes[0].shape[1])

    @property
    def _rows(self) -> int:
        return int(self.planes[0].shape[0])

    @property
    def width(self) -> int:
        return self._size[0]

    @property
    def height(self) -> int:
        return self._size[1]

    def to_jpeg(self, quality: int, encoder: JpegEncoder | None = None) -> bytes:
        return (encoder or JpegEncoder()).encode(self.in_true_shape().planes, self.colours, quality)

    def scaled_to(self, width: int) -> "YuvPicture":
        if self.width <= width:
            return self
        return self._of_size(width, scaled_height(self.width, self.height, width))

    def in_aspect(self, aspect: Aspect) -> "YuvPicture":
        pixel_aspect = pixel_aspect_of(self._columns, self._rows, aspect)
        return YuvPicture(*self.planes, colours=self.colours, pixel_aspect=pixel_aspect)

    def in_true_shape(self) -> "YuvPicture":
        """The same of square pixels; itself if it has them."""
        return self if self._size == (self._columns, self._rows) else self._of_size(*self._size)

    def rotated(self, quarters: int) -> "YuvPicture":
        """The picture, turned right by `quarters` quarter turns."""
        planes = (turned(plane, quarters) for plane in self.planes)
        pixel_aspect = self.pixel_aspect if quarters % 2 == 0 else 1 / self.pixel_aspect
        return YuvPicture(*planes, colours=self.colours, pixel_aspect=pixel_aspect)

    def equals(self, other: Picture) -> bool:
        if not isinstance(other, YuvPicture) or self.colours != other.colours:
            return False
        if (self.width, self.height) != (other.width, other.height):
            return False
        return all(same_rows(one, another) for one, another in zip(self.planes, other.planes, strict=True))

    def _of_size(self, width: int, height: int) -> "YuvPicture":
        return YuvPicture(*resized_planes(self.planes, width, height), colours=self.colours)


class JpegPicture:
    """A camera's own JPEG, known to be whole. It goes out unchanged; only another size or shape is encoded anew."""

    __slots__ = ("_size", "jpeg")

    def __init__(self, checked: CheckedJpeg, size: tuple[int, int] | None = None) -> None:
        self.jpeg: Final = checked
        self._size: Final = size or (checked.width, checked.height)

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
        return self._size[0]

    @property
    def height(self) -> int:
        return self._size[1]

    def to_jpeg(self, quality: int, encoder: JpegEncoder | None = None) -> bytes:
        if self._size == (self.jpeg.width, self.jpeg.height):
            return self.jpeg.data  # the camera has chosen the quality
        return self.decoded().to_jpeg(quality, encoder)

    def scaled_to(self, width: int) -> "Picture":
        if self.width <= width:
            return self
        return self._of_size(width, scaled_height(self.width, self.height, width))

    def in_aspect(self, aspect: Aspect) -> "JpegPicture":
        return JpegPicture(self.jpeg, _size_in(aspect, self.jpeg.width, self.jpeg.height))

    def equals(self, other: Picture) -> bool:
        has_size = (other.width, other.height) == (self.width, self.height)
        return has_size and isinstance(other, JpegPicture) and self.jpeg.data == other.jpeg.data

    def decoded(self) -> BgrPicture:
        """Its pixels, in its own size.

        Raises:
            ValueError: when it can't be decoded after all.
        """
        return self._of_size(*self._size)

    def _of_size(self, width: int, height: int) -> BgrPicture:
        # The decoder shrinks the picture itself, by the largest factor that leaves at least this size.
        pixels = simplejpeg.decode_jpeg(
            self.jpeg.data, "BGR", min_height=min(height, self.jpeg.height), min_width=min(width, self.jpeg.width)
        )
        return BgrPicture(resized(pixels, width, height))


def _size_in(aspect: Aspect, width: int, height: int) -> tuple[int, int]:
    return true_size(width, height, pixel_aspect_of(width, height, aspect))
