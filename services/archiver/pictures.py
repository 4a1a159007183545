"""Pictures: the only door to Pillow. Checks a JPEG, makes the WebP with its EXIF label, reads both back.

Bytes in, bytes out: it knows no files, no camera and no clock. Everything here computes for up to a second or two, so
it belongs on a thread; Pillow lets go of the interpreter while it works.
"""

import io
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from PIL import ExifTags, Image

from services.archiver.errors import EncodeFailed, PictureRefused
from shared.frames import JPEG_END

QUALITY: Final = 80
METHOD: Final = 4  # 1080p in about 75 ms; 6 takes a sixth longer for the same size
MAX_PIXELS: Final = 64_000_000
"""Twice 8K. A header may promise anything; this much is decoded at most (about 200 MB)."""
_BEYOND_THE_END: Final = bytes(16)
_EXIF_TIME: Final = "%Y:%m:%d %H:%M:%S"
_EVERY: Final = re.compile(r", every (\d{1,9}) s$")


@dataclass(frozen=True, slots=True)
class Label:
    """What is written into the picture itself, so that a row can be made anew from the file alone."""

    camera_key: str
    captured_at: datetime
    interval_seconds: int


@dataclass(frozen=True, slots=True)
class WebpFacts:
    """What a WebP file says of itself; None where it has no such label, as when somebody else wrote it."""

    width: int
    height: int
    captured_at: datetime | None
    interval_seconds: int | None


def decode_jpeg(jpeg: bytes) -> Image.Image:
    """The whole picture as RGB.

    libjpeg fills a picture that was cut and then closed by an end marker with gray, and says nothing. Without the
    marker it asks for more instead, so the marker is taken away; a complete picture does not miss it. (Not so in a
    progressive JPEG, where a cut inside goes unseen.)

    Raises:
        PictureRefused: when it is truncated, corrupt, unreasonably large or no JPEG.
    """
    picture = _open(jpeg, "JPEG")
    if "progressive" not in picture.info:
        picture = _open(jpeg.removesuffix(JPEG_END) + _BEYOND_THE_END, "JPEG")
    _load(picture)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def encode_webp(picture: Image.Image, label: Label) -> bytes:
    """The WebP file with its label as EXIF.

    Raises:
        EncodeFailed: when WebP can't hold it (more than 16383 pixels on a side) or memory is short.
    """
    file = io.BytesIO()
    try:
        picture.save(file, "WEBP", quality=QUALITY, method=METHOD, exif=_exif_of(label))
    except (ValueError, OSError, MemoryError) as error:
        raise EncodeFailed(str(error) or "out of memory") from error
    return file.getvalue()


def read_webp(webp: bytes) -> WebpFacts:
    """What is in a WebP file, all of which has been decoded.

    Raises:
        PictureRefused: when it is truncated, corrupt, unreasonably large or no WebP.
    """
    picture = _open(webp, "WEBP")
    _load(picture)
    try:
        exif = picture.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
    except (SyntaxError, ValueError, struct.error):  # a whole picture with somebody else's broken label
        return WebpFacts(picture.width, picture.height, None, None)
    every = _EVERY.search(str(exif.get(ExifTags.Base.ImageDescription, "")))
    return WebpFacts(picture.width, picture.height, _captured_at(details), int(every[1]) if every else None)


def _open(data: bytes, form: str) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data), formats=[form])
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PictureRefused(f"no {form} picture that can be read: {type(error).__name__}") from None
    if picture.width * picture.height > MAX_PIXELS:
        raise PictureRefused(f"the picture has {picture.width} x {picture.height} pixels, too many to keep")
    return picture


def _load(picture: Image.Image) -> None:
    try:
        picture.load()
    except (OSError, SyntaxError, ValueError, MemoryError) as error:
        raise PictureRefused(f"the picture is not whole: {error}") from None


def _exif_of(label: Label) -> Image.Exif:
    at = label.captured_at.astimezone(UTC)
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = f"{label.camera_key}, every {label.interval_seconds} s"
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = at.strftime(_EXIF_TIME)
    details[ExifTags.Base.OffsetTimeOriginal] = "+00:00"
    details[ExifTags.Base.SubsecTimeOriginal] = f"{at.microsecond:06d}"
    return exif


def _captured_at(details: dict[int, object]) -> datetime | None:
    if details.get(ExifTags.Base.OffsetTimeOriginal) != "+00:00":
        return None
    fraction = str(details.get(ExifTags.Base.SubsecTimeOriginal, "0")).strip()
    try:
        at = datetime.strptime(str(details.get(ExifTags.Base.DateTimeOriginal)), _EXIF_TIME).replace(tzinfo=UTC)
        return at.replace(microsecond=int(fraction[:6].ljust(6, "0")))
    except ValueError:
        return None
