"""Stand-in pictures: what viewers see while there is no live one. Owns their look; Pillow's only user here.

A stand-in is never mistaken for live: the last picture, dimmed, or a plain ground, with what is wrong and since when.
"""

import io
import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from PIL import Image, ImageDraw, ImageEnhance, ImageFont

USUAL_SIZE: Final = (1280, 720)
QUALITY: Final = 80
_GROUND: Final = (24, 28, 34)
_TEXT: Final = (240, 242, 245)
_FAINT_TEXT: Final = (170, 178, 188)
_ACCENT: Final = (232, 163, 61)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no live picture, in words: a headline, what to do about it, and since when (epoch ns)."""

    headline: str
    advice: str = ""
    since_ns: int | None = None


def draw_plate(problem: Problem, size: tuple[int, int] | None, last_jpeg: bytes | None) -> bytes:
    """A JPEG of `size` (width, height; the last picture's where there is one). Takes some 20 ms: not on the loop."""
    image = _ground(size or USUAL_SIZE, last_jpeg)
    draw = ImageDraw.Draw(image)
    width, height = image.size
    unit = max(min(width / 26, height / 14), 8)
    lines = [(problem.headline, unit * 1.25, _TEXT)]
    lines += [(line, unit * 0.72, _FAINT_TEXT) for line in textwrap.wrap(problem.advice, 52)]
    if problem.since_ns is not None:
        since = datetime.fromtimestamp(problem.since_ns // 10**9, UTC)
        lines.append((f"Since {since:%Y-%m-%d %H:%M:%S} UTC", unit * 0.72, _FAINT_TEXT))
    y = (height - sum(text_size * 1.5 for _, text_size, _ in lines)) / 2
    draw.rectangle((width / 2 - unit, y - unit * 0.7, width / 2 + unit, y - unit * 0.55), fill=_ACCENT)
    for text, text_size, colour in lines:
        font = _fitting_font(text, text_size, width * 0.94)
        draw.text((width / 2, y), text, fill=colour, font=font, anchor="ma")
        y += text_size * 1.5
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _ground(size: tuple[int, int], last_jpeg: bytes | None) -> Image.Image:
    if last_jpeg is not None:
        try:
            with Image.open(io.BytesIO(last_jpeg)) as picture:
                return ImageEnhance.Brightness(ImageEnhance.Color(picture.convert("RGB")).enhance(0.3)).enhance(0.3)
        except OSError:
            pass  # a picture that can't be decoded is no ground; the plain one is
    return Image.new("RGB", size, _GROUND)


def _fitting_font(text: str, size: float, room: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    font = ImageFont.load_default(size)
    length = font.getlength(text)
    return font if length <= room else ImageFont.load_default(max(6, size * room / length))
