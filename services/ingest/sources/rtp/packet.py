"""One RTP packet (RFC 3550): its header's fields, its payload and its header extension. Pure."""

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
PLAIN: Final = 0x80
"""The first byte of most packets: version 2, no padding, no extension, no contributing sources."""
EXTENSION: Final = 0x10
_VERSION, _PADDING, _SOURCES = 0xC0, 0x20, 0x0F


def payload_of(data: Buffer, start: int, end: int) -> Buffer | None:
    """The payload of the packet at `data[start:end]`; None if that is no RTP packet.

    A padding that is longer than the payload is none: some cameras set its bit on all packets.
    """
    if end - start < HEADER_BYTES:
        return None
    first = data[start]
    if first & _VERSION != PLAIN:
        return None
    begin = start + HEADER_BYTES + 4 * (first & _SOURCES)
    if first & EXTENSION:
        if begin + 4 > end:
            return None
        begin += 4 + 4 * int.from_bytes(data[begin + 2 : begin + 4], "big")
    if begin > end:
        return None
    if first & _PADDING and begin + data[end - 1] <= end:
        end -= data[end - 1]
    return data[begin:end]


def extension_of(data: Buffer, start: int) -> Buffer:
    """The header extension of a packet that has one and a payload: two bytes that name it, its length, its words."""
    begin = start + HEADER_BYTES + 4 * (data[start] & _SOURCES)
    return data[begin : begin + 4 + 4 * int.from_bytes(data[begin + 2 : begin + 4], "big")]
