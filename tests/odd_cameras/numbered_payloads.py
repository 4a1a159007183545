"""RTP payloads whose NAL units carry decoding order numbers, made as RFC 6184 and 7798 say."""

import struct
from collections.abc import Sequence

from tests.odd_cameras.payloads import MOST_BYTES, fragments

NumberedNal = tuple[int, bytes]
"""A NAL unit behind its number."""


def stap_b(nals: Sequence[bytes], number: int) -> bytes:
    """The first has the number, each other one the next."""
    head = b"\x79" + struct.pack("!H", number & 0xFFFF)
    return head + b"".join(struct.pack("!H", len(nal)) + nal for nal in nals)


def mtap(nals: Sequence[tuple[int, int, bytes]], number: int, offset_bytes: int) -> bytes:
    """MTAP16 or MTAP24. Each NAL unit behind its distance from `number`, and its offset in time."""
    made = bytes([0x60 | 24 + offset_bytes]) + struct.pack("!H", number & 0xFFFF)
    for distance, offset, nal in nals:
        made += struct.pack("!HB", len(nal), distance) + offset.to_bytes(offset_bytes, "big") + nal
    return made


def interleaved(nals: Sequence[NumberedNal], most: int = MOST_BYTES) -> list[bytes]:
    """H.264: each NAL unit in a STAP-B of its own, or in one FU-B and as many FU-A as it takes."""
    made: list[bytes] = []
    for number, nal in nals:
        if len(nal) <= most:
            made.append(stap_b([nal], number))
            continue
        first, *later = fragments("H264", nal, most)
        made.append(bytes([first[0] & 0xE0 | 29, first[1]]) + struct.pack("!H", number & 0xFFFF) + first[2:])
        made += later
    return made


def numbered(nals: Sequence[NumberedNal], most: int = MOST_BYTES) -> list[bytes]:
    """H.265: each NAL unit in a packet of its own, or in fragments of which the first has the number."""
    made: list[bytes] = []
    for number, nal in nals:
        told = struct.pack("!H", number & 0xFFFF)
        if len(nal) <= most:
            made.append(nal[:2] + told + nal[2:])
            continue
        first, *later = fragments("H265", nal, most)
        made += [first[:3] + told + first[3:], *later]
    return made


def numbered_aggregate(nals: Sequence[NumberedNal]) -> bytes:
    """H.265: all in one packet. The numbers must grow, by 256 at most."""
    (before, first), *others = nals
    made = b"\x60\1" + struct.pack("!HH", before & 0xFFFF, len(first)) + first
    for number, nal in others:
        made += struct.pack("!BH", number - before - 1, len(nal)) + nal
        before = number
    return made
