"""Decoded frames as pictures, whatever their format."""

import av

from services.ingest.decoding.decoder import picture_of
from tests.ingest.pixels import pixels_of


def test_odd_sizes_and_other_formats_are_shown_too() -> None:
    """By way of BGR."""
    for width, height, name in (
        (641, 361, "yuv420p"),
        (640, 360, "yuv420p10le"),
        (640, 360, "yuv444p"),
        (640, 360, "gray"),
    ):
        frame = av.VideoFrame(width, height, name)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        picture = picture_of(frame)
        assert (picture.width, picture.height) == (width, height)
        assert pixels_of(picture.to_jpeg(80)).shape == (height, width, 3)
