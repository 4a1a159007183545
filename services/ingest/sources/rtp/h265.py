"""H.265 over RTP (RFC 7798): single NAL units, aggregation and fragmentation packets, without DONL. Pure."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from services.ingest.decoding.access_unit import START_CODE, Buffer, DamagedUnitError
from services.ingest.sources.rtp.payload_formats import check_count, units_of_aggregate

_FIRST_SLICE_TYPE, _LAST_SLICE_TYPE = 0, 31
_IRAP: Final = range(16, 24)
_VPS, _SPS, _PPS, _DELIMITER, _PREFIX_SEI = 32, 33, 34, 35, 39
_SETS: Final = frozenset({_VPS, _SPS, _PPS})
_DESCRIBING: Final = _SETS | {_DELIMITER, _PREFIX_SEI}
_AGGREGATE, _FRAGMENT, _PACI = 48, 49, 50
_FU_START, _FU_END = 0x80, 0x40
_FIRST_IN_PICTURE: Final = 0x80
_HEADER_BYTES: Final = 2


class H265:
    """The payload format of H.265, without reordering (`sdp_track.py` refuses that)."""

    codec = "hevc"

    def is_picture(self, payload: Buffer) -> bool:
        kind = _kind(payload)
        if kind == _AGGREGATE:
            return any(_kind(unit) not in _DESCRIBING for unit in _aggregated(payload))
        return kind not in _DESCRIBING

    def continues_picture(self, payload: Buffer) -> bool:
        kind = _kind(payload)
        if kind == _FRAGMENT and len(payload) > _HEADER_BYTES + 1:
            begins = payload[2] & _FU_START
            return not begins or (payload[2] & 63 <= _LAST_SLICE_TYPE and not payload[3] & _FIRST_IN_PICTURE)
        return kind <= _LAST_SLICE_TYPE and len(payload) > _HEADER_BYTES and not payload[2] & _FIRST_IN_PICTURE

    def starts_unit(self, payload: Buffer) -> bool:
        return _kind(payload) == _DELIMITER

    def is_key(self, payloads: Sequence[Buffer]) -> bool:
        for kind in _kinds(payloads):
            if kind <= _LAST_SLICE_TYPE:
                return kind in _IRAP
        return False

    def parameter_sets(self, payloads: Sequence[Buffer]) -> bytes:
        sets: list[Buffer] = []
        for payload in payloads:
            kind = _kind(payload)
            if kind in _SETS:
                sets.append(payload)
            elif kind == _AGGREGATE:
                sets += [unit for unit in _aggregated(payload) if _kind(unit) in _SETS]
            elif kind not in _DESCRIBING:
                break
        return b"".join(START_CODE + unit for unit in sets)

    def assemble(self, payloads: Sequence[Buffer]) -> bytes:
        parts: list[Buffer] = []
        in_fragment = False
        for payload in payloads:
            check_count(parts)
            kind = _kind(payload)
            if kind == _FRAGMENT and len(payload) > _HEADER_BYTES + 1:
                if payload[2] & _FU_START:
                    parts += (START_CODE, bytes([payload[0] & 0x81 | (payload[2] & 63) << 1, payload[1]]))
                elif not in_fragment:
                    raise DamagedUnitError("a fragment without its beginning")
                in_fragment = not payload[2] & _FU_END
                parts.append(payload[3:])
            elif kind == _AGGREGATE:
                for unit in units_of_aggregate(payload, _HEADER_BYTES):
                    parts += (START_CODE, unit)
            elif kind < _AGGREGATE:
                parts += (START_CODE, payload)
            else:
                raise DamagedUnitError(f"NAL unit type {kind}, which no camera should send")
        if in_fragment or not parts:
            raise DamagedUnitError("a fragment without its end")
        return b"".join(parts)


def _kind(payload: Buffer) -> int:
    return payload[0] >> 1 & 63


def _aggregated(payload: Buffer) -> list[Buffer]:
    with suppress(DamagedUnitError):
        return units_of_aggregate(payload, _HEADER_BYTES)
    return []


def _kinds(payloads: Sequence[Buffer]) -> Iterator[int]:
    """The type of each NAL unit."""
    for payload in payloads:
        kind = _kind(payload)
        if kind == _AGGREGATE:
            yield from map(_kind, _aggregated(payload))
        elif kind == _FRAGMENT and len(payload) > _HEADER_BYTES:
            yield payload[2] & 63
        else:
            yield kind
