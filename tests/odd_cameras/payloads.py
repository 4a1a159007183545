"""RTP payloads of a picture, made as RFC 6184, 7798 and 2435 say."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MOST_BYTES: Final = 600
_START, _END = 0x80, 0x40


def payloads_of(codec: str, unit: Sequence[bytes], most: int = MOST_BYTES) -> list[bytes]:
    """Each NAL unit whole or in fragments, or a JPEG's pieces."""
    if codec == "JPEG":
        return jpeg_payloads(unit[0], most)
    return [payload for nal in unit for payload in (fragments(codec, nal, most) if len(nal) > most else [nal])]


def fragments(codec: str, nal: bytes, most: int = MOST_BYTES) -> list[bytes]:
    """FU-A of H.264, FU of H.265."""
    header = 1 if codec == "H264" else 2
    body = nal[header:]
    pieces = [body[at : at + most] for at in range(0, len(body), most)] or [b""]
    made = []
    for place, piece in enumerate(pieces):
        flags = (_START if place == 0 else 0) | (_END if place == len(pieces) - 1 else 0)
        if codec == "H264":
            made.append(bytes([nal[0] & 0xE0 | 28, flags | nal[0] & 31]) + piece)
        else:
            made.append(bytes([nal[0] & 0x81 | 49 << 1, nal[1], flags | nal[0] >> 1 & 63]) + piece)
    return made


@dataclass(frozen=True, slots=True)
class JpegParts:
    tables: bytes
    width: int
    height: int
    kind: int
    restart_interval: int
    scan: bytes


def jpeg_parts(jpeg: bytes) -> JpegParts:
    """Of a baseline JPEG."""
    at, tables, interval = 2, b"", 0
    width = height = kind = 0
    while True:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        body = jpeg[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == 0xDB:
            tables += b"".join(body[start + 1 : start + 65] for start in range(0, len(body), 65))
        elif marker == 0xC0:
            height, width = struct.unpack("!HH", body[1:5])
            kind = 1 if body[7] == 0x22 else 0
        elif marker == 0xDD:
            interval = int.from_bytes(body, "big")
        elif marker == 0xDA:
            return JpegParts(tables, width, height, kind, interval, jpeg[at:].removesuffix(b"\xff\xd9"))


def jpeg_payloads(jpeg: bytes, most: int = MOST_BYTES) -> list[bytes]:
    """RFC 2435. A side beyond 2040 pixels is sent as 0, for the description to say."""
    parts = jpeg_parts(jpeg)
    sides = [side // 8 if side <= 2040 else 0 for side in (parts.width, parts.height)]
    made = []
    for at in range(0, len(parts.scan), most):
        head = struct.pack("!IBB2B", at, parts.kind + (64 if parts.restart_interval else 0), 255, *sides)
        if parts.restart_interval:
            head += struct.pack("!HH", parts.restart_interval, 0xFFFF)
        if at == 0:
            head += struct.pack("!HH", 0, len(parts.tables)) + parts.tables
        made.append(head + parts.scan[at : at + most])
    return made
