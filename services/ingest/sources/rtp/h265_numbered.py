"""H.265 over RTP where NAL units carry decoding order numbers (RFC 7798: DONL and DOND). Pure."""

from collections.abc import Iterator
from typing import Final

from services.ingest.decoding.access_unit import Buffer, DamagedUnitError
from services.ingest.sources.rtp.decoding_order import NUMBERS, Piece
from services.ingest.sources.rtp.h265 import H265
from services.ingest.sources.rtp.nal_units import FU_START

_HEADER_BYTES: Final = 2
_NUMBER_BYTES: Final = 2
_FRAGMENT_HEAD_BYTES: Final = 3


class NumberedH265(H265):
    """`depth` is the description's `sprop-depack-buf-nalus`."""

    def __init__(self, depth: int) -> None:
        self.depth = depth

    def pieces_of(self, payload: Buffer, timestamp: int) -> Iterator[Piece]:
        kind = self.kind_of(payload)
        if kind == self.aggregate:
            yield from self._pieces_of_aggregate(payload, timestamp)
        elif kind == self.fragment and len(payload) >= _FRAGMENT_HEAD_BYTES:
            if payload[_HEADER_BYTES] & FU_START:
                yield self._without_number(payload, timestamp, _FRAGMENT_HEAD_BYTES)
            else:
                yield Piece(payload, timestamp)
        elif kind in self.plain:
            yield self._without_number(payload, timestamp, _HEADER_BYTES)

    def _pieces_of_aggregate(self, payload: Buffer, timestamp: int) -> Iterator[Piece]:
        """The first NAL unit has its number before its length, each other one the distance from the one before."""
        number = int.from_bytes(payload[_HEADER_BYTES : _HEADER_BYTES + _NUMBER_BYTES], "big")
        at = _HEADER_BYTES + _NUMBER_BYTES
        while at + 2 < len(payload):
            begin = at + 2
            end = begin + int.from_bytes(payload[at:begin], "big")
            if end > len(payload):
                raise DamagedUnitError("an aggregation packet is shorter than it says")
            if end > begin:
                unit = payload[begin:end]
                yield Piece(unit, timestamp, number % NUMBERS, self.slice_in(unit) >= 0)
            if end < len(payload):
                number += payload[end] + 1
            at = end + 1

    def _without_number(self, payload: Buffer, timestamp: int, at: int) -> Piece:
        """The packet without the number that it has at `at`."""
        end = at + _NUMBER_BYTES
        if end > len(payload):
            raise DamagedUnitError("a packet is too short for its number")
        plain = bytes(payload[:at]) + bytes(payload[end:])
        return Piece(plain, timestamp, int.from_bytes(payload[at:end], "big"), self.slice_in(plain) >= 0)
