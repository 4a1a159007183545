"""How many scans a JPEG has, told without decoding it. Pure."""

from typing import Final

MAX_SCANS: Final = 64
"""Encoders make some ten. Each takes as long as a whole picture, and thousands are legal."""
_START_OF_SCAN: Final = b"\xff\xda"


def has_too_many_scans(jpeg: bytes) -> bool:
    """Whether there may be more than `MAX_SCANS`.

    Every scan begins with this marker. Within coded data FF is followed by 00 or a restart marker, so the marker stands
    elsewhere only by chance in metadata: a JPEG is never taken to have fewer scans than it has.
    """
    return jpeg.count(_START_OF_SCAN) > MAX_SCANS
