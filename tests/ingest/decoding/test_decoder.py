"""Decoded frames as pictures, whatever their format."""

import os
import subprocess
import sys
from fractions import Fraction
from typing import cast

import av
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext
from av.video.codeccontext import VideoCodecContext

from services.ingest.decoding.decoder import Decoder
from services.ingest.decoding.picture_limits import PictureRefusedError
from tests.ingest.decoding.parameter_sets import H264Set, h265_set


def coded(codec: str, width: int, height: int, cropping: str = "") -> bytes:
    """A picture as H.264 or H.265. `cropping` goes to FFmpeg's filter, which crops the picture to a small part."""
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "yuv420p", Fraction(1, 25)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
    if codec == "libx265":
        encoder.options = {**encoder.options, "x265-params": "log-level=error"}
    frame = av.VideoFrame.from_ndarray(np.full((height * 3 // 2, width), 90, np.uint8), format="yuv420p")
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    if cropping:
        stream = av.open("/dev/null", "w", format="h264").add_stream(codec)
        packets = BitStreamFilterContext(cropping, stream).filter(packets[0])
    return bytes(packets[0])


@pytest.mark.parametrize(("name", "encoder"), [("h264", "libx264"), ("hevc", "libx265")])
def test_a_picture_of_too_many_pixels_is_refused_in_words(name: str, encoder: str) -> None:
    """As often as it comes. One exactly as large as allowed is shown, though FFmpeg counts whole blocks."""
    data = coded(encoder, 1000, 600)
    assert Decoder(name, max_pixels=600_000).decode(data) is not None
    decoder = Decoder(name, max_pixels=599_999)
    for _ in range(2):
        with pytest.raises(PictureRefusedError, match=r"1000 x 600: 600000 pixels .* 599999 of PICTURE_MAX_PIXELS"):
            decoder.decode(data)


@pytest.mark.parametrize(("name", "encoder"), [("h264", "libx264"), ("hevc", "libx265")])
def test_a_stream_that_grows_is_refused(name: str, encoder: str) -> None:
    """A camera may change its size at any key frame."""
    decoder = Decoder(name, max_pixels=320 * 184)
    assert decoder.decode(coded(encoder, 320, 184)) is not None
    with pytest.raises(PictureRefusedError, match="640 x 368"):
        decoder.decode(coded(encoder, 640, 368))


def test_a_small_piece_of_large_pictures_counts_as_large() -> None:
    """What is cut off has to be decoded, too: 264 million pixels behind a picture of 240 x 240 once took 600 MB."""
    data = coded("libx264", 1600, 1600, "h264_metadata=crop_right=1400:crop_bottom=1400")
    with pytest.raises(PictureRefusedError, match="1600 x 1600"):
        Decoder("h264", max_pixels=1_000_000).decode(data)


SHOWS_EACH_PICTURE = """
from services.ingest.decoding.decoder import Decoder
from services.ingest.decoding.frame_picture import picture_of
from tests.ingest.pixels import pixels_of
from tests.odd_cameras.clips import clip, mpeg4

sets, *units = mpeg4()
decoder = Decoder("mpeg4")
frames = [decoder.decode(sets + unit) for unit in units]
assert all(clip().shows(pixels_of(picture_of(frame).to_jpeg(90))) for frame in frames if frame is not None)
print(len(frames))
"""


def test_what_is_behind_a_unit_in_memory_changes_no_picture() -> None:
    """FFmpeg reads beyond the end: MPEG-4's decoder guesses from there, and its pictures drift if it is no zeros. The C
    library fills all memory with something else here."""
    run = subprocess.run(
        [sys.executable, "-c", SHOWS_EACH_PICTURE],
        env={**os.environ, "MALLOC_PERTURB_": "170"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr) == ("12\n", "")


@pytest.mark.parametrize("name", ["h264", "hevc"])
def test_a_coded_size_beyond_the_limit_is_refused_before_a_decoder_sees_it(name: str) -> None:
    """In a stream's beginning, in the middle of it, and in what a container knows of it.

    FFmpeg says nothing of a set alone. With the first slice it would take 700 MB for this one.
    """
    large = H264Set(1024, 1024, shown=15).unit() if name == "h264" else h265_set(16384, 16384)
    data = b"\0\0\0\1" + large
    decoder = Decoder(name, max_pixels=1_000_000)
    with pytest.raises(PictureRefusedError, match="16384 x 16384"):
        decoder.decode(data)
    assert decoder.decode(coded(f"libx{264 if name == 'h264' else 265}", 320, 192)) is not None
    with pytest.raises(PictureRefusedError, match="16384 x 16384"):
        decoder.decode(data)
    context = cast("VideoCodecContext", av.CodecContext.create(name, "r"))
    context.extradata = data
    with pytest.raises(PictureRefusedError, match="16384 x 16384"):
        Decoder(context, max_pixels=1_000_000)
