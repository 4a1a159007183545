"""Draws placeholders: what viewers see while there is no live picture. Owns their look; Pillow's only user here.

A placeholder is never mistaken for a live picture. It is the last picture, dimmed, or a plain ground, with the problem
and since when written on it.
"""

import io
import math
import textwrap
from datetime import UTC, datetime, tzinfo
from typing import Final

from PIL import Image, ImageDraw, ImageEnhance, ImageFont

from services.stream.base import texts
from services.stream.fanout.cameras import Problem
from services.stream.fanout.picture import MAX_PIXELS
from shared.jpeg_segments import JpegError, scan_count
from shared.settings import DEFAULT_MAX_PIXELS

USUAL_SIZE: Final = (1280, 720)
QUALITY: Final = 80
_GROUND: Final = (24, 28, 34)
_TEXT: Final = (240, 242, 245)
_FAINT_TEXT: Final = (170, 178, 188)
_ACCENT: Final = (232, 163, 61)


def draw_placeholder(
    problem: Problem,
    size: tuple[int, int] | None,
    last_jpeg: bytes | None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    zone: tzinfo = UTC,
) -> bytes:
    """A JPEG that shows `problem`, with times of `zone`. It takes some 20 ms, so not on the loop.

    It has the size of `last_jpeg` where there is one, else `size` (width, height in pixels); at most `MAX_PIXELS`. A
    `last_jpeg` of more than `max_pixels` is not decoded.
    """
    image = _ground(size or USUAL_SIZE, last_jpeg, max_pixels)
    draw = ImageDraw.Draw(image)
    width, height = image.size
    unit = max(min(width / 26, height / 14), 8)
    lines = [(problem.headline, unit * 1.25, _TEXT)]
    lines += [(line, unit * 0.72, _FAINT_TEXT) for line in textwrap.wrap(problem.advice, 52)]
    if problem.since_ns is not None:
        since = datetime.fromtimestamp(problem.since_ns // 10**9, zone)
        lines.append((texts.since(f"{since:%Y-%m-%d %H:%M:%S %Z}"), unit * 0.72, _FAINT_TEXT))
    y = (height - sum(text_size * 1.5 for _, text_size, _ in lines)) / 2
    draw.rectangle((width / 2 - unit, y - unit * 0.7, width / 2 + unit, y - unit * 0.55), fill=_ACCENT)
    for text, text_size, colour in lines:
        font = _fitting_font(text, text_size, width * 0.94)
        draw.text((width / 2, y), text, fill=colour, font=font, anchor="ma")
        y += text_size * 1.5
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _ground(size: tuple[int, int], last_jpeg: bytes | None, max_pixels: int) -> Image.Image:
    if last_jpeg is not None:
        try:
            return _dimmed(last_jpeg, max_pixels)
        except (OSError, JpegError):
            pass  # a picture that can't be decoded, or not at this price, is no ground; the plain one is
    return Image.new("RGB", _fitting(size), _GROUND)


def _dimmed(jpeg: bytes, max_pixels: int) -> Image.Image:
    # The decoder holds all coefficients of a picture in several scans, 6 bytes a pixel, whatever size it is wanted in.
    max_pixels = max_pixels if scan_count(jpeg) == 1 else min(max_pixels, MAX_PIXELS)
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
        width, height = picture.size
        if width * height > max_pixels:
            raise OSError("a larger picture than is allowed")
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
