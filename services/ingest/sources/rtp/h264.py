"""H.264 over RTP (RFC 6184): single NAL units, STAP-A and FU-A, the forms that cameras send. Pure."""

from collections.abc import Iterable
from typing import Final

from services.ingest.decoding.access_unit import Buffer
from services.ingest.sources.rtp.nal_units import FU_START, NalFormat
from services.ingest.sources.rtp.sei import has_recovery_point

_SLICE, _PARTITION, _IDR, _SEI, _SPS, _PPS, _DELIMITER = 1, 2, 5, 6, 7, 8, 9
_STAP_A, _FU_A = 24, 28
_SLICES: Final = frozenset({_SLICE, _PARTITION, _IDR})
_INTRA_SLICES: Final = frozenset({2, 4, 7, 9})
_FIRST_IN_PICTURE: Final = 0x80  # the code of `first_mb_in_slice` = 0 is a single one bit
_HEADER_BYTES: Final = 2  # of a NAL unit and the beginning of its slice
_LONGEST_TYPE_ZEROS: Final = 3  # no `slice_type` has a longer code


class H264(NalFormat):
    """The payload format of H.264. Its interleaved mode is in `h264_interleaved.py`."""

    codec = "h264"
    header_bytes = 1
    inner_mask = 31
    aggregate = _STAP_A
    fragment = _FU_A
    plain = frozenset(range(1, _STAP_A))
    slices = _SLICES
    key_slices = frozenset({_IDR})
    delimiter = _DELIMITER
    sets = frozenset({_SPS, _PPS})
    openings = frozenset({_DELIMITER, _SPS})
    describing = frozenset({_SEI, _SPS, _PPS, _DELIMITER, 13, 15})
    undecodable = {_PARTITION: "H.264 with data partitioning, which FFmpeg can't decode"}  # noqa: RUF012

    def kind_of(self, unit: Buffer) -> int:
        return unit[0] & 31

    def slice_in(self, payload: Buffer) -> int:
        kind = payload[0] & 31
        if kind == _FU_A and len(payload) > 1:
            kind = payload[1] & 31
        return kind if kind in _SLICES else -1

    def slice_at(self, payload: Buffer) -> int:
        kind = payload[0] & 31
        if kind == _FU_A and len(payload) > 1:
            if payload[1] & 31 not in _SLICES:
                return -1
            return 2 if payload[1] & FU_START else 0
        return 1 if kind in _SLICES else -1

    def unfragmented_header(self, payload: Buffer) -> bytes:
        return bytes((payload[0] & 0xE0 | payload[1] & 31,))

    def is_key(self, heads: Iterable[tuple[int, Buffer]]) -> bool:
        """IDR pictures. For cameras that send none, also recovery points and intra pictures after an SPS."""
        has_parameters = False
        for kind, unit in heads:
            if kind == _IDR:
                return True
            if kind in self.slices:
                return has_parameters and _slice_kind(unit) in _INTRA_SLICES
            if kind == _SEI and has_recovery_point(unit[1:]):
                return True
            has_parameters |= kind == _SPS
        return False


def _slice_kind(unit: Buffer) -> int | None:
    """The `slice_type` of a picture's first slice; None for any other slice.

    It is the second Exp-Golomb code, after the single bit that codes a zero (ITU-T H.264, 7.3.3 and 9.1).
    """
    bits = int.from_bytes(bytes(unit[1:3]).ljust(2, b"\0"), "big") << 1 & 0xFFFF
    if len(unit) <= _HEADER_BYTES or not unit[1] & _FIRST_IN_PICTURE:
        return None
    zeros = 16 - bits.bit_length()
    return (bits >> (15 - 2 * zeros)) - 1 if zeros <= _LONGEST_TYPE_ZEROS else None
