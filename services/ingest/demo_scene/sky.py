"""Everything that moves in the sky: stars, moon, sun and clouds behind the mountains, birds and a balloon in front."""

from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np

from services.ingest.demo_scene.canvas import WIDTH_UNITS, Canvas, Points, mix, rgb
from services.ingest.demo_scene.daylight import HORIZON, Daylight
from services.ingest.demo_scene.moment import Moment

_STAR_COUNT = 420
_STARLIGHT = rgb("#eef3ff")
_POLE = np.array([10.2, 2.4])  # the stars turn about it once a day
_SUN_RADIUS = 0.46
_SUN_HIGH, _SUN_LOW = rgb("#fffbe6"), rgb("#ffd08a")
_MOON_RADIUS = 0.44
_FULL_MOON_AGE = 0.5
_MOONLIGHT = rgb("#f6f0da")
_FABRIC = (rgb("#d9534a"), rgb("#f4a94a"), rgb("#f8e6c0"))  # of the balloon, from the edge to the middle
_BASKET = rgb("#7a4f36")
_FLAME = rgb("#ffbe63")
_FEATHERS = rgb("#3c4a5c")
_IN_VIEW = 2.5  # units; anything this far beyond the edge is out of view
_LOOP = 24.0  # units; a drifting thing leaves on one side and returns on the other, unseen


@dataclass(frozen=True, slots=True)
class Cloud:
    """An outline that stands on (0, 0), its shaded lower part, its place at the epoch, and its speed."""

    outline: Points
    shade: Points
    x: float
    y: float
    units_per_second: float


class Sky:
    """The sky. Its stars and clouds are drawn at random once."""

    def __init__(self) -> None:
        chance = np.random.default_rng(11)
        turns = chance.random(_STAR_COUNT) * 2 * pi
        distances = 11.0 * np.sqrt(chance.random(_STAR_COUNT))
        self._stars = distances[:, None] * np.column_stack([np.cos(turns), np.sin(turns)])
        self._magnitudes = 0.2 + 0.8 * chance.random(_STAR_COUNT) ** 3
        sizes_and_heights = [(0.9, 2.9), (0.5, 1.2), (1.2, 3.7), (0.7, 2.2), (0.45, 3.4), (1.0, 1.6), (0.6, 3.1)]
        clouds = []
        for slot, (size, y) in enumerate(sizes_and_heights):
            outline = _cumulus(chance) * size
            shade = outline * [0.9, 0.45] + [0.06, 0.0]
            clouds.append(Cloud(outline, shade, slot * _LOOP / len(sizes_and_heights), y, 0.06 + 0.05 * size))
        self._clouds = tuple(clouds)

    def paint_far(self, canvas: Canvas, moment: Moment) -> None:
        light = moment.light
        if light.night > 0:
            self._paint_stars(canvas, moment)
        if light.moon[1] - _MOON_RADIUS < HORIZON:
            _paint_moon(canvas, light, moment.almanac.moon_age)
        if light.sun[1] - _SUN_RADIUS < HORIZON:
            lowness = min(max((light.sun[1] - 2.0) / 3.0, 0.0), 1.0)
            canvas.disc(*light.sun, _SUN_RADIUS, mix(_SUN_HIGH, _SUN_LOW, lowness))
        self._paint_clouds(canvas, moment)

    def paint_near(self, canvas: Canvas, moment: Moment) -> None:
        _paint_birds(canvas, moment)
        _paint_balloon(canvas, moment)

    def _paint_stars(self, canvas: Canvas, moment: Moment) -> None:
        light = moment.light
        turn = light.hour / 24.0 * 2 * pi
        places = self._stars @ np.array([[cos(turn), sin(turn)], [-sin(turn), cos(turn)]]) + _POLE
        x, y = places.T
        by_moon = np.hypot(x - light.moon[0], y - light.moon[1]) < _MOON_RADIUS + 0.1
        seen = (x > 0) & (x < WIDTH_UNITS) & (y > 0) & (y < HORIZON - 0.8) & ~by_moon
        magnitudes = self._magnitudes[seen]
        twinkle = 0.8 + 0.2 * np.sin(moment.seconds * 2.1 + 90.0 * magnitudes)
        behind = canvas.colours_at(places[seen])
        colours = behind + (_STARLIGHT - behind) * (light.night**2 * magnitudes * twinkle)[:, None]
        for (across, down), magnitude, colour in zip(places[seen].tolist(), magnitudes.tolist(), colours, strict=True):
            canvas.disc(across, down, 0.010 + 0.018 * magnitude, colour)

    def _paint_clouds(self, canvas: Canvas, moment: Moment) -> None:
        light = moment.light
        bright, dull = mix(light.cloud, light.middle, 0.12), mix(light.cloud, light.middle, 0.4)
        for cloud in self._clouds:
            x = drifted(cloud.x, cloud.units_per_second, moment.seconds)
            if -_IN_VIEW < x < WIDTH_UNITS + _IN_VIEW:
                place = np.array([x, cloud.y])
                canvas.polygon(cloud.outline + place, bright)
                canvas.polygon(cloud.shade + place, dull)


