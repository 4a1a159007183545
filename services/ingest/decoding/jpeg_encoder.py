"""The encoder of one rendition: planes in a JPEG's colours become a baseline JPEG. Owns the choice of the library.

FFmpeg's MJPEG encoder counts the symbols of each picture and gives it Huffman tables of its own, so a JPEG of the same
sight has fewer bytes than libjpeg-turbo's. In smooth pictures that is a third to a half, for 1.6 to 1.8 times the CPU
of encoding; in detailed ones a tenth, for 2 to 3.4 times. So the detailed ones stay with libjpeg-turbo. So do pictures
of more than `MAX_PIXELS`, for which FFmpeg would keep much memory, and qualities above `FINEST`, where it gains
nothing.
"""

from fractions import Fraction
from typing import Final

import av
import numpy as np
import simplejpeg
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane

from services.ingest.decoding.colours import Colours, in_jpeg_colours
from services.ingest.decoding.planes import Pixels, Planes

FINEST: Final = 84
"""At a quality above it, FFmpeg's JPEGs are as large as libjpeg-turbo's, or larger."""
DETAILED_BITS: Final = 0.6
"""A picture whose JPEG has more bits for each pixel is detailed."""
MAX_PIXELS: Final = 2560 * 1920
"""FFmpeg's encoder keeps 7 to 12 bytes for each pixel, in each rendition that is watched."""
_QUANTISERS: Final = (
    (80, 3), (74, 4), (67, 5), (60, 6), (54, 7), (49, 8), (44, 9), (39, 10), (36, 11), (32, 12), (30, 13), (28, 14),
    (25, 15), (23, 17), (21, 19), (18, 22), (16, 25), (14, 28), (0, 31),
)  # fmt: skip
"""The least quality for each quantiser: halfway between what neighbours look like, by SSIMULACRA2 and SSIM, over the
clips of docs/benchmarks.md."""
_OPTIONS: Final = {"huffman": "optimal", "flags": "+bitexact+qscale"}
"""No line with FFmpeg's version in each picture, and one quantiser for all of it, which takes no look at it before."""
_TICK: Final = Fraction(1, 1000)


def quantiser_of(quality: int) -> int | None:
    """FFmpeg's quantiser that looks most like libjpeg-turbo's `quality`; None where FFmpeg gains nothing."""
    if quality > FINEST:
        return None
    return next(quantiser for least, quantiser in _QUANTISERS if quality >= least)


class JpegEncoder:
    """Encodes pictures of any size and quality; quickest where those stay. One thread.

    A picture is taken to be as detailed as the one before it, and the first to be detailed. FFmpeg's encoder for the
    last size and quality is kept while it is used.
    """

    def __init__(self) -> None:
        self._ffmpeg: FfmpegEncoder | None = None
        self._is_detailed = True

    def encode(self, planes: Planes, colours: Colours, quality: int) -> bytes:
        """A whole baseline JPEG without metadata or thumbnail, at `quality` from 1 to 100."""
        height, width = planes[0].shape
        quantiser = quantiser_of(quality)
        if self._is_detailed or quantiser is None or width * height > MAX_PIXELS:
            self._ffmpeg = None
            jpeg = bytes(simplejpeg.encode_jpeg_yuv_planes(*in_jpeg_colours(planes, colours), quality))
        else:
            if self._ffmpeg is None or self._ffmpeg.makes != (width, height, quantiser):
                self._ffmpeg = FfmpegEncoder(width, height, quantiser)
            jpeg = self._ffmpeg.encode(planes, colours)
        self._is_detailed = len(jpeg) * 8 > DETAILED_BITS * width * height
        return jpeg


class FfmpegEncoder:
    """FFmpeg's encoder for one size in pixels and one quantiser. It and the frame that it reads are used again."""

    def __init__(self, width: int, height: int, quantiser: int) -> None:
        self.makes: Final = (width, height, quantiser)
        context = av.CodecContext.create("mjpeg", "w")
        context.width, context.height, context.pix_fmt, context.time_base = width, height, "yuvj420p", _TICK
        context.sample_aspect_ratio = Fraction(1)  # without it there is no JFIF header
        context.qmin = context.qmax = quantiser
        context.thread_count = 1
        context.options = _OPTIONS
        self._context: Final[VideoCodecContext] = context
        self._frame: Final = VideoFrame(width, height, "yuvj420p")
        self._frame.time_base, self._frame.pts = _TICK, 0
        y, u, v = (_writable(plane) for plane in self._frame.planes)
        self._planes: Final[Planes] = (y, u, v)

    def encode(self, planes: Planes, colours: Colours) -> bytes:
        in_jpeg_colours(planes, colours, into=self._planes)
        self._frame.pts = (self._frame.pts or 0) + 1
        (packet,) = self._context.encode(self._frame)
        return bytes(packet)


def _writable(plane: VideoPlane) -> Pixels:
    rows: Pixels = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
