"""Paints a window sill: a plant that grows from seed to flower, in the light of the day and hour.

Owns the drawing and nothing else. The picture depends only on the instant and the growth.
"""

import random
from dataclasses import dataclass
from datetime import datetime
from math import cos, pi, sin
from typing import Final, Self

from PIL import Image, ImageDraw

WIDTH: Final = 640
HEIGHT: Final = 360
_FINE: Final = 2  # painted twice as large and then reduced, since Pillow's outlines have steps
_LEAVES: Final = 16
_NIGHT_LIGHT: Final = 0.1
_LAMP_HOURS: Final = (18, 22)
Colour = tuple[int, int, int]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Light:
    """`day` goes from 0 at night to 1 at noon, `clouds` from 0 to 1; the lamp is lit on dark evenings."""

    day: float
    clouds: float
    lamp: bool
    hour: float

    @classmethod
    def at(cls, local: datetime) -> Self:
        hour = local.hour + local.minute / 60
        midsummer = cos((local.timetuple().tm_yday - 172) / 365 * 2 * pi)
        half_day = 6 + 2 * midsummer
        day = max(0.0, min(1.0, 1.25 * cos((hour - 12.5) / half_day * pi / 2))) if abs(hour - 12.5) < half_day else 0.0
        weather = random.Random(local.toordinal())  # noqa: S311 the same day, the same weather
        clouds = min(1.0, max(0.0, weather.gauss(0.4, 0.3) + 0.2 * sin(hour / 3 + weather.random() * 6)))
        first, last = _LAMP_HOURS
        return cls(day, clouds, first <= hour < last and day < 0.3 and weather.random() < 0.8, hour)  # noqa: PLR2004

    def on(self, colour: Colour, *, outside: bool = False) -> Colour:
        """The colour in this light."""
        strength = _NIGHT_LIGHT + (1 - _NIGHT_LIGHT) * self.day * (1 - 0.3 * self.clouds)
        warm = 0.75 if self.lamp and not outside else 0.0
        red, green, blue = (max(strength, warm * share) for share in (1.0, 0.82, 0.55))
        return round(colour[0] * red), round(colour[1] * green), round(colour[2] * blue)


def paint(local: datetime, growth: float) -> Image.Image:
    """The picture at a local time; growth goes from 0, a seed, to 1."""
    light = Light.at(local)
    picture = Image.new("RGB", (WIDTH * _FINE, HEIGHT * _FINE), light.on((206, 196, 180)))
    draw = ImageDraw.Draw(picture)
    _paint_window(draw, light)
    _paint_sill(draw, light)
    _paint_plant(draw, light, growth, sway=sin(local.timetuple().tm_yday * 2.1 + light.hour))
    return picture.reduce(_FINE)


