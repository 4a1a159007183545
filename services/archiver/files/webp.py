"""Checks a JPEG, encodes the WebP with its label, and reads it back. With `image_features.py` the door to Pillow.

Bytes in, bytes out: it knows no files, no camera and no clock. Everything here computes for up to a second or two: call
it on a thread. Pillow releases the interpreter's lock while it works.
"""

import io
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from PIL import ExifTags, Image

from services.archiver.base import texts
from services.archiver.base.errors import EncodeFailedError, PictureRefusedError
from shared.bus.frames import JPEG_END

MAX_PIXELS: Final = 64_000_000
"""Twice 8K. A header may claim any size; no more than this is decoded (about 200 MB)."""
_BEYOND_THE_END: Final = bytes(16)
_EXIF_TIME: Final = "%Y:%m:%d %H:%M:%S"
_EVERY: Final = re.compile(r", every (\d{1,9}) s$")
_MANUAL: Final = ", captured by hand"
_XMP: Final = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/">\
<xmp:CreateDate>{at}</xmp:CreateDate><exif:DateTimeOriginal>{at}</exif:DateTimeOriginal>\
</rdf:Description></rdf:RDF></x:xmpmeta>"""


@dataclass(frozen=True, slots=True)
class WebpOptions:
    """libwebp's quality (1 to 100) and method (0 is fast, 6 small): 1080p takes about 75 ms at 4, a sixth more at 6."""

    quality: int = 80
    method: int = 4


@dataclass(frozen=True, slots=True)
class Label:
    """What is written into the picture itself, so that its row can be made again from the file alone.

    `interval_seconds` is None for a manual capture.
    """

    camera_key: str
    captured_at: datetime
    interval_seconds: int | None


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A decoded WebP and what its label says; None where the label is missing, as in a foreign file."""

    picture: Image.Image
    captured_at: datetime | None
    interval_seconds: int | None


def decode_jpeg(jpeg: bytes) -> Image.Image:
    """The whole picture as RGB.

    If a picture was cut short and then closed by an end marker, libjpeg fills the rest with gray and reports nothing.
    Without the marker it asks for more data instead. So the marker is taken away; a complete picture decodes without
    it. A cut within the last 20 bytes or so may stay unnoticed, as zeros often decode, too; and so may any cut in a
    progressive JPEG.

    Raises:
        PictureRefusedError: when it is truncated, corrupt, unreasonably large or no JPEG.
    """
    picture = _open(jpeg, "JPEG")
    if "progressive" not in picture.info:
        picture = _open(jpeg.removesuffix(JPEG_END) + _BEYOND_THE_END, "JPEG")
    _load(picture)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def encode_webp(picture: Image.Image, label: Label, options: WebpOptions) -> bytes:
    """The WebP file, with the label as EXIF and the time as XMP. No other metadata of the JPEG is copied.

    Raises:
        EncodeFailedError: when WebP can't hold it (more than 16383 pixels on a side) or memory is short.
    """
    file = io.BytesIO()
    xmp = _XMP.format(at=label.captured_at.astimezone(UTC).isoformat(timespec="microseconds")).encode()
    with encoding():
        picture.save(file, "WEBP", quality=options.quality, method=options.method, exif=_exif_of(label), xmp=xmp)
    return file.getvalue()


@contextmanager
def encoding() -> Iterator[None]:
    """Around Pillow's encoding: turns every error that Pillow raises there into `EncodeFailedError`."""
    try:
        yield
    except (ValueError, OSError, MemoryError) as error:
        raise EncodeFailedError(str(error) or texts.NO_MEMORY) from error


def read_webp(webp: bytes) -> LabelledPicture:
    """Decode the whole WebP file and read its label.

    Raises:
        PictureRefusedError: when it is truncated, corrupt, unreasonably large or no WebP.
    """
    picture = _open(webp, "WEBP")
    _load(picture)
    try:
        exif = picture.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
    except (SyntaxError, ValueError, struct.error):  # a whole picture with a foreign, broken label
        return LabelledPicture(picture, None, None)
    every = _EVERY.search(str(exif.get(ExifTags.Base.ImageDescription, "")))
    return LabelledPicture(picture, _captured_at(details), int(every[1]) if every else None)


def is_whole_webp(webp: bytes) -> bool:
    """Whether the whole file decodes."""
    try:
        read_webp(webp)
    except PictureRefusedError:
        return False
    return True


def _open(data: bytes, form: str) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data), formats=[form])
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PictureRefusedError(f"no {form} picture that can be read: {type(error).__name__}") from None
    if picture.width * picture.height > MAX_PIXELS:
        raise PictureRefusedError(f"the picture has {picture.width} x {picture.height} pixels, too many to keep")
    return picture


def _load(picture: Image.Image) -> None:
    try:
        picture.load()
    except (OSError, SyntaxError, ValueError, MemoryError) as error:
        raise PictureRefusedError(f"the picture is not whole: {error}") from None


def _exif_of(label: Label) -> Image.Exif:
    at = label.captured_at.astimezone(UTC)
    exif = Image.Exif()
    kind = _MANUAL if label.interval_seconds is None else f", every {label.interval_seconds} s"
    exif[ExifTags.Base.ImageDescription] = label.camera_key + kind
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
