"""One RTP packet (RFC 3550): its header's fields and its payload. Pure."""

import struct
from typing import Final

from services.ingest.decoding.access_unit import Buffer

HEADER_BYTES: Final = 12
MARKER, PAYLOAD_TYPE = 0x80, 0x7F
"""The two fields of a packet's second byte."""
FIELDS: Final = struct.Struct("!HII")
"""From a packet's third byte on: sequence number, time stamp, sender."""
SEQUENCES: Final = 1 << 16
BEHIND: Final = 1 << 15
"""A sequence number this far ahead, modulo `SEQUENCES`, is really one of the past."""
LATE_BEFORE_RESTART: Final = 32
"""After this many packets in a row that seem long past, the camera must have begun to count anew."""
_PLAIN: Final = 0x80  # version 2, no padding, no extension, no contributing sources
_VERSION, _PADDING, _EXTENSION, _SOURCES = 0xC0, 0x20, 0x10, 0x0F


def payload_of(data: Buffer, start: int, end: int) -> Buffer | None:
    """The payload of the packet at `data[start:end]`; None if that is no RTP packet."""
    if end - start < HEADER_BYTES:
        return None
    first = data[start]
    if first == _PLAIN:
        return data[start + HEADER_BYTES : end]
    if first & _VERSION != _PLAIN:
        return None
    begin = start + HEADER_BYTES + 4 * (first & _SOURCES)
    if first & _EXTENSION:
        if begin + 4 > end:
            return None
        begin += 4 + 4 * int.from_bytes(data[begin + 2 : begin + 4], "big")
    if first & _PADDING:
        end -= data[end - 1]
    return data[begin:end] if begin <= end else None
