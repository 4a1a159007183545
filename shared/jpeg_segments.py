"""The segments of a JPEG, up to its end marker, and bounds on the work that they can make. Pure: nothing is decoded.

A picture of few bytes can keep a decoder busy for a minute: each scan passes over the whole picture again, and the
standard allows thousands of them (ITU-T T.81, annex G).
"""

import re
from collections.abc import Iterator
from typing import Final

from shared.errors import FramecastError

MAX_SCANS: Final = 32
"""Encoders of progressive JPEGs make some ten. An empty scan of 40 million pixels takes 10 ms."""
MAX_SEGMENTS: Final = 1000
"""A picture with all its tables anew before each scan has 200, and 255 more with the largest colour profile."""
MAX_FILL_BYTES: Final = 1024
"""Between two segments. Any number is legal, and none is usual."""
START_OF_IMAGE, END_OF_IMAGE, START_OF_SCAN = 0xD8, 0xD9, 0xDA
_START_OF_FRAME: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_NO_FILL: Final = re.compile(rb"[^\xff]")
Segment = tuple[int, bytes, bytes]
"""The marker, the body, and the picture data after it, which only a scan has."""


class JpegError(FramecastError):
    """Raised when a JPEG's segments make no sense. Drop the picture."""


class JpegCostError(JpegError):
    """Raised when a JPEG would cost more work than a picture may. Its message says what there is too much of."""


def segments(jpeg: bytes) -> Iterator[Segment]:
    """Each segment between the start and the end marker.

    Raises:
        JpegError: when they make no sense, or the end is missing.
        JpegCostError: when there are too many segments, scans or fill bytes.
    """
    if jpeg[:2] != bytes((0xFF, START_OF_IMAGE)):
        raise JpegError("not a JPEG: no start of image")
    count = scans = 0
    marker, position = _marker_at(jpeg, 2)
    while marker != END_OF_IMAGE:
        end = position + int.from_bytes(jpeg[position : position + 2], "big")
        if end > len(jpeg) or end < position + 2:
            raise JpegError("a JPEG's segment is cut")
        count += 1
        scans += marker == START_OF_SCAN
        if scans > MAX_SCANS:
            raise JpegCostError(f"it has more than {MAX_SCANS} scans")
        if count > MAX_SEGMENTS:
            raise JpegCostError(f"it has more than {MAX_SEGMENTS} segments")
        following = _end_of_scan(jpeg, end) if marker == START_OF_SCAN else end
        yield marker, jpeg[position + 2 : end], jpeg[end:following]
        marker, position = _marker_at(jpeg, following)


def scan_count(jpeg: bytes) -> int:
    """How many times a decoder passes over the picture.

    Raises:
        JpegError: as `segments` does.
    """
    return sum(marker == START_OF_SCAN for marker, _, _ in segments(jpeg))


def size(jpeg: bytes) -> tuple[int, int]:
    """Width and height in pixels, as the frame header (SOF) says.

    Raises:
        JpegError: as `segments` does, or there is no frame header.
    """
    for marker, body, _ in segments(jpeg):
        if marker in _START_OF_FRAME:
            return int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big")
    raise JpegError("a JPEG without a frame header")


def _end_of_scan(jpeg: bytes, position: int) -> int:
    found = _NEXT_MARKER.search(jpeg, position)
    if found is None:
        raise JpegError("a JPEG without its end")
    return found.start()


def _marker_at(jpeg: bytes, position: int) -> tuple[int, int]:
    """The marker at `position`, and where its segment begins. Fill bytes may come before a marker."""
    if jpeg[position : position + 1] != b"\xff":
        raise JpegError("a JPEG's segments do not follow each other")
    found = _NO_FILL.search(jpeg, position)
    if found is None:
        raise JpegError("a JPEG without its end")
    if found.start() - position > MAX_FILL_BYTES:
        raise JpegCostError(f"it has more than {MAX_FILL_BYTES} fill bytes in a row")
    return jpeg[found.start()], found.end()
