"""What the payloads of an access unit hold, for one kind of stream: the seam between RTP and the codecs."""

from collections.abc import Sequence
from typing import Final, Protocol

from services.ingest.sources.rtsp.rtp import Buffer, UnitShape

START_CODE: Final = b"\0\0\0\1"


class DamagedUnitError(Exception):
    """Raised when payloads make no access unit. Drop it."""


class UnitFormat(Protocol):
    """What must be known of access units to keep the right ones and decode them."""

    codec: str
    """In lower case, as `SourceFacts` has it."""

    def is_key(self, payloads: Sequence[Buffer]) -> bool:
        """Whether decoding can begin here. Looks at no more than it must."""

    def parameter_sets(self, payloads: Sequence[Buffer]) -> bytes:
        """What a decoder must have been told before, as far as it is in here; empty if nothing is."""

    def assemble(self, payloads: Sequence[Buffer]) -> bytes:
        """The access unit as a decoder takes it.

        Raises:
            DamagedUnitError: when the payloads make none.
        """


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