def _box(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
    return left * _FINE, top * _FINE, right * _FINE, bottom * _FINE


def _points(points: list[Point]) -> list[Point]:
    return [(x * _FINE, y * _FINE) for x, y in points]


def _paint_window(draw: ImageDraw.ImageDraw, light: Light) -> None:
    left, top, right, bottom = 90, 0, 550, 268
    dusk = max(0.0, 1 - abs(light.day - 0.25) * 4)
    for step in range(12):
        low = step / 11
        sky = (
            round(95 + 90 * low + 60 * light.clouds + 60 * dusk * low),
            round(150 + 55 * low - 25 * light.clouds),
            round(225 - 10 * low - 65 * light.clouds - 60 * dusk * low),
        )
        draw.rectangle(
            _box(left, top + step * 18, right, top + step * 18 + 18),
            light.on((min(sky[0], 255), min(sky[1], 255), sky[2]), outside=True),
        )
    if light.day > 0:
        x, y = 90 + (light.hour - 5) / 15 * 460, 190 - 165 * light.day
        size = 17
        glow = light.on((255, 236, round(190 - 80 * dusk)), outside=True)
        if light.clouds < 0.7:  # noqa: PLR2004
            draw.ellipse(_box(x - size, y - size, x + size, y + size), glow)
    elif light.clouds < 0.6:  # noqa: PLR2004
        draw.ellipse(_box(430, 40, 456, 66), (196, 200, 206))
    hills = [(left, 190), (170, 160), (260, 185), (350, 150), (450, 182), (right, 165), (right, bottom), (left, bottom)]
    draw.polygon(_points([(float(x), float(y)) for x, y in hills]), light.on((92, 128, 104), outside=True))
    draw.polygon(
        _points([(left, 230), (230, 212), (390, 228), (right, 208), (right, bottom), (left, bottom)]),
        light.on((70, 108, 74), outside=True),
    )
    frame = light.on((236, 230, 220))
    for x in (left - 8, 316, right - 2):
        draw.rectangle(_box(x, top, x + 10, bottom), frame)
    draw.rectangle(_box(left - 8, 118, right + 8, 125), frame)


def _paint_sill(draw: ImageDraw.ImageDraw, light: Light) -> None:
    draw.rectangle(_box(0, 268, WIDTH, HEIGHT), light.on((150, 112, 78)))
    draw.rectangle(_box(0, 268, WIDTH, 280), light.on((186, 146, 106)))
    draw.rectangle(_box(0, 280, WIDTH, 284), light.on((120, 88, 60)))
    # A mug on the left, and a lamp on the right whose shade glows in the evening.
    draw.rounded_rectangle(_box(120, 240, 160, 284), 8, light.on((64, 120, 142)))
    draw.arc(_box(150, 248, 176, 274), -90, 90, light.on((64, 120, 142)), 10)
    draw.rectangle(_box(520, 190, 524, 284), light.on((74, 78, 86)))
    draw.ellipse(_box(496, 276, 548, 290), light.on((74, 78, 86)))
    shade = (255, 224, 150) if light.lamp else light.on((226, 208, 170))
    draw.polygon(_points([(502, 132), (542, 132), (566, 194), (478, 194)]), shade)


def _paint_plant(draw: ImageDraw.ImageDraw, light: Light, growth: float, sway: float) -> None:
    tall = 8 + 186 * growth
    foot, top = 232.0, 232.0 - tall

    def stem(share: float) -> Point:
        """Where the stem is, from the earth (0) to its tip (1)."""
        return 320 + (10 * sin(share * 3.4) + 5 * sway * share * share) * min(1.0, growth * 2), foot - tall * share

    line = _points([stem(step / 20) for step in range(21)])
    draw.line(line, light.on((92, 138, 66)), round((2 + 4 * growth) * _FINE), joint="curve")
    for number in range(_LEAVES):
        share = (number + 1) / (_LEAVES + 1)
        age = growth * (_LEAVES + 3) - number
        if age > 0:
            size = min(1.0, age / 4) * (46 - 22 * share) * (0.55 + 0.45 * growth)
            side = -1 if number % 2 else 1
            # In the evening the leaves hang a little.
            lift = 0.5 - 0.45 * share + (0.22 if light.day < 0.2 else 0.0)  # noqa: PLR2004
            _paint_leaf(draw, light, stem(share), size, side, lift, number)
    bloom = max(0.0, growth * 4 - 3)
    if bloom > 0:
        x, y = stem(1.0)
        size = 9 + 12 * bloom
        for petal in range(10):
            angle = petal / 10 * 2 * pi
            px, py = x + size * cos(angle), y + size * sin(angle)
            draw.ellipse(
                _box(px - size * 0.5, py - size * 0.5, px + size * 0.5, py + size * 0.5), light.on((244, 190, 52))
            )
        draw.ellipse(_box(x - size * 0.6, y - size * 0.6, x + size * 0.6, y + size * 0.6), light.on((112, 70, 40)))
    elif top < foot - 12:
        x, y = stem(1.0)
        draw.ellipse(_box(x - 4, y - 6, x + 4, y + 4), light.on((128, 176, 84)))
    draw.polygon(_points([(276, 238), (364, 238), (352, 304), (288, 304)]), light.on((196, 104, 72)))
    draw.rounded_rectangle(_box(270, 228, 370, 244), 5, light.on((214, 120, 84)))
    draw.ellipse(_box(280, 229, 360, 237), light.on((64, 46, 34)))


def _paint_leaf(  # noqa: PLR0913, PLR0917 where, how large and how it hangs
    draw: ImageDraw.ImageDraw, light: Light, at: Point, size: float, side: int, lift: float, number: int
) -> None:
    outline = [(0.0, 0.0), (0.25, -0.24), (0.6, -0.26), (1.0, 0.0), (0.6, 0.18), (0.25, 0.16)]
    angle = lift - 0.35
    turned = [
        (at[0] + side * size * (x * cos(angle) - y * sin(angle)), at[1] + size * (x * sin(angle) + y * cos(angle)))
        for x, y in outline
    ]
    shade = 14 * (number % 3)
    draw.polygon(_points(turned), light.on((84 + shade, 150 + shade, 70)))
