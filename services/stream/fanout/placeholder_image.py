"""Draws placeholders: what viewers see while there is no live picture. Owns their look; Pillow's only user here.

A placeholder is never mistaken for a live picture. It is the last picture, dimmed, or a plain ground, with the problem
and since when written on it.
"""

import io
import math
import textwrap
from datetime import UTC, datetime
from typing import Final

from PIL import Image, ImageDraw, ImageEnhance, ImageFont

from services.stream.base import texts
from services.stream.fanout.cameras import Problem

USUAL_SIZE: Final = (1280, 720)
MAX_PIXELS: Final = 3840 * 2160
"""A larger camera's placeholder is smaller, in its proportions: drawing takes some 13 bytes a pixel."""
MAX_SOURCE_PIXELS: Final = 7680 * 4320
MAX_SCANS: Final = 64
"""Of a progressive JPEG; encoders make some ten. Each takes as long as a picture, and thousands are legal."""
_SCAN: Final = b"\xff\xda"
QUALITY: Final = 80
_GROUND: Final = (24, 28, 34)
_TEXT: Final = (240, 242, 245)
_FAINT_TEXT: Final = (170, 178, 188)
_ACCENT: Final = (232, 163, 61)


def draw_placeholder(problem: Problem, size: tuple[int, int] | None, last_jpeg: bytes | None) -> bytes:
    """A JPEG that shows `problem`. It takes some 20 ms, so not on the loop.

    It has the size of `last_jpeg` where there is one, else `size` (width, height in pixels); at most `MAX_PIXELS`.
    """
    image = _ground(size or USUAL_SIZE, last_jpeg)
    draw = ImageDraw.Draw(image)
    width, height = image.size
    unit = max(min(width / 26, height / 14), 8)
    lines = [(problem.headline, unit * 1.25, _TEXT)]
    lines += [(line, unit * 0.72, _FAINT_TEXT) for line in textwrap.wrap(problem.advice, 52)]
    if problem.since_ns is not None:
        since = datetime.fromtimestamp(problem.since_ns // 10**9, UTC)
        lines.append((texts.since(f"{since:%Y-%m-%d %H:%M:%S}"), unit * 0.72, _FAINT_TEXT))
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
    if last_jpeg is not None and last_jpeg.count(_SCAN) <= MAX_SCANS:
        try:
            return _dimmed(last_jpeg)
        except OSError:
            pass  # a picture that can't be decoded is no ground; the plain one is
    return Image.new("RGB", _fitting(size), _GROUND)


def _dimmed(jpeg: bytes) -> Image.Image:
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
        width, height = picture.size
        if width * height > MAX_SOURCE_PIXELS:
            raise OSError("a larger picture than any camera's")
        size = _fitting(picture.size)
        # The decoder itself halves a large picture as often as that leaves it large enough.
        picture.draft("RGB", size)
        plain = picture.convert("RGB")
    fitted = plain if plain.size == size else plain.resize(size)
    return ImageEnhance.Brightness(ImageEnhance.Color(fitted).enhance(0.3)).enhance(0.3)


def _fitting(size: tuple[int, int]) -> tuple[int, int]:
    """The size itself, or one with the same proportions and at most `MAX_PIXELS`."""
    width, height = size
    scale = min(1.0, math.sqrt(MAX_PIXELS / (width * height)))
    return max(1, int(width * scale)), max(1, int(height * scale))


def _fitting_font(text: str, size: float, room_pixels: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    font = ImageFont.load_default(size)
    length = font.getlength(text)
    return font if length <= room_pixels else ImageFont.load_default(max(6, size * room_pixels / length))
