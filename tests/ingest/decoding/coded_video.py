"""Pictures as H.264 of any colours and shape, and what FFmpeg itself makes of them."""

from fractions import Fraction

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from services.ingest.decoding.decoder import Decoder
from services.ingest.decoding.planes import Pixels
from tests.ingest.pixels import pixels_of

MATRICES = {
    1: Colorspace.ITU709,
    2: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
}
"""FFmpeg's names, by the numbers that streams have. 2 is "not told"."""

HIGH_QUALITY = 97


def painting(width: int, height: int) -> Pixels:
    """Smooth and strong colours, blue first, with pure red among them."""
    coarse = np.random.default_rng(5).integers(0, 256, (5, 8, 3), dtype=np.uint8)
    picture = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    picture[: height // 4, : width // 4] = (0, 0, 255)
    return picture


def encoder_of(width: int, height: int, name: str = "yuv420p", **options: str) -> av.VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, name, Fraction(1, 25)
    encoder.options = {"crf": "6", "tune": "zerolatency", "preset": "fast", **options}
    return encoder


def coded(  # noqa: PLR0913 each by name
    picture: Pixels,
    *,
    matrix: int = 6,
    is_full_range: bool = False,
    name: str = "yuv420p",
    pixel_aspect: Fraction | None = None,
    made_as: Colorspace | None = None,
) -> bytes:
    """One picture as an access unit, which says that its colours are those of `matrix`. They are, or `made_as`."""
    height, width, _ = picture.shape
    encoder = encoder_of(width, height, name)
    colour_range = ColorRange.JPEG if is_full_range else ColorRange.MPEG
    encoder.colorspace, encoder.color_range = matrix, colour_range
    if pixel_aspect is not None:
        encoder.sample_aspect_ratio = pixel_aspect
    frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(
        format=name,
        dst_colorspace=made_as or MATRICES[matrix],
        src_color_range=ColorRange.JPEG,
        dst_color_range=colour_range,
        interpolation="AREA",
    )
    frame.colorspace, frame.color_range = matrix, colour_range
    return b"".join(map(bytes, [*encoder.encode(frame), *encoder.encode(None)]))


def decoded(unit: bytes) -> tuple[av.VideoFrame, Decoder]:
    decoder = Decoder("h264")
    frame = decoder.decode(unit)
    assert frame is not None
    return frame, decoder


def shown_by_ffmpeg(frame: av.VideoFrame, colorspace: Colorspace) -> Pixels:
    """The frame as FFmpeg's own conversion to BGR and then a JPEG of high quality show it."""
    is_full_range = frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
    colour_range = ColorRange.JPEG if is_full_range else ColorRange.MPEG
    shown = frame.to_ndarray(format="bgr24", src_colorspace=colorspace, src_color_range=colour_range)
    return pixels_of(cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, HIGH_QUALITY])[1].tobytes())


def psnr(one: Pixels, other: Pixels) -> float:
    """How alike two pictures are, in dB."""
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2)))
