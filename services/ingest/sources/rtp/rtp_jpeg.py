"""JPEG over RTP (RFC 2435): puts back the headers that a camera leaves out. Pure.

Types 0 and 1 (4:2:2 and 4:2:0), and 64 and 65, the same with restart markers. Quantisation tables come in-band, or
follow from the quality (RFC 2435, appendix A).

A side of more than 2040 pixels does not fit into the header. Then the size is in the camera's description, or the first
packet's header extension has the JPEG's own headers (ONVIF Streaming Specification, JPEG over RTP).
"""

import struct
from collections.abc import Sequence
from typing import Final

from services.ingest.decoding.access_unit import Buffer, DamagedUnitError, UnitHead
from services.ingest.decoding.jpeg import STANDARD_HUFFMAN_TABLES, STANDARD_QUANTISERS, segment
from services.ingest.sources.rtp.unit_builder import Place

_HEADER_BYTES: Final = 8
_RESTARTS: Final = 64
_TYPES: Final = {0: 0x21, 1: 0x22}  # how the luma is sampled
_MAX_PLAIN_QUALITY: Final = 99
_MIDDLE_QUALITY: Final = 50
_IN_BAND: Final = 128
_START, _END, _FRAME, _TABLES, _RESTART_INTERVAL, _SCAN = 0xD8, 0xD9, 0xC0, 0xDB, 0xDD, 0xDA
_TABLE_BYTES: Final = 64
_WRAP: Final = 2048
"""Some cameras send a longer side modulo this."""
_OWN_HEADERS: Final = bytes([0xFF, _START])
"""Begins the header extension that has the JPEG's own headers. As the beginning of a payload it would be a fragment at
more than 14 MB."""
_REPLAY: Final = bytes([0xAB, 0xAC])
_REPLAY_BYTES: Final = 16
"""ONVIF's extension for recordings, which the other may follow."""


