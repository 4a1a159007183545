"""The parameter sets of H.264 and H.265, whose size is found out before FFmpeg takes memory for it."""

from typing import Final

from services.ingest.decoding.access_unit import DamagedUnitError
from services.ingest.decoding.sequence_sets import MAX_SETS, SequenceSets

HANDLED: Final = (DamagedUnitError,)
MAX_BYTES: Final = 8 * 1024


def read(data: bytes) -> None:
    """The first byte says which codec, and how long a container's description is that stands before the unit."""
    flags = data[0] if data else 0
    length = 2 * (flags >> 1)
    sets = SequenceSets("hevc" if flags & 1 else "h264", data[1 : 1 + length])
    for sizes in (sets.described_sizes(), sets.sizes(data[1 + length :])):
        assert len(sizes) <= 2 * MAX_SETS
        assert all(width >= 0 and height >= 0 for width, height in sizes)
