"""RTP packets of any codec, from the network to access units. The targets `rtp_…` name the payload formats."""

from collections.abc import Callable, Iterable
from typing import Final

from services.ingest.decoding.access_unit import AccessUnit, DamagedUnitError
from services.ingest.decoding.pending_units import MAX_KEPT_BYTES, PendingUnits
from services.ingest.sources.rtp.assembler import Assembler
from services.ingest.sources.rtp.payload_formats import PayloadFormat
from services.ingest.sources.rtp.reorder_buffer import ReorderBuffer

_LOSSLESS, _REORDERED = 1, 2
_PAYLOAD_TYPE: Final = 96


def read_packets(make_format: Callable[[], PayloadFormat], flags: int, packets: Iterable[bytes]) -> None:
    """All `packets`. Units keep their bounds, and what can't be assembled is damaged and no more.

    `flags`: 1 for packets over TCP, 2 for datagrams that are put into order first.
    """
    payload_format = make_format()
    pending = PendingUnits(payload_format, b"")
    received = 0

    def take_unit(unit: AccessUnit) -> None:
        pending.put(unit)
        assert sum(map(len, unit.payloads)) <= 2 * received
        try:
            whole = payload_format.assemble(unit.payloads)
        except DamagedUnitError:
            return
        assert len(whole) <= 4 * sum(map(len, unit.payloads)) + 4096

    assembler = Assembler(_PAYLOAD_TYPE, payload_format, take_unit, is_lossless=bool(flags & _LOSSLESS))
    reorder = ReorderBuffer(max_packets=8)
    for number, packet in enumerate(packets):
        received += len(packet)
        for ready in reorder.put(packet, float(number)) if flags & _REORDERED else [packet]:
            assembler.take(bytearray(ready), 0, len(ready))
        assert assembler.lost >= 0
        assert assembler.byte_count <= received
    batch = pending.take()
    assert sum(unit.memory_bytes for unit in batch.units) <= MAX_KEPT_BYTES
