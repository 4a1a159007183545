"""H.265 over RTP (RFC 7798): single NAL units, aggregation and fragmentation packets, without DONL. Pure."""

from collections.abc import Sequence
from typing import Final

from services.ingest.decoding.access_unit import Buffer
from services.ingest.sources.rtp.nal_units import NalFormat

_IRAP: Final = frozenset(range(16, 24))
_VPS, _SPS, _PPS, _DELIMITER, _PREFIX_SEI = 32, 33, 34, 35, 39
_AGGREGATE, _FRAGMENT = 48, 49


class H265(NalFormat):
    """The payload format of H.265, without reordering (`sdp_track.py` refuses that)."""

    codec = "hevc"
    header_bytes = 2
    inner_mask = 63
    aggregate = _AGGREGATE
    fragment = _FRAGMENT
    plain = frozenset(range(_AGGREGATE))
    slices = frozenset(range(10)) | _IRAP
    sets = frozenset({_VPS, _SPS, _PPS})
    openings = frozenset({_VPS, _SPS, _DELIMITER})
    describing = sets | {_DELIMITER, _PREFIX_SEI}

    def kind_of(self, unit: Buffer) -> int:
        return unit[0] >> 1 & 63

    def unfragmented_header(self, payload: Buffer) -> bytes:
        return bytes((payload[0] & 0x81 | (payload[2] & 63) << 1, payload[1]))

    def is_key(self, payloads: Sequence[Buffer]) -> bool:
        return any(kind in _IRAP for kind, _ in self.heads(payloads))
