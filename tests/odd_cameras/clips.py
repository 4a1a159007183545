"""Small pictures for the odd cameras: made and encoded here, with what they must look like beside them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

FPS: Final = 25
Pixels = NDArray[np.uint8]
_CORNERS: Final = ((30, 40, 200), (200, 60, 30), (40, 190, 60), (200, 200, 210))
_START_CODE: Final = re.compile(rb"\x00\x00\x01")
CLOSE: Final = 14.0
"""Mean difference of a picture's values up to which it is the same. Another picture of the clip differs by more."""


@dataclass(frozen=True, slots=True)
class Clip:
    """`units` holds each access unit's NAL units, or its one JPEG; `pictures` what each shows, blue first."""

    codec: str
    width: int
    height: int
    units: tuple[tuple[bytes, ...], ...]
    pictures: tuple[Pixels, ...]

    def shows(self, picture: Pixels) -> bool:
        """Whether `picture` is one of the clip's."""
        if picture.shape != self.pictures[0].shape:
            return False
        return min(float(np.abs(picture.astype(np.int16) - one).mean()) for one in self.pictures) < CLOSE

    @property
    def parameter_sets(self) -> tuple[bytes, ...]:
        kinds = (7, 8) if self.codec == "H264" else (32, 33, 34)
        return tuple(nal for nal in self.units[0] if self.kind(nal) in kinds)

    def kind(self, nal: bytes) -> int:
        """A NAL unit's type."""
        return nal[0] & 31 if self.codec == "H264" else nal[0] >> 1 & 63


def painted(width: int, height: int, index: int) -> Pixels:
    """Four colours, and a bar that moves."""
    picture = np.empty((height, width, 3), np.uint8)
    for corner, colour in enumerate(_CORNERS):
        rows = slice(0, height // 2) if corner < 2 else slice(height // 2, height)
        columns = slice(0, width // 2) if corner % 2 == 0 else slice(width // 2, width)
        picture[rows, columns] = colour
    left = index * 12 % (width - width // 4)
    picture[:, left : left + width // 4] = (250, 250, 20)
    return picture


@cache
def clip(  # noqa: PLR0913 each by name
    codec: str = "H264",
    *,
    width: int = 160,
    height: int = 120,
    count: int = 12,
    gop: int = 6,
    pixel_format: str = "yuv420p",
    parameters: str = "",
) -> Clip:
    """`parameters` are x264's or x265's own, with colons between."""
    pictures = tuple(painted(width, height, index) for index in range(count))
    if codec == "JPEG":
        quality = [cv2.IMWRITE_JPEG_QUALITY, 85]
        jpegs = (cv2.imencode(".jpg", one, quality)[1].tobytes() for one in pictures)
        units: tuple[tuple[bytes, ...], ...] = tuple((jpeg,) for jpeg in jpegs)
    else:
        units = _encoded(codec, pictures, gop, pixel_format, parameters)
    return Clip(codec, width, height, units, pictures)


@cache
def mpeg4() -> list[bytes]:
    """The clip's pictures in MPEG-4 part 2, behind what a decoder must know."""
    context: Any = av.CodecContext.create("mpeg4", "w")
    context.width, context.height, context.pix_fmt, context.time_base = 160, 120, "yuv420p", Fraction(1, 25)
    context.options, context.bit_rate = {"g": "6"}, 4_000_000
    packets = []
    for index, picture in enumerate(clip().pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")
        frame.pts = index
        packets += context.encode(frame)
    data = b"".join(map(bytes, [*packets, *context.encode(None)]))
    head, *pictures = data.split(b"\0\0\1\xb6")
    config = head[: head.index(b"\0\0\1\xb3")] if b"\0\0\1\xb3" in head else head
    return [config, *(b"\0\0\1\xb6" + one.partition(b"\0\0\1\xb3")[0] for one in pictures)]


def _encoded(
    codec: str, pictures: Sequence[Pixels], gop: int, pixel_format: str, parameters: str
) -> tuple[tuple[bytes, ...], ...]:
    x264 = codec == "H264"
    context: Any = av.CodecContext.create("libx264" if x264 else "libx265", "w")
    context.height, context.width = pictures[0].shape[:2]
    context.pix_fmt, context.time_base = pixel_format, Fraction(1, FPS)
    common = f"keyint={gop}:min-keyint={gop}:scenecut=0:repeat-headers=1"
    common += "" if "bframes" in parameters else ":bframes=0"
    context.options = {
        "preset": "veryfast" if x264 else "ultrafast",
        "crf": "20",
        "x264-params"
        if x264
        else "x265-params": f"{common}{':threads=1:slices=1:sliced-threads=0' if x264 else ':log-level=none'}"
        + (f":{parameters}" if parameters else ""),
    }
    packets = []
    for index, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format=pixel_format)
        frame.pts = index
        packets += context.encode(frame)
    packets += context.encode(None)
    return tuple(tuple(_nal_units(bytes(packet))) for packet in packets)


def _nal_units(data: bytes) -> list[bytes]:
    starts = [found.end() for found in _START_CODE.finditer(data)]
    ends = [start - 3 for start in starts[1:]] + [len(data)]
    return [data[start:end].rstrip(b"\0") for start, end in zip(starts, ends, strict=True)]
