"""What is measured on a picture, and its thumbnail. Pure functions on Pillow's pictures."""

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageStat

from services.archiver.files.webp import encoding

THUMBNAIL_WIDTH: Final = 320
THUMBNAIL_QUALITY: Final = 70
_HASH_SIDE: Final = 8


@dataclass(frozen=True, slots=True)
class ImageFeatures:
    """`brightness` is the mean luma from 0 to 255; `perceptual_hash` is 64 bits in hexadecimal.

    Pictures that show the same thing differ in about five bits or fewer.
    """

    brightness: float
    perceptual_hash: str


def features_of(picture: Image.Image) -> ImageFeatures:
    """Measure the picture. The same file always has the same features."""
    gray = picture.convert("L")
    return ImageFeatures(round(ImageStat.Stat(gray).mean[0], 1), _difference_hash(gray))


def thumbnail_of(picture: Image.Image) -> bytes:
    """A WebP file `THUMBNAIL_WIDTH` pixels wide, or as wide as the picture if that is less.

    Raises:
        EncodeFailedError: when memory is short.
    """
    width = min(picture.width, THUMBNAIL_WIDTH)
    height = max(1, round(picture.height * width / picture.width))
    file = io.BytesIO()
    with encoding():
        small = picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
        small.save(file, "WEBP", quality=THUMBNAIL_QUALITY, method=4)
    return file.getvalue()


def _difference_hash(gray: Image.Image) -> str:
    """dHash (Neal Krawetz, 2013): 8 x 8 spots, each with a bit for whether it is brighter than its right neighbour.

    More or less light on the whole picture does not change it.
    """
    small = gray.resize((_HASH_SIDE + 1, _HASH_SIDE), Image.Resampling.BOX).tobytes()
    bits = 0
    for row in range(_HASH_SIDE):
        start = row * (_HASH_SIDE + 1)
        for left, right in zip(small[start : start + _HASH_SIDE], small[start + 1 : start + 9], strict=True):
            bits = bits << 1 | (left > right)
    return f"{bits:016x}"