class RtpJpeg:
    """The payload format of JPEG. Keeps the in-band tables of each quality, because a camera need not repeat them.

    `size` is the width and height in the camera's description, in pixels; (0, 0) if there is none.
    """

    codec = "mjpeg"

    def __init__(self, size: tuple[int, int] = (0, 0)) -> None:
        self._tables: dict[int, bytes] = {}
        self._size = size

    def place_of(self, payload: Buffer) -> Place:
        if payload[:2] == _OWN_HEADERS:
            return Place.BEFORE
        if len(payload) <= _HEADER_BYTES:
            return Place.NOWHERE
        return Place.FIRST if payload[1:4] == b"\0\0\0" else Place.LATER

    def starts_unit(self, payload: Buffer) -> bool:
        return payload[1:4] == b"\0\0\0" or payload[:2] == _OWN_HEADERS

    def extension_payload(self, extension: Buffer) -> Buffer:
        if extension[:2] == _REPLAY:
            extension = extension[_REPLAY_BYTES:]
        return extension if extension[:2] == _OWN_HEADERS else b""

    def head_of(self, payloads: Sequence[Buffer], known: bytes = b"") -> UnitHead:
        """Each picture is a key frame, without parameter sets. But a camera may send its quantisation tables once for
        many pictures, and only wanted pictures are assembled. This method sees every picture, so it remembers them."""
        for payload in payloads:
            if payload[:2] != _OWN_HEADERS:
                self._remember_tables(payload)
                break
        return UnitHead(True, known)

    def assemble(self, payloads: Sequence[Buffer]) -> bytes:
        """A whole JPEG.

        Raises:
            DamagedUnitError: when a fragment is missing or out of order, or a header is cut.
        """
        try:
            return self._assemble(payloads)
        except (IndexError, struct.error) as error:
            raise DamagedUnitError("a JPEG's header is cut") from error

    def _assemble(self, payloads: Sequence[Buffer]) -> bytes:
        own = [payload for payload in payloads if payload[:2] == _OWN_HEADERS]
        payloads = [payload for payload in payloads if payload[:2] != _OWN_HEADERS]
        first = payloads[0]
        kind, quality, *blocks = struct.unpack_from("!4B", first, 4)
        width, height = self._real_size((blocks[0] * 8, blocks[1] * 8), own)
        start = _HEADER_BYTES
        restart_interval = 0
        if kind & _RESTARTS:
            (restart_interval,) = struct.unpack_from("!H", first, start)
            start += 4
        if kind & ~_RESTARTS not in _TYPES:
            raise DamagedUnitError(f"JPEG type {kind}, which no camera should send")
        fragment_start = start
        if quality >= _IN_BAND:
            (length,) = struct.unpack_from("!H", first, start + 2)
            if first[start + 1]:
                raise DamagedUnitError("quantisation tables of 16 bits")
            start += 4
            if length not in (0, _TABLE_BYTES, 2 * _TABLE_BYTES):
                raise DamagedUnitError("quantisation tables of an odd length")
            self._remember_tables(first)
            start += length
        scan = bytearray()
        for index, payload in enumerate(payloads):
            if int.from_bytes(payload[1:4], "big") != len(scan):
                raise DamagedUnitError("a fragment is missing")
            scan += payload[start if index == 0 else fragment_start :]
        tables = self._quantisers(quality)
        header = _headers(tables, _TYPES[kind & ~_RESTARTS], width, height, restart_interval)
        ending = b"" if scan.endswith(bytes([0xFF, _END])) else bytes([0xFF, _END])
        return header + bytes(scan) + ending

    def _remember_tables(self, first: Buffer) -> None:
        """Those in a picture's first payload, if it has any."""
        if len(first) <= _HEADER_BYTES or first[1:4] != b"\0\0\0" or first[5] < _IN_BAND:
            return
        start = _HEADER_BYTES + (4 if first[4] & _RESTARTS else 0)
        length = int.from_bytes(first[start + 2 : start + 4], "big")
        tables = bytes(first[start + 4 : start + 4 + length])
        if len(tables) == length and length in (_TABLE_BYTES, 2 * _TABLE_BYTES) and not first[start + 1]:
            self._tables[first[5]] = tables

    def _real_size(self, size: tuple[int, int], own: Sequence[Buffer]) -> tuple[int, int]:
        """The size of a picture whose RTP header says `size`, in pixels."""
        width, height = frame_size(bytes(own[0])) if own else (0, 0)
        if width and height:
            return width, height
        announced = self._size
        if not all(size) or (
            max(announced) >= _WRAP and all(a % _WRAP == b for a, b in zip(announced, size, strict=True))
        ):
            return announced
        return size

    def _quantisers(self, quality: int) -> bytes:
        """Two tables, in zigzag order."""
        if 0 < quality <= _MAX_PLAIN_QUALITY:
            factor = 5000 // quality if quality < _MIDDLE_QUALITY else 200 - 2 * quality
            return bytes(min(max((value * factor + 50) // 100, 1), 255) for value in STANDARD_QUANTISERS)
        tables = self._tables.get(quality, b"")
        if len(tables) == _TABLE_BYTES:
            tables *= 2
        if len(tables) != 2 * _TABLE_BYTES:
            raise DamagedUnitError("no quantisation tables yet")
        return tables


def frame_size(own_headers: bytes) -> tuple[int, int]:
    """Width and height, in pixels, from the segments of a JPEG; (0, 0) if its frame is not among them."""
    at = own_headers.find(b"\xff\xc0")
    if at < 0 or at + 9 > len(own_headers):
        return 0, 0
    height, width = struct.unpack_from("!HH", own_headers, at + 5)
    return width, height


def _headers(tables: bytes, sampling: int, width: int, height: int, restart_interval: int) -> bytes:
    if not (width and height):
        raise DamagedUnitError("a JPEG larger than RTP can say, and the camera's description does not say its size")
    frame = struct.pack("!BHHB", 8, height, width, 3) + bytes((1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1))
    return b"".join(
        (
            bytes([0xFF, _START]),
            segment(_TABLES, b"\0" + tables[:_TABLE_BYTES] + b"\1" + tables[_TABLE_BYTES:]),
            segment(_RESTART_INTERVAL, struct.pack("!H", restart_interval)) if restart_interval else b"",
            segment(_FRAME, frame),
            STANDARD_HUFFMAN_TABLES,
            segment(_SCAN, bytes((3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0))),
        )
    )
