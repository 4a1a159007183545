"""H.265 over RTP: single NAL units, aggregates and fragments, with numbers of their own and without."""

from functools import partial
from typing import Final

from fuzz.pieces import records_in
from fuzz.rtp_packets import read_packets
from services.ingest.sources.rtp.h265 import H265
from services.ingest.sources.rtp.h265_numbered import NumberedH265

HANDLED: Final = ()
MAX_BYTES: Final = 8 * 1024
_NUMBERED: Final = 4


def read(data: bytes) -> None:
    """The first byte says over which transport, and whether the NAL units have numbers; then come packets."""
    flags = data[0] if data else 0
    numbered = partial(NumberedH265, flags >> 4)
    make = numbered if flags & _NUMBERED else H265
    read_packets(make, flags, records_in(data[1:]))
