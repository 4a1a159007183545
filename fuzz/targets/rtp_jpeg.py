"""JPEG over RTP: headers that are put back, and the camera's own ones in a header extension."""

from functools import partial
from typing import Final

from fuzz.pieces import records_in
from fuzz.rtp_packets import read_packets
from services.ingest.sources.rtp.rtp_jpeg import RtpJpeg

HANDLED: Final = ()
MAX_BYTES: Final = 8 * 1024
_LARGE: Final = 4


def read(data: bytes) -> None:
    """The first byte says over which transport, and whether the description tells a large size; then come packets."""
    flags = data[0] if data else 0
    make = partial(RtpJpeg, (2560, 1920) if flags & _LARGE else (0, 0))
    read_packets(make, flags, records_in(data[1:]))
