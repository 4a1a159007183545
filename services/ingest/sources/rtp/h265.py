"""H.265 over RTP (RFC 7798): single NAL units, aggregation and fragmentation packets, without DONL. Pure."""

from collections.abc import Iterable
from typing import Final

from services.ingest.decoding.access_unit import Buffer
from services.ingest.sources.rtp.nal_units import FU_START, NalFormat, begins_with_start_code
from services.ingest.sources.rtp.sei import has_recovery_point

_IRAP: Final = frozenset(range(16, 24))
_SLICES: Final = frozenset(range(10)) | _IRAP
_VPS, _SPS, _PPS, _DELIMITER, _PREFIX_SEI = 32, 33, 34, 35, 39
_AGGREGATE, _FRAGMENT = 48, 49
_HEADER_BYTES: Final = 2


class H265(NalFormat):
    """The payload format of H.265. With decoding order numbers it is in `h265_numbered.py`."""

    codec = "hevc"
    header_bytes = _HEADER_BYTES
    inner_mask = 63
    aggregate = _AGGREGATE
    fragment = _FRAGMENT
    plain = frozenset(range(_AGGREGATE))
    slices = _SLICES
    key_slices = _IRAP
    delimiter = _DELIMITER
    sets = frozenset({_VPS, _SPS, _PPS})
    openings = frozenset({_VPS, _SPS, _DELIMITER})
    describing = sets | {_DELIMITER, _PREFIX_SEI}

    def kind_of(self, unit: Buffer) -> int:
        return unit[0] >> 1 & 63

    def slice_in(self, payload: Buffer) -> int:
        kind = payload[0] >> 1 & 63
        if kind == _FRAGMENT and len(payload) > _HEADER_BYTES:
            kind = payload[2] & 63 if payload[1] else -1  # a start code was taken for a header: see `nal_units.py`
        elif not kind and begins_with_start_code(payload):
            return -1
        return kind if kind in _SLICES else -1

    def slice_at(self, payload: Buffer) -> int:
        kind = payload[0] >> 1 & 63
        if kind == _FRAGMENT and len(payload) > _HEADER_BYTES:
            if self.slice_in(payload) < 0:
                return -1
            return 3 if payload[2] & FU_START else 0
        return 2 if kind in _SLICES and (kind or not begins_with_start_code(payload)) else -1

    def is_key(self, heads: Iterable[tuple[int, Buffer]]) -> bool:
        """Random access points. For cameras that send none, also recovery points."""
        for kind, unit in heads:
            if kind in _IRAP or (kind == _PREFIX_SEI and has_recovery_point(unit[_HEADER_BYTES:])):
                return True
            if kind in _SLICES:
                return False
        return False

    def unfragmented_header(self, payload: Buffer) -> bytes:
        return bytes((payload[0] & 0x81 | (payload[2] & 63) << 1, payload[1]))
