"""What RTP must know of a codec: the seam between the assembler and the codecs. Pure."""

from typing import Final, Protocol

from services.ingest.decoding.access_unit import Buffer, DamagedUnitError, UnitFormat
from services.ingest.sources.rtp.unit_builder import UnitShape

MAX_PARTS: Final = 65_536
"""NAL units, fragments and start codes of one access unit. One of 16 MiB in fragments of 1 KiB has a quarter of them.
An aggregation packet may hold a NAL unit in each three bytes."""


class PayloadFormat(UnitFormat, UnitShape, Protocol):
    """How one codec is carried over RTP. It may remember what a camera sends only once for all later units."""


def units_of_aggregate(payload: Buffer, start: int) -> list[Buffer]:
    """The NAL units of an aggregation packet whose first length is at `start`. Empty ones are left out.

    Raises:
        DamagedUnitError: when a length points beyond the packet.
    """
    units: list[Buffer] = []
    while start + 2 < len(payload):
        end = start + 2 + int.from_bytes(payload[start : start + 2], "big")
        if end > len(payload):
            raise DamagedUnitError("an aggregation packet is shorter than it says")
        if end > start + 2:
            units.append(payload[start + 2 : end])
        start = end
    return units
