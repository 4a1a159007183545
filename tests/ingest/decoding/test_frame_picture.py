"""Decoded frames as pictures: whatever their format, of two fields, of pixels that are not square."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from services.ingest.decoding.frame_picture import picture_of
from services.ingest.decoding.planes import deinterlaced
from services.ingest.sources.video_file import VideoFileSource
from tests.ingest.decoding.coded_video import coded, decoded, encoder_of, painting, psnr
from tests.ingest.pixels import pixels_of

FORMATS = ("yuv420p", "yuv420p10le", "yuv444p", "yuvj444p", "gray", "gray10le", "nv12", "rgb24", "gbrp", "pal8")
D1 = (704, 576)
WIDE_D1 = Fraction(16, 11)
"""The pixels of a 16:9 picture of that size."""


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("size", [(640, 360), (641, 361), (17, 1), (1, 9)])
def test_every_format_and_size_becomes_a_jpeg(name: str, size: tuple[int, int]) -> None:
    """Also odd ones, and a single row or column."""
    frame = av.VideoFrame(*size, name)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    picture = picture_of(frame)
    assert (picture.width, picture.height) == size
    assert pixels_of(picture.to_jpeg(80)).shape == (size[1], size[0], 3)


def test_a_frame_of_the_usual_format_is_not_copied() -> None:
    """Most cameras send it, so it costs nothing."""
    frame, decoder = decoded(coded(painting(64, 48)))
    luma = picture_of(frame, decoder.pixel_aspect).planes[0]
    assert np.shares_memory(luma, np.frombuffer(memoryview(frame.planes[0]), np.uint8))


def test_a_grey_stream_is_shown_grey() -> None:
    """It has no planes of chroma."""
    frame = av.VideoFrame.from_ndarray(np.full((32, 48), 126, np.uint8), format="gray")
    frame.color_range = 1
    assert np.abs(pixels_of(picture_of(frame).to_jpeg(90)).astype(int) - 128).max() <= 2


@pytest.mark.parametrize(
    ("size", "pixel_aspect", "shown"),
    [
        (D1, WIDE_D1, (1024, 576)),
        ((720, 576), Fraction(16, 15), (768, 576)),
        ((960, 1080), Fraction(2), (1920, 1080)),
        ((704, 288), Fraction(6, 11), (704, 528)),
        ((640, 360), Fraction(1), (640, 360)),
        ((640, 360), Fraction(200, 201), (640, 360)),
        ((640, 360), Fraction(300), (640, 360)),
    ],
)
def test_a_picture_has_the_shape_that_its_stream_says(
    size: tuple[int, int], pixel_aspect: Fraction, shown: tuple[int, int]
) -> None:
    """No row or column is lost. What can't be seen, and nonsense, changes nothing."""
    frame, decoder = decoded(coded(painting(*size), pixel_aspect=pixel_aspect))
    picture = picture_of(frame, decoder.pixel_aspect)
    assert (picture.width, picture.height) == shown
    assert pixels_of(picture.to_jpeg(80)).shape == (shown[1], shown[0], 3)


def test_a_smaller_one_has_the_true_shape_too() -> None:
    """It is made of the coded pixels directly."""
    frame, decoder = decoded(coded(painting(*D1), pixel_aspect=WIDE_D1))
    small = picture_of(frame, decoder.pixel_aspect).scaled_to(320)
    assert (small.width, small.height) == (320, 180)
    expected = np.asarray(cv2.resize(painting(*D1), (320, 180), interpolation=cv2.INTER_AREA), np.uint8)
    assert psnr(pixels_of(small.to_jpeg(95)), expected) > 30


def test_large_pictures_of_wide_pixels_shrink_instead() -> None:
    """A few bytes must not make more pixels than a camera may send."""
    picture = picture_of(av.VideoFrame(7680, 4320, "yuv420p"), Fraction(4))
    assert (picture.width, picture.height) == (7680, 1080)


def test_a_file_may_say_the_shape_in_its_container(tmp_path: Path) -> None:
    """Where the video itself says nothing."""
    path = tmp_path / "squeezed.mkv"
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 176, 144, "yuv420p"
        stream.sample_aspect_ratio = Fraction(2)
        frame = av.VideoFrame.from_ndarray(painting(176, 144), format="bgr24").reformat(format="yuv420p")
        container.mux([*stream.encode(frame), *stream.encode(None)])
    source = VideoFileSource(str(path))
    source.open()
    try:
        source.grab()
        picture = source.retrieve()
        assert picture is not None
        assert (picture.width, picture.height) == (352, 144)
    finally:
        source.close()


def combing(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> float:
    """How much a row differs from its neighbours where those agree."""
    rows = picture.astype(int)
    above, row, below = rows[:-2], rows[1:-1], rows[2:]
    return float(np.mean(np.maximum(0, np.abs(2 * row - above - below) - 2 * np.abs(above - below))))


def test_a_frame_of_two_fields_has_no_combs() -> None:
    """Something that moves is elsewhere in the second field."""
    filmed = []
    for left in (60, 84):
        field = np.full((288, 352, 3), 70, np.uint8)
        field[60:220, left : left + 120] = (40, 200, 230)
        filmed.append(field)
    woven = filmed[0].copy()
    woven[1::2] = filmed[1][1::2]
    encoder = encoder_of(352, 288, **{"x264-params": "interlaced=1:tff=1"})
    frame = av.VideoFrame.from_ndarray(woven, format="bgr24").reformat(format="yuv420p", interpolation="POINT")
    unit = b"".join(map(bytes, [*encoder.encode(frame), *encoder.encode(None)]))
    received, _ = decoded(unit)
    assert received.interlaced_frame
    combed, clean = combing(woven), combing(pixels_of(picture_of(received).to_jpeg(95)))
    assert combed > 10
    assert clean < combed / 20


def test_what_does_not_move_stays_sharp() -> None:
    """A slope is the median of itself."""
    still = np.asarray(cv2.resize(painting(40, 30), (320, 240), interpolation=cv2.INTER_LINEAR), np.uint8)[:, :, 1]
    assert psnr(deinterlaced(still), still) > 40
    for rows in (1, 2, 3):
        assert deinterlaced(still[:rows]).shape == (rows, 320)
