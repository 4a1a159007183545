"""The packets in `tests/golden/rtp`, and packets made by hand."""

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from services.ingest.decoding.access_unit import AccessUnit
from services.ingest.decoding.byte_stream import units_in
from services.ingest.decoding.unit_decoder import UnitDecoder
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


def assembled(name: str, packets: Iterable[bytes], *, is_lossless: bool = False) -> tuple[list[AccessUnit], Assembler]:
    """The access units in `packets`, and the assembler that made them."""
    units: list[AccessUnit] = []
    assembler = Assembler(TYPES[name], FORMATS[name](), units.append, is_lossless=is_lossless)
    for packet in packets:
        assembler.take(packet, 0, len(packet))
    return units, assembler


def pictures_of(name: str) -> list[list[bytes]]:
    """The NAL units of the recorded pictures."""
    return [units_in(FORMATS[name]().assemble(unit.payloads)) for unit in assembled(name, recorded(name))[0]]


def packets_of(pictures: Iterable[Iterable[bytes]]) -> list[bytes]:
    """Packets with these payloads, the last of each picture marked."""
    packets: list[bytes] = []
    for number, picture in enumerate(pictures):
        payloads = list(picture)
        for index, payload in enumerate(payloads, 1):
            packets.append(packet(len(packets), number * 3600, payload, marker=index == len(payloads)))
    return packets


def fragments_of(name: str, nal: bytes, size: int = 60) -> list[bytes]:
    """The NAL unit in fragments (FU-A, FU), the last one with the end bit."""
    header = 1 if name == "h264" else 2
    pieces = [nal[at : at + size] for at in range(header, len(nal), size)]
    made = []
    for index, piece in enumerate(pieces):
        flags = 0x80 * (index == 0) | 0x40 * (index == len(pieces) - 1)
        if name == "h264":
            made.append(bytes((nal[0] & 0xE0 | 28, flags | nal[0] & 31)) + piece)
        else:
            made.append(bytes((nal[0] & 0x81 | 49 << 1, nal[1], flags | nal[0] >> 1 & 63)) + piece)
    return made


def shown(name: str, packets: Iterable[bytes], *, sets: bytes = b"", is_lossless: bool = True) -> int:
    """How many pictures are shown, each counted once; all of them must decode."""
    decoder = UnitDecoder(FORMATS[name](), sets)
    times: set[int] = set()

    def show(unit: AccessUnit) -> None:
        decoder.pending.put(unit)
        if decoder.newest() is not None:
            times.add(unit.timestamp)

    assembler = Assembler(TYPES[name], FORMATS[name](), show, is_lossless=is_lossless)
    for data in packets:
        assembler.take(data, 0, len(data))
    assert decoder.damage is None
    return len(times)


def packet(  # noqa: PLR0913 the fields of an RTP header
    sequence: int, timestamp: int, payload: bytes, *, marker: bool = False, kind: int = 96, sender: int = 7
) -> bytes:
    return struct.pack("!BBHII", 0x80, kind | marker << 7, sequence % 65536, timestamp, sender) + payload


def sequence_of(data: bytes) -> int:
    return int.from_bytes(data[2:4], "big")


def has_marker(data: bytes) -> bool:
    return bool(data[1] & 0x80)


def without_marker(data: bytes) -> bytes:
    return data[:1] + bytes([data[1] & 0x7F]) + data[2:]
