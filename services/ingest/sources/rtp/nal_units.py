"""What H.264 and H.265 over RTP share: NAL units alone in a packet, several in one, and one in fragments. Pure.

Cameras put whole byte streams where the RFCs want one NAL unit: parameter sets and a key frame with start codes between
them. A decoder takes that as it is, so only the search for the first slice has to look for start codes.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import ClassVar, Final

from services.ingest.decoding.access_unit import START_CODE, Buffer, DamagedUnitError, UnitHead
from services.ingest.decoding.byte_stream import SHORT_START_CODE, has_start_code, units_in, with_sets
from services.ingest.sources.rtp.payload_formats import MAX_PARTS, units_of_aggregate
from services.ingest.sources.rtp.unit_builder import Place

MAX_HEADS: Final = 1024
"""NAL units that are looked at before the first slice. An access unit of one byte each has millions."""
FU_START: Final = 0x80
_FIRST_IN_PICTURE: Final = 0x80  # the first bit of both codecs' slice headers, after the NAL unit's own header


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
    key_slices: ClassVar[frozenset[int]]
    """Those of the `slices` where decoding can begin."""
    delimiter: ClassVar[int]
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

    def slice_in(self, payload: Buffer) -> int:
        """The kind of the slice of which the payload is all or a piece; -1 if it begins with anything else."""
        raise NotImplementedError

    def slice_at(self, payload: Buffer) -> int:
        """Where the slice begins, of which the payload is all or a piece; 0 for a later piece, -1 if it is no slice."""
        raise NotImplementedError

    def is_key(self, heads: Iterable[tuple[int, Buffer]]) -> bool:
        """Whether decoding can begin with a unit that has these heads: see `heads`."""
        return any(kind in self.key_slices for kind, _ in heads)

    def unfragmented_header(self, payload: Buffer) -> bytes:
        """The header of the NAL unit that this fragment begins."""
        raise NotImplementedError

    def extension_payload(self, _extension: Buffer) -> Buffer:
        return b""

    def place_of(self, payload: Buffer) -> Place:
        at = self.slice_at(payload)
        if at > 0:
            if at < len(payload):
                return Place.FIRST if payload[at] & _FIRST_IN_PICTURE else Place.LATER
            # Of a first fragment without any data nothing more is known.
            return Place.FIRST if at > self.header_bytes else Place.NOWHERE
        if at == 0:
            return Place.LATER
        if self._is_bare_delimiter(payload):
            return Place.BEFORE
        if self._is_later_fragment(payload):
            # What began may be a byte stream, in which the picture begins only now.
            data = bytes(payload[self.header_bytes + 1 :])
            place = self._place_in(units_in(data.partition(SHORT_START_CODE)[2]))
            return Place.SAME if place in (Place.NOWHERE, Place.BEFORE) else place
        return self._place_in(self._units_of(payload))

    def starts_unit(self, payload: Buffer) -> bool:
        units = self._units_of(payload)
        return bool(units) and self.kind_of(units[0]) in self.openings

    def head_of(self, payloads: Sequence[Buffer], known: bytes = b"") -> UnitHead:
        for payload in payloads:  # the short way: most units begin with a slice, or with a delimiter before it
            if (kind := self.slice_in(payload)) >= 0:
                return UnitHead(kind in self.key_slices, known)
            if not self._is_bare_delimiter(payload):
                break
        heads = list(islice(self.heads(payloads), MAX_HEADS))
        sets = [unit for kind, unit in heads if kind in self.sets]
        return UnitHead(self.is_key(heads), with_sets(known, sets, self.kind_of) if sets else known)

    def heads(self, payloads: Sequence[Buffer]) -> Iterator[tuple[int, Buffer]]:
        """The kind of each NAL unit up to the first slice, and its bytes to the end of the packet at least."""
        fragments: list[Buffer] = []
        for payload in payloads:
            if fragments and self._is_later_fragment(payload):
                fragments.append(payload[self.header_bytes + 1 :])
                continue
            found = self._joined(fragments) if fragments else []
            fragments = []
            if (kind := self.slice_in(payload)) >= 0:
                found.append(
                    (kind, payload[self.header_bytes :] if self.kind_of(payload) == self.fragment else payload)
                )
            elif self._is_first_fragment(payload):
                fragments = [self.unfragmented_header(payload), payload[self.header_bytes + 1 :]]
            else:
                found += [(self.kind_of(unit), unit) for unit in self._units_of(payload)]
            for kind, unit in found:
                yield kind, unit
                if kind in self.slices:
                    return
        if fragments:
            yield from self._joined(fragments)

    def assemble(self, payloads: Sequence[Buffer]) -> bytes:
        """The access unit as a byte stream. Packets of kinds that are no NAL unit are left out.

        Raises:
            DamagedUnitError: when the beginning of a fragment is missing, or nothing is left.
        """
        parts: list[Buffer] = []
        in_fragment = False
        kind, kind_of, fragment, size = None, self.kind_of, self.fragment, self.header_bytes
        for payload in payloads:
            if len(parts) > MAX_PARTS:
                raise DamagedUnitError("an access unit in too many pieces")
            kind = kind_of(payload)
            if kind == fragment and len(payload) > size:
                if payload[size] & FU_START:
                    self._check_kind(payload[size] & self.inner_mask)
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
                self._check_kind(kind)
                in_fragment = False
                parts += (START_CODE, payload)
        if not parts:
            raise DamagedUnitError(f"nothing but NAL units of type {kind}, which no camera should send")
        return b"".join(parts)

    def _check_kind(self, kind: int) -> None:
        if kind in self.undecodable:
            raise DamagedUnitError(self.undecodable[kind])

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
            if not self._is_first_fragment(payload):
                return []
            return units_in(self.unfragmented_header(payload) + bytes(payload[size + 1 :]))
        return units_in(payload) if has_start_code(payload) else [payload]

    def _is_bare_delimiter(self, payload: Buffer) -> bool:
        """Whether it is an access unit delimiter, too short for a start code and another NAL unit after it."""
        return len(payload) <= self.header_bytes + len(SHORT_START_CODE) and self.kind_of(payload) == self.delimiter

    def _is_first_fragment(self, payload: Buffer) -> bool:
        size = self.header_bytes
        return self.kind_of(payload) == self.fragment and len(payload) > size and bool(payload[size] & FU_START)

    def _is_later_fragment(self, payload: Buffer) -> bool:
        return self.kind_of(payload) == self.fragment and not self._is_first_fragment(payload)

    def _joined(self, fragments: list[Buffer]) -> list[tuple[int, Buffer]]:
        return [(self.kind_of(unit), unit) for unit in units_in(b"".join(fragments))]


def begins_with_start_code(payload: Buffer) -> bool:
    return bytes(payload[:3]) == SHORT_START_CODE or bytes(payload[:4]) == START_CODE


def _slice_place(unit: Buffer, header_bytes: int) -> Place:
    if len(unit) <= header_bytes:
        return Place.NOWHERE
    return Place.FIRST if unit[header_bytes] & _FIRST_IN_PICTURE else Place.LATER
