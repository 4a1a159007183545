"""Where a decoded frame becomes a picture: whole, upright, and with its colours and shape known.

A frame of the usual format is taken as it is, in the decoder's own memory. All that a stream says of its frames ends
here: the code behind it knows pictures only.
"""

from fractions import Fraction
from typing import Final

import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace

from services.ingest.decoding.colours import JPEG, Colours
from services.ingest.decoding.pictures import YuvPicture
from services.ingest.decoding.planes import Pixels, Planes, deinterlaced, neutral_chroma
from services.ingest.decoding.true_shape import believed

_PLANAR: Final = frozenset({"yuv420p", "yuvj420p"})
_FULL_RANGE: Final = 2


def picture_of(frame: VideoFrame, pixel_aspect: Fraction | None = None) -> YuvPicture:
    """The frame as an upright picture. If the format allows, it uses the frame's own memory and keeps that alive.

    `pixel_aspect` is what the stream says of the shape of its pixels.
    """
    planes, colours = _planes_of(frame)
    if frame.interlaced_frame:
        y, u, v = planes
        planes = deinterlaced(y), deinterlaced(u), deinterlaced(v)
    picture = YuvPicture(*planes, colours=colours, pixel_aspect=believed(pixel_aspect))
    return picture.rotated(-(frame.rotation // 90)) if frame.rotation else picture


def _planes_of(frame: VideoFrame) -> tuple[Planes, Colours]:
    """8 bits for each sample, and chroma at half the rows and columns. Only RGB changes its colours on the way."""
    name = frame.format.name
    if frame.format.is_rgb or name.startswith("pal"):
        return _planes(_converted(frame, "yuvj420p", Colorspace.ITU601)), JPEG
    is_full_range = frame.color_range == _FULL_RANGE or name.startswith("yuvj")
    colours = Colours.of_video(frame.colorspace, frame.width, frame.height, is_full_range=is_full_range)
    if name.startswith("gray"):
        luma = _pixels((frame if name == "gray" else _converted(frame, "gray")).planes[0])
        chroma = neutral_chroma(frame.width, frame.height)
        return (luma, chroma, chroma), colours
    if name not in _PLANAR:
        # FFmpeg takes the formats with a j for full range whatever it is told.
        frame = _converted(frame, "yuvj420p" if name.startswith("yuvj") else "yuv420p")
    return _planes(frame), colours


def _converted(frame: VideoFrame, name: str, colorspace: Colorspace | None = None) -> VideoFrame:
    """In FFmpeg's format `name`. Luma and chroma keep their meaning, and so their range."""
    if colorspace is not None:
        return frame.reformat(
            format=name, dst_colorspace=colorspace, dst_color_range=ColorRange.JPEG, interpolation="AREA", threads=1
        )
    # Any range will do if it is the same on both sides.
    return frame.reformat(
        format=name,
        src_colorspace=Colorspace.ITU601,
        dst_colorspace=Colorspace.ITU601,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation="AREA",
        threads=1,
    )


def _planes(frame: VideoFrame) -> Planes:
    y, u, v = (_pixels(plane) for plane in frame.planes)
    return y, u, v


def _pixels(plane: VideoPlane) -> Pixels:
    rows: Pixels = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
