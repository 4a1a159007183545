"""JPEGs from cameras: whether one is whole, and the same one without metadata. Pure; it changes no pixel.

A single bad JPEG stops a browser's `<img>` for good, so nothing that a camera sends goes out unchecked.
"""

import struct
from dataclasses import dataclass
from typing import Final

import simplejpeg

from services.ingest.decoding.picture_limits import PictureRefusedError, check_size, is_lack_of_memory
from shared.errors import FramecastError
from shared.jpeg_segments import END_OF_IMAGE, START_OF_SCAN, JpegCostError, JpegError, segments
from shared.settings import DEFAULT_MAX_PIXELS

_HUFFMAN: Final = 0xC4
_JFIF, _ADOBE = 0xE0, 0xEE
_NEEDED: Final = frozenset({0xDB, _HUFFMAN, 0xDD, 0xC0, 0xC1, 0xC2})
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
_METADATA: Final = frozenset({*range(0xE0, 0xF0), 0xFE})
_JFIF_BYTES, _ADOBE_BYTES = 14, 12
_PLAIN_JFIF: Final = b"JFIF\0"


class DamagedPictureError(FramecastError):
    """Raised when a camera's picture is not whole. Drop it, count it."""


@dataclass(frozen=True, slots=True)
class CheckedJpeg:
    """A JPEG that decodes to its end without a complaint. Width and height are in pixels."""

    data: bytes
    width: int
    height: int


def segment(marker: int, body: bytes) -> bytes:
    """A JPEG's segment: marker, length and body."""
    return struct.pack("!BBH", 0xFF, marker, len(body) + 2) + body


def check(jpeg: bytes, max_pixels: int = DEFAULT_MAX_PIXELS) -> CheckedJpeg:
    """`jpeg` without metadata, and known to be whole: its picture data is decoded to the end, at an eighth of the size.

    A wrong bit that leaves all codes valid can't be told from an intended picture. No decoder could tell.

    Raises:
        DamagedPictureError: when it is cut, corrupt, or no JPEG.
        PictureRefusedError: when it has more than `max_pixels`, or would take too much work. It is not decoded then.
        MemoryError: when there is none left for it.
    """
    data = lean(jpeg)
    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(data)
        check_size(int(width), int(height), max_pixels)
        simplejpeg.decode_jpeg(data, "GRAY", min_height=1, min_width=1, min_factor=8, strict=True)
    except ValueError as error:
        if is_lack_of_memory(error):
            raise MemoryError(str(error)) from error
        raise DamagedPictureError(f"not a whole JPEG: {error}") from error
    return CheckedJpeg(data, int(width), int(height))


def lean(jpeg: bytes) -> bytes:
    """The same picture without thumbnail, metadata and anything after its end. Missing Huffman tables are added.

    Returns `jpeg` itself if there is nothing to change.

    Raises:
        DamagedPictureError: when its segments make no sense.
        PictureRefusedError: when there are too many of them.
    """
    try:
        made = _rebuilt(jpeg)
    except JpegCostError as error:
        raise PictureRefusedError(
            f"The camera's JPEG would be too much work to decode: {error}. Choose baseline JPEG or H.264 in the camera."
        ) from error
    except JpegError as error:
        raise DamagedPictureError(str(error)) from error
    return jpeg if made == jpeg else made


def _rebuilt(jpeg: bytes) -> bytes:
    parts = [jpeg[:2]]
    has_tables = has_frame = False
    for marker, body, scan_data in segments(jpeg):
        if marker == START_OF_SCAN:
            if not has_frame:
                raise DamagedPictureError("a JPEG's scan comes before its frame")
            if not has_tables:
                parts.append(STANDARD_HUFFMAN_TABLES)
                has_tables = True
            parts += (segment(marker, body), scan_data)
        elif marker in _NEEDED:
            has_tables |= marker == _HUFFMAN
            if marker in _FRAMES:
                if has_frame:  # decoders differ in which of the two sizes they believe
                    raise DamagedPictureError("a JPEG with two frames")
                has_frame = True
            parts.append(segment(marker, body))
        elif marker in _METADATA:
            parts.append(_needed_metadata(marker, body))
        else:
            raise DamagedPictureError(f"a JPEG with marker {marker:#x}, which no browser takes")
    parts.append(bytes((0xFF, END_OF_IMAGE)))
    return b"".join(parts)


def _needed_metadata(marker: int, body: bytes) -> bytes:
    """The part that tells a decoder how to read the colours. The rest may tell where the camera is, and goes."""
    if marker == _JFIF and body.startswith(_PLAIN_JFIF) and len(body) >= _JFIF_BYTES:
        return segment(marker, body[: _JFIF_BYTES - 2] + b"\0\0")
    if marker == _ADOBE and body.startswith(b"Adobe") and len(body) >= _ADOBE_BYTES:
        return segment(marker, body[:_ADOBE_BYTES])
    return b""


# The tables of ITU-T T.81, annex K. RTP/JPEG and many cameras leave them out.
STANDARD_QUANTISERS: Final = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933383740485c4e404457453738506d51575f626768673e4d71797064785c656763"
    "1112121815182f1a1a2f634238426363636363636363636363636363636363636363636363636363636363636363636363636363636363636363636363636363"
)
"""For luma and chroma, in zigzag order, at quality 50."""
_DC_LENGTHS: Final = ("00010501010101010100000000000000", "00030101010101010101010000000000")
_DC_VALUES: Final = "000102030405060708090a0b"
_AC: Final = (
    (
        "0002010303020403050504040000017d"
        "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a"
        "434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aa"
        "b2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
    ),
    (
        "00020102040403040705040400010277"
        "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a"
        "434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aa"
        "b2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
    ),
)
STANDARD_HUFFMAN_TABLES: Final = b"".join(
    segment(_HUFFMAN, bytes([number]) + bytes.fromhex(lengths + _DC_VALUES))
    + segment(_HUFFMAN, bytes([0x10 | number]) + bytes.fromhex(values))
    for number, (lengths, values) in enumerate(zip(_DC_LENGTHS, _AC, strict=True))
)
