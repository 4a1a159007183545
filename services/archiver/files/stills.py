"""Opens stills of other programs: JPEG, PNG and WebP, as RGB and upright, with the time that their EXIF tells.

Beside `webp.py` and `image_features.py` the door to Pillow. The bytes are a stranger's: their size in pixels is looked
at before anything is decoded, and no more metadata is read than a camera writes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from PIL import ExifTags, Image

from services.archiver.base import texts
from services.archiver.base.errors import OutOfMemoryError, PictureTooLargeError
from services.archiver.files.webp import decode_jpeg, load_picture, open_picture, read_webp

SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".webp")
_JPEG: Final = b"\xff\xd8"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_MOST_EXIF_BYTES: Final = 64 * 1024
"""A JPEG's segment has no more. A hostile one's entries may all point at the same bytes, which are copied for each."""
_TIME: Final = "%Y:%m:%d %H:%M:%S"
_SECONDS: Final = len("2024:05:01 12:00:00")
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF's orientation."""
_TIMES: Final = (
    (ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal, ExifTags.Base.SubsecTimeOriginal),
    (ExifTags.Base.DateTimeDigitized, ExifTags.Base.OffsetTimeDigitized, ExifTags.Base.SubsecTimeDigitized),
)


@dataclass(frozen=True, slots=True)
class Still:
    """A decoded still. `taken_at` is without an offset where its EXIF tells none; None where it tells no time."""

    picture: Image.Image
    taken_at: datetime | None


def open_still(content: bytes, max_pixels: int) -> Still:
    """Decode the whole still.

    Raises:
        PictureRefusedError: when it is truncated, corrupt or of another kind.
        PictureTooLargeError: when it has more than `max_pixels`, or would cost too much in another way.
        OutOfMemoryError: when memory is short.
    """
    picture = _decoded(content, max_pixels)
    exif = _exif_of(picture)
    try:
        upright = _UPRIGHT.get(exif.get(ExifTags.Base.Orientation, 1))
        rgb = _as_rgb(picture)
        return Still(rgb if upright is None else rgb.transpose(upright), _taken_at(exif))
    except MemoryError:
        raise OutOfMemoryError(texts.NO_MEMORY) from None


def _decoded(content: bytes, max_pixels: int) -> Image.Image:
    if content.startswith(_JPEG):
        return decode_jpeg(content, max_pixels)
    if not content.startswith(_PNG):
        return read_webp(content, max_pixels).picture
    picture = open_picture(content, "PNG")
    if picture.width * picture.height > max_pixels:
        raise PictureTooLargeError(texts.too_many_pixels(picture.width, picture.height, max_pixels))
    load_picture(picture)
    return picture


def _as_rgb(picture: Image.Image) -> Image.Image:
    """Deep grays keep their upper eight bits, and what is transparent becomes black."""
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if "A" in picture.mode or "transparency" in picture.info:
        opaque = Image.new("RGBA", picture.size, (0, 0, 0, 255))
        opaque.alpha_composite(picture.convert("RGBA"))
        picture = opaque
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _exif_of(picture: Image.Image) -> Image.Exif:
    """Empty where there is none, or none that can be read."""
    exif, content = Image.Exif(), picture.info.get("exif")
    if isinstance(content, bytes) and len(content) <= _MOST_EXIF_BYTES:
        try:
            exif.load(content)
        except Exception:  # noqa: BLE001 Pillow raises half a dozen kinds on a broken one, and none of them is documented
            return Image.Exif()
    return exif


def _taken_at(exif: Image.Exif) -> datetime | None:
    try:
        details = exif.get_ifd(ExifTags.IFD.Exif)
        moments = [_moment(details.get(at), details.get(offset), details.get(part)) for at, offset, part in _TIMES]
        moments.append(_moment(exif.get(ExifTags.Base.DateTime), details.get(ExifTags.Base.OffsetTime), None))
    except Exception:  # noqa: BLE001 as above
        return None
    return next((moment for moment in moments if moment is not None), None)


def _moment(text: object, offset: object, fraction: object) -> datetime | None:
    try:
        at = datetime.strptime(str(text).strip("\0 ")[:_SECONDS], _TIME)  # noqa: DTZ007 its offset stands apart
    except ValueError:
        return None
    digits = str(fraction or "").strip("\0 ")[:6]
    if digits.isdecimal():
        at = at.replace(microsecond=int(digits.ljust(6, "0")))
    zone = _zone(str(offset or "").strip("\0 "))
    return at if zone is None else at.replace(tzinfo=zone)


def _zone(offset: str) -> timezone | None:
    """Of `+02:00` or `Z`. None for anything else: the still's time is then that of the clocks on a wall."""
    try:
        parsed = datetime.strptime(offset, "%z")
    except ValueError:
        return None
    return timezone(parsed.utcoffset() or timedelta())
