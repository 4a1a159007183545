"""What the payloads of an access unit hold, for one kind of stream: the seam between RTP and the codecs."""

from typing import Protocol

from services.ingest.decoding.access_unit import Buffer, DamagedUnitError, UnitFormat
from services.ingest.sources.rtsp.rtp import UnitShape


class PayloadFormat(UnitFormat, UnitShape, Protocol):
    """One codec's way over RTP. Pure, but for what a camera says once and means for all that follows."""


def units_of_aggregate(payload: Buffer, start: int) -> list[Buffer]:
    """The NAL units of an aggregation packet whose first length is at `start`. Ends where the lengths make no sense."""
    units: list[Buffer] = []
    while start + 2 < len(payload):
        end = start + 2 + int.from_bytes(payload[start : start + 2], "big")
        if end > len(payload) or end == start + 2:
            raise DamagedUnitError("an aggregation packet is shorter than it says")
        units.append(payload[start + 2 : end])
        start = end
    return units
