"""What H.264 and H.265 over RTP share: NAL units alone in a packet, several in one, and one in fragments. Pure.

Cameras put whole byte streams where the RFCs want one NAL unit: parameter sets and a key frame with start codes between
them. A decoder takes that as it is, so only the search for the first slice has to look for start codes.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import ClassVar, Final

from services.ingest.decoding.access_unit import START_CODE, Buffer, DamagedUnitError
from services.ingest.decoding.byte_stream import SHORT_START_CODE, has_start_code, units_in, with_sets
from services.ingest.sources.rtp.payload_formats import check_count, units_of_aggregate
from services.ingest.sources.rtp.unit_builder import Place

_FU_START: Final = 0x80
_FIRST_IN_PICTURE: Final = 0x80  # the first bit of both codecs' slice headers, after the NAL unit's own header
_NO_KINDS: Final[frozenset[int]] = frozenset()


class NalFormat:
    """One codec's numbers. The end bit of a fragment is not believed: what counts is that the next NAL unit begins."""

    codec: str
    header_bytes: ClassVar[int]
    """Of a NAL unit. A fragment has one byte more, with the real NAL unit's kind in `inner_mask`."""
    inner_mask: ClassVar[int]
    aggregate: ClassVar[int]
    fragment: ClassVar[int]
    plain: ClassVar[frozenset[int]]
    """Kinds of NAL units, rather than of ways to pack them."""
    slices: ClassVar[frozenset[int]]
    later_slices: ClassVar[frozenset[int]] = _NO_KINDS
    """Pieces of a picture that are never its first."""
    sets: ClassVar[frozenset[int]]
    openings: ClassVar[frozenset[int]]
    """Kinds that are the first of their access unit."""
    describing: ClassVar[frozenset[int]]
    """All kinds that come before a picture's first slice, `sets` and `openings` included."""
    undecodable: ClassVar[dict[int, str]] = {}
    """Kinds that make a picture undecodable, each with the reason."""

    def kind_of(self, unit: Buffer) -> int:
        """The kind of a NAL unit, from its header."""
        raise NotImplementedError

    def unfragmented_header(self, payload: Buffer) -> bytes:
        """The header of the NAL unit that this fragment begins."""
        raise NotImplementedError

    def extension_payload(self, _extension: Buffer) -> Buffer:
        return b""

    def place_of(self, payload: Buffer) -> Place:
        size = self.header_bytes
        kind = self.kind_of(payload)
        if kind in self.slices and (payload[0] or not begins_with_start_code(payload)):
            return _slice_place(payload, size)
        if kind in self.later_slices:
            return Place.LATER
        if kind == self.fragment and len(payload) > size:
            begins = payload[size] & _FU_START
            inner = payload[size] & self.inner_mask
            if inner in self.later_slices or (inner in self.slices and not begins):
                return Place.LATER
            if inner in self.slices:
                # Of a first fragment without any data nothing more is known.
                return _slice_place(payload, size + 1) if len(payload) > size + 1 else Place.FIRST
            if not begins:
                place = self._place_in(units_in(bytes(payload[size + 1 :]).partition(SHORT_START_CODE)[2]))
                return Place.SAME if place in (Place.NOWHERE, Place.BEFORE) else place
        return self._place_in(self._units_of(payload))

    def starts_unit(self, payload: Buffer) -> bool:
        units = self._units_of(payload)
        return bool(units) and self.kind_of(units[0]) in self.openings

    def parameter_sets(self, payloads: Sequence[Buffer], known: bytes = b"") -> bytes:
        sets = [unit for kind, unit in self.heads(payloads) if kind in self.sets]
        return with_sets(known, sets, self.kind_of) if sets else known

    def heads(self, payloads: Sequence[Buffer]) -> Iterator[tuple[int, Buffer]]:
        """The kind of each NAL unit up to the first slice, and its bytes to the end of the packet at least."""
        fragments: list[Buffer] = []
        for payload in payloads:
            if fragments and self._is_later_fragment(payload):
                fragments.append(payload[self.header_bytes + 1 :])
                continue
            found = self._joined(fragments)
            fragments = []
            if (whole := self._slice_in(payload)) is not None:
                found.append(whole)
            elif self._is_first_fragment(payload):
                fragments = [self.unfragmented_header(payload), payload[self.header_bytes + 1 :]]
            else:
                found += [(self.kind_of(unit), unit) for unit in self._units_of(payload)]
            for kind, unit in found:
                yield kind, unit
                if kind in self.slices:
                    return
        yield from self._joined(fragments)

    def assemble(self, payloads: Sequence[Buffer]) -> bytes:
        """The access unit as a byte stream. Packets of kinds that are no NAL unit are left out.

        Raises:
            DamagedUnitError: when the beginning of a fragment is missing, or nothing is left.
        """
        parts: list[Buffer] = []
        in_fragment = False
        size, undecodable = self.header_bytes, self.undecodable
        kind = None
        for payload in payloads:
            check_count(parts)
            kind = self.kind_of(payload)
            if kind == self.fragment:
                if len(payload) <= size:
                    continue
                if payload[size] & _FU_START:
                    kind = payload[size] & self.inner_mask
                    parts += (START_CODE, self.unfragmented_header(payload))
                    in_fragment = True
                elif not in_fragment:
                    raise DamagedUnitError("a fragment without its beginning")
                parts.append(payload[size + 1 :])
            elif kind == self.aggregate:
                in_fragment = False
                for unit in units_of_aggregate(payload, size):
                    parts += (START_CODE, unit)
            elif kind in self.plain or begins_with_start_code(payload):
                in_fragment = False
                parts += (START_CODE, payload)
            if kind in undecodable:
                raise DamagedUnitError(undecodable[kind])
        if not parts:
            raise DamagedUnitError(f"nothing but NAL units of type {kind}, which no camera should send")
        return b"".join(parts)

    def _place_in(self, units: Sequence[Buffer]) -> Place:
        """Where a payload with these NAL units belongs."""
        place = Place.NOWHERE
        for unit in units:
            kind = self.kind_of(unit)
            if kind in self.slices:
                return _slice_place(unit, self.header_bytes)
            if kind in self.describing:
                place = Place.BEFORE
        return place

    def _units_of(self, payload: Buffer) -> Sequence[Buffer]:
        """The NAL units in one payload, as far as it goes; those between start codes too."""
        kind, size = self.kind_of(payload), self.header_bytes
        if kind == self.aggregate:
            with suppress(DamagedUnitError):
                units = units_of_aggregate(payload, size)
                return [part for unit in units for part in units_in(unit)] if has_start_code(payload) else units
            return []
        if kind == self.fragment:
            if len(payload) <= size + 1 or not payload[size] & _FU_START:
                return []
            return units_in(self.unfragmented_header(payload) + bytes(payload[size + 1 :]))
        return units_in(payload) if has_start_code(payload) else [payload]

    def _slice_in(self, payload: Buffer) -> tuple[int, Buffer] | None:
        """The kind of the slice, or piece of one, that is all there is in a payload, and the piece."""
        kind = self.kind_of(payload)
        if kind in self.slices and (payload[0] or not begins_with_start_code(payload)):
            return kind, payload
        if kind == self.fragment and len(payload) > self.header_bytes:
            inner = payload[self.header_bytes] & self.inner_mask
            return (inner, payload[self.header_bytes :]) if inner in self.slices else None
        return None

    def _is_first_fragment(self, payload: Buffer) -> bool:
        size = self.header_bytes
        return self.kind_of(payload) == self.fragment and len(payload) > size and bool(payload[size] & _FU_START)

    def _is_later_fragment(self, payload: Buffer) -> bool:
        return self.kind_of(payload) == self.fragment and not self._is_first_fragment(payload)

    def _joined(self, fragments: list[Buffer]) -> list[tuple[int, Buffer]]:
        return [(self.kind_of(unit), unit) for unit in units_in(b"".join(fragments))] if fragments else []


def begins_with_start_code(payload: Buffer) -> bool:
    return bytes(payload[:3]) == SHORT_START_CODE or bytes(payload[:4]) == START_CODE


def _slice_place(unit: Buffer, header_bytes: int) -> Place:
    if len(unit) <= header_bytes:
        return Place.NOWHERE
    return Place.FIRST if unit[header_bytes] & _FIRST_IN_PICTURE else Place.LATER
