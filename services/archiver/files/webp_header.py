"""What a WebP file says of itself before anything is decoded: its size in pixels, and what else is in it. Pure.

libwebp takes memory for two whole pictures as soon as it is shown a file, and copies its metadata. So whoever opens a
file of unknown origin looks here first. The format: RFC 9649.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.archiver.base.errors import PictureRefusedError

_RIFF_HEADER: Final = 12
_CHUNK_HEADER: Final = 8
_METADATA: Final = (b"ICCP", b"EXIF", b"XMP ")
_LOSSY_START: Final = b"\x9d\x01\x2a"
_LOSSLESS_START: Final = 0x2F
_ANIMATION_FLAG: Final = 0x02
_MOST_CHUNKS: Final = 64


@dataclass(frozen=True, slots=True)
class WebpHeader:
    """`is_plain`: lossy and without transparency, as the archiver's own files are. Sizes of metadata are in bytes."""

    width: int
    height: int
    is_plain: bool
    is_animated: bool
    exif_bytes: int
    metadata_bytes: int

    @property
    def pixels(self) -> int:
        return self.width * self.height


def read_header(webp: bytes) -> WebpHeader:
    """Read the file's chunks, but none of its pixels.

    Raises:
        PictureRefusedError: when it is cut short or no WebP.
    """
    if webp[:4] != b"RIFF" or webp[8:_RIFF_HEADER] != b"WEBP":
        raise PictureRefusedError("no WEBP picture that can be read: it does not begin like one")
    if int.from_bytes(webp[4:8], "little") + _CHUNK_HEADER > len(webp):
        raise PictureRefusedError("the picture is not whole: the file is cut short")
    sizes, exif_bytes, metadata_bytes, is_plain, is_animated = [], 0, 0, True, False
    for kind, start, length in _chunks(webp):
        size = _size(kind, webp[start : start + 10])
        sizes += [] if size is None else [size]
        is_plain = is_plain and kind not in (b"VP8L", b"ALPH")
        is_animated = kind in (b"ANIM", b"ANMF") or (kind == b"VP8X" and _has_animation_flag(webp, start))
        exif_bytes += length if kind == b"EXIF" else 0
        metadata_bytes += length if kind in _METADATA else 0
        if is_animated:  # it may have thousands of chunks, and is refused for this one
            break
    if not sizes:
        raise PictureRefusedError("no WEBP picture that can be read: it has no size")
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return WebpHeader(width, height, is_plain, is_animated, exif_bytes, metadata_bytes)


def read_exif(webp: bytes) -> bytes:
    """The EXIF in the file; empty when there is none. Raises as `read_header`."""
    return next((webp[start : start + length] for kind, start, length in _chunks(webp) if kind == b"EXIF"), b"")


def _chunks(webp: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and length of each chunk."""
    at, count = _RIFF_HEADER, 0
    while at + _CHUNK_HEADER <= len(webp):
        count += 1
        if count > _MOST_CHUNKS:
            raise PictureRefusedError(f"the file has more than {_MOST_CHUNKS} parts")
        length = int.from_bytes(webp[at + 4 : at + 8], "little")
        yield webp[at : at + 4], at + _CHUNK_HEADER, length
        at += _CHUNK_HEADER + length + length % 2


def _has_animation_flag(webp: bytes, start: int) -> bool:
    return start < len(webp) and bool(webp[start] & _ANIMATION_FLAG)


def _size(kind: bytes, head: bytes) -> tuple[int, int] | None:
    """Width and height in a chunk's first ten bytes; None where the chunk tells none."""
    if kind == b"VP8X" and len(head) == 10:  # noqa: PLR2004 its length
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if kind == b"VP8 " and head[3:6] == _LOSSY_START and len(head) == 10:  # noqa: PLR2004
        return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF
    if kind == b"VP8L" and len(head) >= 5 and head[0] == _LOSSLESS_START:  # noqa: PLR2004
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None
