"""Makes a video frame of an archived picture: at the video's size, with the time in a corner if requested.

With the animated WebP in `encoders.py` the only use of Pillow in the rendering process.
"""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw, ImageFont

from services.archiver.files.webp import read_webp
from shared.settings import DEFAULT_MAX_PIXELS

_TEXT_SHARE: Final = 28
"""The printed time is 1/28 as high as the picture."""
_SMALLEST_TEXT: Final = 10
_SHADE: Final = (0, 0, 0, 150)


def open_picture(webp: bytes, max_pixels: int = DEFAULT_MAX_PIXELS) -> Image.Image:
    """Decode the picture as RGB. Raises PictureRefusedError when it is not whole, or has more than `max_pixels`."""
    picture = read_webp(webp, max_pixels).picture
    return picture if picture.mode == "RGB" else picture.convert("RGB")


class Composer:
    """Makes every picture `width` by `height` pixels: scaled as a whole, with black bars where the shapes differ."""

    def __init__(self, width: int, height: int, zone: ZoneInfo | None) -> None:
        self._size = (width, height)
        self._zone = zone
        self._text_height = max(_SMALLEST_TEXT, height // _TEXT_SHARE)
        self._font = ImageFont.load_default(self._text_height)

    def compose(self, picture: Image.Image, captured_at: datetime) -> Image.Image:
        """The video frame, as RGB."""
        frame = self._letterboxed(picture)
        if self._zone is not None:
            self._print(frame, f"{captured_at.astimezone(self._zone):%Y-%m-%d %H:%M}")
        return frame

    def _letterboxed(self, picture: Image.Image) -> Image.Image:
        width, height = self._size
        scale = min(width / picture.width, height / picture.height)
        # One missing pixel comes from rounding: no bar for that.
        fitted = (_snapped(picture.width * scale, width), _snapped(picture.height * scale, height))
        if picture.size != fitted:
            picture = picture.resize(fitted, Image.Resampling.BICUBIC, reducing_gap=2.0)
        if fitted == self._size:
            return picture
        frame = Image.new("RGB", self._size)
        frame.paste(picture, ((width - fitted[0]) // 2, (height - fitted[1]) // 2))
        return frame

    def _print(self, frame: Image.Image, text: str) -> None:
        pad = self._text_height // 2
        drawing = ImageDraw.Draw(frame, "RGBA")
        left, bottom = 2 * pad, frame.height - 2 * pad
        box = drawing.textbbox((left, bottom), text, font=self._font, anchor="lb")
        drawing.rounded_rectangle((box[0] - pad, box[1] - pad, box[2] + pad, box[3] + pad), pad, fill=_SHADE)
        drawing.text((left, bottom), text, font=self._font, anchor="lb", fill=(255, 255, 255, 255))


def _snapped(length: float, side: int) -> int:
    nearest = max(1, round(length))
    return side if abs(nearest - side) <= 1 else nearest
