"""H.264 over RTP (RFC 6184): single NAL units, STAP-A and FU-A, the forms that cameras send. Pure."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from services.ingest.decoding.access_unit import START_CODE, Buffer, DamagedUnitError
from services.ingest.sources.rtp.payload_formats import check_count, units_of_aggregate

_SLICE, _IDR, _SEI, _SPS, _PPS, _DELIMITER = 1, 5, 6, 7, 8, 9
_DESCRIBING: Final = frozenset({_SEI, _SPS, _PPS, _DELIMITER, 13, 15})
_SLICES: Final = frozenset({_SLICE, 2, _IDR})
_STAP_A, _FU_A = 24, 28
_FU_START, _FU_END = 0x80, 0x40
_FIRST_IN_PICTURE: Final = 0x80  # the code of `first_mb_in_slice` = 0 is a single one bit
_RECOVERY_POINT: Final = 6
_INTRA_SLICES: Final = frozenset({2, 4, 7, 9})
_HEADER_BYTES: Final = 2  # of a fragment (FU-A)
_LONGEST_TYPE_ZEROS: Final = 3  # no `slice_type` has a longer code


class H264:
    """The payload format of H.264, without its interleaved mode (`sdp_track.py` refuses that)."""

    codec = "h264"

    def is_picture(self, payload: Buffer) -> bool:
        kind = payload[0] & 31
        if kind == _STAP_A:
            return any(unit[0] & 31 not in _DESCRIBING for unit in _aggregated(payload))
        return kind not in _DESCRIBING

    def continues_picture(self, payload: Buffer) -> bool:
        kind = payload[0] & 31
        if kind == _FU_A and len(payload) > _HEADER_BYTES:
            return not payload[1] & _FU_START or (payload[1] & 31 in _SLICES and not payload[2] & _FIRST_IN_PICTURE)
        return kind in _SLICES and len(payload) > 1 and not payload[1] & _FIRST_IN_PICTURE

    def starts_unit(self, payload: Buffer) -> bool:
        return payload[0] & 31 == _DELIMITER

    def is_key(self, payloads: Sequence[Buffer]) -> bool:
        """IDR pictures. For cameras that send none, also recovery points and intra pictures after an SPS."""
        has_parameters = False
        for kind, body in _heads(payloads):
            if kind == _IDR:
                return True
            if kind in _SLICES:
                return has_parameters and _slice_kind(body) in _INTRA_SLICES
            if kind == _SEI and len(body) > 1 and body[1] == _RECOVERY_POINT:
                return True
            has_parameters |= kind == _SPS
        return False

    def parameter_sets(self, payloads: Sequence[Buffer]) -> bytes:
        sets: list[Buffer] = []
        for payload in payloads:
            kind = payload[0] & 31
            if kind in (_SPS, _PPS):
                sets.append(payload)
            elif kind == _STAP_A:
                sets += [unit for unit in _aggregated(payload) if unit[0] & 31 in (_SPS, _PPS)]
            elif kind not in _DESCRIBING:
                break
        return b"".join(START_CODE + unit for unit in sets)

    def assemble(self, payloads: Sequence[Buffer]) -> bytes:
        parts: list[Buffer] = []
        in_fragment = False
        for payload in payloads:
            check_count(parts)
            kind = payload[0] & 31
            if kind == _FU_A and len(payload) > _HEADER_BYTES:
                if payload[1] & _FU_START:
                    parts += (START_CODE, bytes([payload[0] & 0xE0 | payload[1] & 31]))
                elif not in_fragment:
                    raise DamagedUnitError("a fragment without its beginning")
                in_fragment = not payload[1] & _FU_END
                parts.append(payload[2:])
            elif kind == _STAP_A:
                for unit in units_of_aggregate(payload, 1):
                    parts += (START_CODE, unit)
            elif 0 < kind < _STAP_A:
                parts += (START_CODE, payload)
            else:
                raise DamagedUnitError(f"NAL unit type {kind}, which no camera should send")
        if in_fragment or not parts:
            raise DamagedUnitError("a fragment without its end")
        return b"".join(parts)


def _aggregated(payload: Buffer) -> list[Buffer]:
    with suppress(DamagedUnitError):
        return units_of_aggregate(payload, 1)
    return []


def _heads(payloads: Sequence[Buffer]) -> Iterator[tuple[int, Buffer]]:
    """The type of each NAL unit, and its bytes from its header to the end of the packet."""
    for payload in payloads:
        kind = payload[0] & 31
        if kind == _STAP_A:
            for unit in _aggregated(payload):
                yield unit[0] & 31, unit
        elif kind == _FU_A and len(payload) > 1:
            yield payload[1] & 31, payload[1:]
        else:
            yield kind, payload


def _slice_kind(unit: Buffer) -> int | None:
    """The `slice_type` of a picture's first slice; None for any other slice.

    It is the second Exp-Golomb code, after the single bit that codes a zero (ITU-T H.264, 7.3.3 and 9.1).
    """
    bits = int.from_bytes(bytes(unit[1:3]).ljust(2, b"\0"), "big") << 1 & 0xFFFF
    if len(unit) <= _HEADER_BYTES or not unit[1] & _FIRST_IN_PICTURE:
        return None
    zeros = 16 - bits.bit_length()
    return (bits >> (15 - 2 * zeros)) - 1 if zeros <= _LONGEST_TYPE_ZEROS else None
