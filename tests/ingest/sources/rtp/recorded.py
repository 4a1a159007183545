"""The packets in `tests/golden/rtp`, and packets made by hand."""

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from services.ingest.decoding.access_unit import AccessUnit
from services.ingest.sources.rtp.assembler import Assembler
from services.ingest.sources.rtp.h264 import H264
from services.ingest.sources.rtp.h265 import H265
from services.ingest.sources.rtp.payload_formats import PayloadFormat
from services.ingest.sources.rtp.rtp_jpeg import RtpJpeg

GOLDEN: Final = Path(__file__).parents[3] / "golden" / "rtp"
FORMATS: Final[dict[str, type[PayloadFormat]]] = {"h264": H264, "h265": H265, "jpeg": RtpJpeg}
TYPES: Final = {"h264": 96, "h265": 96, "jpeg": 26}


def recorded(name: str) -> list[bytes]:
    """The packets of 12 pictures of 64 x 48; with H.264 and H.265 the first and the seventh are key frames."""
    data = (GOLDEN / f"{name}.bin").read_bytes()
    packets = []
    while data:
        end = 2 + int.from_bytes(data[:2], "big")
        packets.append(data[2:end])
        data = data[end:]
    return packets


def assembled(name: str, packets: Iterable[bytes]) -> tuple[list[AccessUnit], Assembler]:
    """The access units in `packets`, and the assembler that made them."""
    units: list[AccessUnit] = []
    assembler = Assembler(TYPES[name], FORMATS[name](), units.append)
    for packet in packets:
        assembler.take(packet, 0, len(packet))
    return units, assembler


def packet(sequence: int, timestamp: int, payload: bytes, *, marker: bool = False, kind: int = 96) -> bytes:
    return struct.pack("!BBHII", 0x80, kind | marker << 7, sequence % 65536, timestamp, 7) + payload


def sequence_of(data: bytes) -> int:
    return int.from_bytes(data[2:4], "big")


def has_marker(data: bytes) -> bool:
    return bool(data[1] & 0x80)


def without_marker(data: bytes) -> bytes:
    return data[:1] + bytes([data[1] & 0x7F]) + data[2:]
