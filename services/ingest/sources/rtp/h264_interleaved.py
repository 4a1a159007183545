"""H.264 over RTP in its interleaved mode (RFC 6184, packetization-mode=2): STAP-B, MTAP16, MTAP24 and FU-B. Pure.

Packets of the other modes are read there, too, and go where they came.
"""

from collections.abc import Iterator
from typing import Final

from services.ingest.decoding.access_unit import Buffer, DamagedUnitError
from services.ingest.sources.rtp.decoding_order import NUMBERS, Piece
from services.ingest.sources.rtp.h264 import H264
from services.ingest.sources.rtp.payload_formats import units_of_aggregate

_STAP_A, _STAP_B, _FU_A, _FU_B = 24, 25, 28, 29
_OFFSET_BYTES: Final = {26: 2, 27: 3}
"""Of a time stamp's offset, by the kind of MTAP."""
_NUMBER_BYTES: Final = 2
_FU_B_HEAD_BYTES: Final = 4
_TIMES: Final = 1 << 32


class InterleavedH264(H264):
    """`depth` is the description's `sprop-interleaving-depth`."""

    def __init__(self, depth: int) -> None:
        self.depth = depth

    def pieces_of(self, payload: Buffer, timestamp: int) -> Iterator[Piece]:
        kind = payload[0] & 31
        if kind == _STAP_B:
            number = _number_at(payload, 1)
            for index, unit in enumerate(units_of_aggregate(payload, 1 + _NUMBER_BYTES)):
                yield self._piece(unit, timestamp, number + index)
        elif kind in _OFFSET_BYTES:
            yield from self._pieces_of_mtap(payload, timestamp, _OFFSET_BYTES[kind])
        elif kind == _STAP_A:
            for unit in units_of_aggregate(payload, 1):
                yield self._piece(unit, timestamp, None)
        elif kind == _FU_B and len(payload) >= _FU_B_HEAD_BYTES:
            plain = bytes((payload[0] & 0xE0 | _FU_A, payload[1])) + bytes(payload[_FU_B_HEAD_BYTES:])
            yield self._piece(plain, timestamp, _number_at(payload, 2))
        else:
            yield self._piece(payload, timestamp, None)

    def _pieces_of_mtap(self, payload: Buffer, timestamp: int, offset_bytes: int) -> Iterator[Piece]:
        """Each NAL unit behind its length, the distance of its number, and that of its time stamp."""
        base, at = _number_at(payload, 1), 1 + _NUMBER_BYTES
        while at + 3 + offset_bytes < len(payload):
            begin = at + 3 + offset_bytes
            end = begin + int.from_bytes(payload[at : at + 2], "big")
            if end > len(payload):
                raise DamagedUnitError("an aggregation packet is shorter than it says")
            offset = int.from_bytes(payload[at + 3 : begin], "big")
            if end > begin:
                yield self._piece(payload[begin:end], (timestamp + offset) % _TIMES, base + payload[at + 2])
            at = end

    def _piece(self, payload: Buffer, timestamp: int, number: int | None) -> Piece:
        return Piece(payload, timestamp, None if number is None else number % NUMBERS, self.slice_in(payload) >= 0)


def _number_at(payload: Buffer, at: int) -> int:
    return int.from_bytes(payload[at : at + _NUMBER_BYTES], "big")
