"""Payloads whose NAL units carry decoding order numbers, put together into access units. Pure.

H.264 has such numbers in its interleaved mode (RFC 6184), H.265 where the description announces them (RFC 7798). The
codecs' modules turn each packet into pieces of the plain kinds; here those are put in order.
"""

from collections.abc import Callable, Iterable
from typing import Final, Protocol, runtime_checkable

from services.ingest.decoding.access_unit import AccessUnit, Buffer, DamagedUnitError
from services.ingest.sources.rtp.decoding_order import DecodingOrder, Piece
from services.ingest.sources.rtp.unit_builder import UnitBuilder, UnitShape


@runtime_checkable
class NumberedShape(UnitShape, Protocol):
    """A codec's shape where its NAL units carry numbers. `depth` as of `DecodingOrder`."""

    depth: int

    def pieces_of(self, payload: Buffer, timestamp: int) -> Iterable[Piece]:
        """The packet's NAL units, or its fragment of one.

        Raises:
            DamagedUnitError: when the packet is shorter than it says.
        """


class NumberedUnitBuilder(UnitBuilder):
    """As `UnitBuilder`, for packets whose NAL units carry numbers.

    Where they may arrive out of order, a marker says nothing: the last packet of a picture need not be its end.
    """

    def __init__(self, shape: NumberedShape, on_unit: Callable[[AccessUnit], None]) -> None:
        super().__init__(shape, on_unit)
        self._pieces_of: Final = shape.pieces_of
        self._has_order = not shape.depth
        self._order = DecodingOrder(shape.depth)
        self._newest_packet: tuple[Buffer, int] = b"", -1

    def add(self, payload: Buffer, timestamp: int, marker: int) -> None:
        self._newest_packet = payload, timestamp
        try:
            pieces = list(self._pieces_of(payload, timestamp))
        except DamagedUnitError:
            self.cut()
            return
        for index, piece in enumerate(pieces, 1):
            is_end = self._has_order and index == len(pieces)
            for ready in self._order.put(piece):
                super().add(ready.payload, ready.timestamp, marker if is_end else 0)

    def repeats(self, payload: Buffer, timestamp: int) -> bool:
        return self._newest_packet == (payload, timestamp)

    def cut(self) -> None:
        self._pass_on_all()
        super().cut()

    def drop(self) -> None:
        self._order.flush()
        super().drop()

    def _pass_on_all(self) -> None:
        for ready in self._order.flush():
            super().add(ready.payload, ready.timestamp, 0)


def unit_builder(shape: UnitShape, on_unit: Callable[[AccessUnit], None]) -> UnitBuilder:
    """The builder that the shape needs."""
    return NumberedUnitBuilder(shape, on_unit) if isinstance(shape, NumberedShape) else UnitBuilder(shape, on_unit)
