"""An archive that somebody filled to do harm: files with frames' names that cost much to look at, or that lie."""

import io
import struct
from pathlib import Path
from typing import Final

from PIL import Image

from services.archiver.files.paths import path_of
from services.archiver.files.webp import Label, WebpOptions, encode_webp
from tests.archiver.support import AT, SLOT_START, noise, webp_of

EVIL: Final = "evil"
WITHIN_LIMIT: Final = 6300
"""Squared it is a little less than the default of PICTURE_MAX_PIXELS."""


def flat(side: int) -> bytes:
    """A square of one colour with our label: some 100 KB for any number of pixels."""
    return encode_webp(Image.new("RGB", (side, side), (90, 60, 30)), Label(EVIL, AT, 3600), WebpOptions(method=0))


def claiming(webp: bytes, side: int) -> bytes:
    """The same file, whose header claims a square of that size."""
    changed = bytearray(webp)
    canvas, coded = webp.index(b"VP8X") + 12, webp.index(b"\x9d\x01\x2a") + 3
    changed[canvas : canvas + 6] = (side - 1).to_bytes(3, "little") * 2
    changed[coded : coded + 4] = side.to_bytes(2, "little") * 2
    return bytes(changed)


def animated(frames: int) -> bytes:
    file = io.BytesIO()
    pictures = [Image.new("RGB", (64, 64), (number % 256, number // 256, 0)) for number in range(frames)]
    pictures[0].save(file, "WEBP", save_all=True, append_images=pictures[1:], lossless=True, method=0)
    return file.getvalue()


def with_chunk(webp: bytes, kind: bytes, content: bytes) -> bytes:
    """The file with one more chunk of metadata at its end, and the flag that announces it."""
    content += b"\0" * (len(content) % 2)
    changed = bytearray(webp + kind + struct.pack("<I", len(content)) + content)
    changed[4:8] = struct.pack("<I", len(changed) - 8)
    changed[webp.index(b"VP8X") + 8] |= {b"ICCP": 0x20, b"EXIF": 0x08, b"XMP ": 0x04}[kind]
    return bytes(changed)


def exif_bomb(entries: int, each_bytes: int) -> bytes:
    """A directory whose entries all point at the same bytes: a reader copies them for every one."""
    directory = b"".join(struct.pack("<HHII", 0x9000 + number, 7, each_bytes, 8) for number in range(entries))
    return b"II*\0" + struct.pack("<IH", 8, entries) + directory + bytes(each_bytes)


def unlabelled() -> bytes:
    file = io.BytesIO()
    noise().save(file, "WEBP", exif=Image.Exif(), xmp=b"<x/>")
    return file.getvalue()


def lossless(side: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", (side, side), (9, 9, 9, 9)).save(file, "WEBP", lossless=True, method=0, quality=0)
    return file.getvalue()


def hostile_files() -> dict[str, bytes]:
    """By what they are."""
    large, small = flat(8000), webp_of(at=AT)
    return {
        "8000 x 8000": large,
        "claims 16383 x 16383": claiming(large, 16383),
        "animated": animated(3000),
        "truncated": flat(WITHIN_LIMIT)[:-2000],
        "empty": b"",
        "EXIF bomb": with_chunk(unlabelled(), b"EXIF", exif_bomb(5000, 60_000)),
        "20 MB of ICC": with_chunk(small, b"ICCP", bytes(20_000_000)),
        "20 MB of XMP": with_chunk(small, b"XMP ", bytes(20_000_000)),
        "lossless": lossless(WITHIN_LIMIT),
    }


def fill(root: Path, files: dict[str, bytes], good: int = 4) -> list[str]:
    """Put them into an archive, with some whole frames as large as allowed behind them; those frames' paths."""
    whole = {f"good {number}": flat(WITHIN_LIMIT) for number in range(good)}
    paths = []
    for number, content in enumerate([*files.values(), *whole.values()]):
        path = path_of(EVIL, SLOT_START + 3600 * number)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
        paths.append(path)
    return paths[len(files) :]