def drifted(x: float, units_per_second: float, seconds: float) -> float:
    """The place of something that drifts round the scene. It jumps back only well outside the picture."""
    return (x + units_per_second * seconds) % _LOOP - (_LOOP - WIDTH_UNITS) / 2


def _cumulus(chance: np.random.Generator) -> Points:
    """The outline of a row of round heaps on a flat base, about 3.2 units wide."""
    places = np.array([-1.25, -0.65, 0.0, 0.65, 1.2])
    radii = np.array([0.3, 0.5, 0.7, 0.52, 0.34]) * (0.85 + 0.3 * chance.random(5))
    left, right = places[0] - radii[0], places[-1] + radii[-1]
    x = (left + right) / 2 + (right - left) / 2 * np.sin(np.linspace(-pi / 2, pi / 2, 45))  # finer towards the ends
    half = np.sqrt(np.maximum(radii**2 - (x[:, None] - places) ** 2, 0.0))
    top = (-0.85 * radii - half).min(axis=1, where=half > 0, initial=-0.85 * radii[[0, -1]].min())
    ends = np.r_[0:7, 38:45]
    base = (half - 0.85 * radii).max(axis=1, where=half > 0, initial=-1.0)[ends].clip(-0.3, 0.0)
    return np.vstack([np.column_stack([x, top]), np.column_stack([x[ends], base])[::-1]])


def _paint_moon(canvas: Canvas, light: Daylight, age: float) -> None:
    dark = canvas.colours_at(np.array([light.moon]))[0]
    canvas.disc(*light.moon, _MOON_RADIUS, mix(dark, _MOONLIGHT, 0.06))
    turn = np.linspace(-pi / 2, pi / 2, 25)
    side = 1.0 if age < _FULL_MOON_AGE else -1.0  # a waxing moon is lit on the right, a waning one on the left
    limb = np.column_stack([side * np.cos(turn), np.sin(turn)])
    edge = np.column_stack([side * cos(2 * pi * age) * np.cos(turn), np.sin(turn)])[::-1]
    tilt = np.array([[0.94, 0.34], [-0.34, 0.94]])
    canvas.polygon(
        np.vstack([limb, edge]) @ tilt * _MOON_RADIUS + light.moon, mix(dark, _MOONLIGHT, 0.3 + 0.7 * light.night)
    )


def _paint_balloon(canvas: Canvas, moment: Moment) -> None:
    light, seconds = moment.light, moment.seconds
    place = np.array([drifted(9.0, 0.11, seconds), 2.6 + 0.22 * sin(seconds * 0.21)])
    flame = light.night * (0.85 + 0.15 * sin(seconds * 1.3) * sin(seconds * 0.37))
    for width, fabric, glow in zip((0.52, 0.36, 0.14), _FABRIC, (0.55, 0.85, 1.0), strict=True):
        canvas.polygon(_ENVELOPE * [width, 0.62] + place, mix(light.on(fabric), _FLAME, glow * flame))
    basket = light.on(_BASKET, lamp=0.4)
    for side in (-1, 1):
        canvas.line(np.array([[side * 0.14, 0.6], [side * 0.1, 0.86]]) + place, 0.012, basket)
    canvas.polygon(np.array([[-0.12, 0.84], [0.12, 0.84], [0.09, 1.02], [-0.09, 1.02]]) + place, basket)


def _envelope() -> Points:
    """A balloon's round top and narrowing skirt, in a box from -1 to 1."""
    turn = np.linspace(-pi, pi, 41)
    x, y = np.sin(turn), -np.cos(turn)
    return np.column_stack([np.where(y > 0, x * (1.0 - 0.1 * y) + 0.28 * y**3 * np.sign(x) * (1 - abs(x)), x), y])


def _paint_birds(canvas: Canvas, moment: Moment) -> None:
    light, seconds = moment.light, moment.seconds
    presence = max(0.0, 1.0 - 2.0 * light.night)  # at dusk they fade away
    if presence == 0:
        return
    size, feathers = 0.16 * presence**0.5, mix(light.middle, light.on(_FEATHERS, haze=0.2), presence)
    for bird, (behind, aside) in enumerate(((0, 0), (0.5, -0.22), (0.55, 0.2), (1.05, -0.42), (1.2, 0.36))):
        x = drifted(3.0 - behind, 0.42, seconds)
        y = 3.0 + aside + 0.25 * sin(seconds * 0.3) + 0.04 * sin(seconds * 1.1 + bird)
        lift = 0.45 * sin(seconds * 5.0 + bird * 1.9) - 0.1
        wings = np.array([[-1.0, lift], [-0.45, -0.25 + lift * 0.4], [0, 0], [0.45, -0.25 + lift * 0.4], [1.0, lift]])
        canvas.line(wings * size + [x, y], 0.03, feathers)


_ENVELOPE = _envelope()
