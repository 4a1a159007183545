"""Checks a JPEG, encodes the WebP with its label, and reads it back. With `image_features.py` the door to Pillow.

Bytes in, bytes out: it knows no files, no camera and no clock. Everything here computes for up to a second or two: call
it on a thread. Pillow releases the interpreter's lock while it works. What a picture will cost is known before it is
decoded: `jpeg_bytes_needed` and `webp_bytes_needed` tell, for `PictureMemory`.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from PIL import (
    ExifTags,
    Image,
    WebPImagePlugin,  # noqa: F401 else Pillow loads all its formats when it first meets this one: 2 MB
)

from services.archiver.base import texts
from services.archiver.base.clock_doubt import Moment
from services.archiver.base.errors import (
    EncodeFailedError,
    OutOfMemoryError,
    PictureRefusedError,
    PictureTooLargeError,
)
from services.archiver.files.webp_header import WebpHeader, read_exif, read_header
from shared.bus.frames import JPEG_END
from shared.jpeg_segments import JpegCostError, JpegError, scan_count
from shared.settings import DEFAULT_MAX_PIXELS

JPEG_BYTES_PER_PIXEL: Final = 15
"""Measured at 8K: a progressive one is decoded in 7, and encoded as WebP in 13, the decoded picture among them."""
PLAIN_BYTES_PER_PIXEL: Final = 17
"""To decode a lossy WebP: libwebp's two canvases, Pillow's copy, and the picture."""
WEBP_BYTES_PER_PIXEL: Final = 21
"""To decode one that is lossless or has transparency."""
MOST_EXIF_BYTES: Final = 16 * 1024
"""Ours has some 250. The entries of a hostile one may all point at the same bytes, which are then copied for each."""
MOST_METADATA_BYTES: Final = 1024 * 1024
# Ours is PICTURE_MAX_PIXELS, which is looked at before anything is decoded. Pillow's own may be smaller.
Image.MAX_IMAGE_PIXELS = None
_BEYOND_THE_END: Final = bytes(16)
_EXIF_TIME: Final = "%Y:%m:%d %H:%M:%S"
_EVERY: Final = re.compile(r", every (\d{1,9}) s$")
_MANUAL: Final = ", captured by hand"
_MOMENT: Final = re.compile(r"boot ([0-9a-f-]{36}), (\d{1,18}) ns")
_IMPORTED: Final = ", imported"
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

    `interval_seconds` is None for a frame without a slot. `original_id` is that of an imported still's file; without
    one such a frame is a manual capture.
    """

    camera_key: str
    captured_at: datetime
    interval_seconds: int | None
    original_id: str | None = None
    moment: Moment | None = None
    """The same instant by a clock that never jumps; None of a made-up frame or an imported still."""


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A decoded WebP and what its label says; None where the label is missing, as in a foreign file."""

    picture: Image.Image
    captured_at: datetime | None
    interval_seconds: int | None
    moment: Moment | None = None
    is_imported: bool = False


def jpeg_bytes_needed(jpeg: bytes, max_pixels: int = DEFAULT_MAX_PIXELS) -> int:
    """How much memory it takes to decode the JPEG and to encode it as WebP. Raises as `decode_jpeg`."""
    picture = _open_jpeg(jpeg, max_pixels)
    return JPEG_BYTES_PER_PIXEL * picture.width * picture.height


def webp_bytes_needed(webp: bytes, max_pixels: int = DEFAULT_MAX_PIXELS) -> int:
    """How much memory it takes to decode the WebP. Raises as `read_webp`."""
    header = _checked_header(webp, max_pixels)
    return (PLAIN_BYTES_PER_PIXEL if header.is_plain else WEBP_BYTES_PER_PIXEL) * header.pixels + 2 * len(webp)


def decode_jpeg(jpeg: bytes, max_pixels: int = DEFAULT_MAX_PIXELS) -> Image.Image:
    """The whole picture as RGB.

    If a picture was cut short and then closed by an end marker, libjpeg fills the rest with gray and reports nothing.
    Without the marker it asks for more data instead. So the marker is taken away; a complete picture decodes without
    it. A cut within the last 20 bytes or so may stay unnoticed, as zeros often decode, too; and so may any cut in a
    progressive JPEG.

    Raises:
        PictureRefusedError: when it is truncated, corrupt or no JPEG.
        PictureTooLargeError: when it has more than `max_pixels`, or too many scans.
        OutOfMemoryError: when memory is short.
    """
    picture = _open_jpeg(jpeg, max_pixels)
    if "progressive" not in picture.info:
        picture = open_picture(jpeg.removesuffix(JPEG_END) + _BEYOND_THE_END, "JPEG")
    load_picture(picture)
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


def read_webp(webp: bytes, max_pixels: int = DEFAULT_MAX_PIXELS) -> LabelledPicture:
    """Decode the whole WebP file and read its label.

    Raises:
        PictureRefusedError: when it is truncated, corrupt or no WebP.
        PictureTooLargeError: when it has more than `max_pixels`, is animated, or has too much metadata.
        OutOfMemoryError: when memory is short.
    """
    header = _checked_header(webp, max_pixels)
    picture = open_picture(webp, "WEBP")
    load_picture(picture)
    if header.exif_bytes > MOST_EXIF_BYTES:
        return LabelledPicture(picture, None, None)
    try:
        exif = picture.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
        kind = str(exif.get(ExifTags.Base.ImageDescription, ""))
        every = _EVERY.search(kind)
        interval = int(every[1]) if every else None
        found = _MOMENT.fullmatch(str(exif.get(ExifTags.Base.HostComputer, "")))
        moment = Moment(found[1], int(found[2])) if found else None
        return LabelledPicture(picture, _captured_at(details), interval, moment, kind.endswith(_IMPORTED))
    except Exception:  # noqa: BLE001 Pillow raises half a dozen kinds on a broken label, and none of them is documented
        return LabelledPicture(picture, None, None)


def original_id_of(webp: bytes) -> str | None:
    """The `original_id` in the label of an imported still; None in any other file. Decodes nothing."""
    try:
        found = read_exif(webp)
        if not found or len(found) > MOST_EXIF_BYTES:
            return None
        exif = Image.Exif()
        exif.load(found)
        return str(exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ImageUniqueID])
    except Exception:  # noqa: BLE001 a broken label, as in `read_webp`
        return None


def _checked_header(webp: bytes, max_pixels: int) -> WebpHeader:
    header = read_header(webp)
    if header.pixels > max_pixels:
        raise PictureTooLargeError(texts.too_many_pixels(header.width, header.height, max_pixels))
    if header.is_animated:
        raise PictureTooLargeError("it is an animation, and no still picture")
    if header.metadata_bytes > MOST_METADATA_BYTES:
        raise PictureTooLargeError(f"it has {header.metadata_bytes} bytes of metadata, too many to read")
    return header


def _open_jpeg(jpeg: bytes, max_pixels: int) -> Image.Image:
    try:
        scan_count(jpeg)
    except JpegCostError as error:
        raise PictureTooLargeError(str(error)) from None
    except JpegError as error:
        raise PictureRefusedError(str(error)) from None
    picture = open_picture(jpeg, "JPEG")
    if picture.width * picture.height > max_pixels:
        raise PictureTooLargeError(texts.too_many_pixels(picture.width, picture.height, max_pixels))
    return picture


def open_picture(data: bytes, form: str) -> Image.Image:
    """A picture of that format (JPEG, PNG, WEBP), not decoded yet. Raises PictureRefusedError, OutOfMemoryError."""
    try:
        return Image.open(io.BytesIO(data), formats=[form])
    except MemoryError:
        raise OutOfMemoryError(texts.NO_MEMORY) from None
    except Exception as error:  # noqa: BLE001 bytes of a stranger: Pillow's readers raise what they stumble over
        raise PictureRefusedError(f"no {form} picture that can be read: {type(error).__name__}") from None


def load_picture(picture: Image.Image) -> None:
    """Decode it. Raises PictureRefusedError, OutOfMemoryError."""
    try:
        picture.load()
    except MemoryError:
        raise OutOfMemoryError(texts.NO_MEMORY) from None
    except Exception as error:  # noqa: BLE001 as above
        raise PictureRefusedError(f"the picture is not whole: {error}") from None


def _exif_of(label: Label) -> Image.Exif:
    at = label.captured_at.astimezone(UTC)
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = label.camera_key + _kind_in_words(label)
    if label.moment is not None:
        exif[ExifTags.Base.HostComputer] = f"boot {label.moment.boot_id}, {max(0, label.moment.boot_ns)} ns"
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = at.strftime(_EXIF_TIME)
    details[ExifTags.Base.OffsetTimeOriginal] = "+00:00"
    details[ExifTags.Base.SubsecTimeOriginal] = f"{at.microsecond:06d}"
    if label.original_id is not None:
        details[ExifTags.Base.ImageUniqueID] = label.original_id
    return exif


def _kind_in_words(label: Label) -> str:
    if label.interval_seconds is not None:
        return f", every {label.interval_seconds} s"
    return _MANUAL if label.original_id is None else _IMPORTED


def _captured_at(details: dict[int, object]) -> datetime | None:
    if details.get(ExifTags.Base.OffsetTimeOriginal) != "+00:00":
        return None
    fraction = str(details.get(ExifTags.Base.SubsecTimeOriginal, "0")).strip()
    try:
        at = datetime.strptime(str(details.get(ExifTags.Base.DateTimeOriginal)), _EXIF_TIME).replace(tzinfo=UTC)
        return at.replace(microsecond=int(fraction[:6].ljust(6, "0")))
    except ValueError:
        return None
