"""A JPEG's segments, and when there are too many of them. Costly pictures of few bytes."""

import pytest

from shared.jpeg_segments import (
    MAX_FILL_BYTES,
    MAX_SCANS,
    MAX_SEGMENTS,
    START_OF_SCAN,
    JpegCostError,
    JpegError,
    scan_count,
    segments,
)
from tests.support.bus import jpeg_picture
from tests.support.costly_jpegs import END, START, progressive

COMMENT = b"\xff\xfe\x00\x02"


def test_a_baseline_picture_has_one_scan_and_keeps_all_its_bytes() -> None:
    """Markers, lengths, bodies and picture data make the picture again."""
    jpeg = jpeg_picture(90, 320, 180)
    assert scan_count(jpeg) == 1
    parts = [bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2) + body + data for marker, body, data in segments(jpeg)]
    assert b"".join((START, *parts, END)) == jpeg
    assert [marker for marker, _, data in segments(jpeg) if data] == [START_OF_SCAN]


def test_as_many_scans_as_any_encoder_makes_pass_and_more_do_not() -> None:
    """883 scans of 40 megapixels are 147 KB, and 10 s of CPU."""
    assert scan_count(progressive(64, 48, MAX_SCANS)) == MAX_SCANS
    with pytest.raises(JpegCostError, match=f"more than {MAX_SCANS} scans"):
        scan_count(progressive(64, 48, MAX_SCANS + 1))


def test_segments_and_fill_bytes_are_bounded() -> None:
    """Eight million empty comments fit into what a picture may have in bytes."""
    rest = jpeg_picture(90, 64, 48)[2:]
    few = sum(1 for _ in segments(START + rest))
    assert scan_count(START + COMMENT * (MAX_SEGMENTS - few) + rest) == 1
    with pytest.raises(JpegCostError, match=f"more than {MAX_SEGMENTS} segments"):
        scan_count(START + COMMENT * (MAX_SEGMENTS - few + 1) + rest)
    assert scan_count(START + b"\xff" * (MAX_FILL_BYTES - 1) + rest) == 1
    with pytest.raises(JpegCostError, match="fill bytes"):
        scan_count(START + b"\xff" * (MAX_FILL_BYTES + 1) + rest)


@pytest.mark.parametrize(
    "junk", [b"", START, START + END[:1], START + b"\xff" * 50, START + b"x", START + b"\xff\xda\0"]
)
def test_what_is_no_jpeg_is_said(junk: bytes) -> None:
    """Whoever wants a picture drops it."""
    with pytest.raises(JpegError):
        scan_count(junk)
