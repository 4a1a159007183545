"""The near side: the bank of the lake, a tree that follows the seasons, a greenhouse that lights up at night."""

from math import sin

import numpy as np

from services.ingest.demo_scene.backdrop import BANK
from services.ingest.demo_scene.canvas import Canvas, Colour, Points, box, mix, rgb
from services.ingest.demo_scene.daylight import LAMPLIGHT, Daylight
from services.ingest.demo_scene.moment import Moment

_BARK = rgb("#7d5b48")
_BRICK, _FRAME, _GLASS = rgb("#b8725a"), rgb("#f6f1e6"), rgb("#cfe6e4")
_CROP, _BULB = rgb("#4f9a57"), rgb("#fff4d8")
_FLOWERS = (rgb("#fdf6e3"), rgb("#fdf6e3"), rgb("#ffd75e"), rgb("#f2a0b5"))
_CROWN = (  # x, y, radius, share of shade
    (0.95, 4.55, 0.72, 0.30), (2.45, 4.5, 0.70, 0.30), (1.7, 4.75, 0.75, 0.34), (0.6, 3.85, 0.70, 0.20),
    (2.8, 3.8, 0.70, 0.22), (1.7, 4.0, 0.95, 0.14), (1.05, 3.2, 0.75, 0.06), (2.3, 3.15, 0.75, 0.08),
    (1.65, 2.8, 0.72, 0.0),
)  # fmt: skip
_TRUNK = np.array(
    [[1.35, 7.35], [1.55, 7.1], [1.58, 5.4], [1.55, 4.4], [1.8, 4.4], [1.84, 5.4], [1.9, 7.1], [2.12, 7.35]]
)
_EAVES, _SILL = 5.75, 7.2  # units from the top: the greenhouse's glass wall


def wind(seconds: float, place: float) -> float:
    """How far the wind bends things at `place` (x in units): about -1..1, in gusts that travel across the garden."""
    gust = 0.65 + 0.35 * sin(seconds * 0.23 - place * 0.2)
    return gust * (0.65 * sin(seconds * 1.25 - place * 0.6) + 0.35 * sin(seconds * 2.9 - place * 1.9))


class Garden:
    """The near side. Its blades of grass and flowers are placed once."""

    def __init__(self) -> None:
        chance = np.random.default_rng(3)
        self._x = np.linspace(-0.2, 16.2, 96) + 0.16 * (chance.random(96) - 0.5)
        self._height = 0.1 + 0.24 * chance.random(96) ** 2
        self._flowers = np.column_stack([2.6 + 13.2 * chance.random(36), 7.0 + 1.9 * chance.random(36) ** 1.3])
        self._ground = BANK + 0.12 + 0.1 * np.sin(self._x * 0.45 + 0.6)

    def paint_still(self, canvas: Canvas, moment: Moment) -> None:
        self._paint_flowers(canvas, moment)
        _paint_greenhouse(canvas, moment.light)

    def paint_moving(self, canvas: Canvas, moment: Moment) -> None:
        self._paint_bank(canvas, moment)
        _paint_tree(canvas, moment)

    def _paint_flowers(self, canvas: Canvas, moment: Moment) -> None:
        """Many small flowers, larger towards the front; none in winter."""
        if moment.almanac.flowers == 0:
            return
        for flower, (x, y) in enumerate(self._flowers.tolist()):
            size = (0.016 + 0.012 * (y - 7.0)) * moment.almanac.flowers
            canvas.disc(x, y, size, moment.light.on(_FLOWERS[flower % len(_FLOWERS)], lamp=0.45))

    def _paint_bank(self, canvas: Canvas, moment: Moment) -> None:
        """One outline of all the blades, so that the bank costs one polygon."""
        x, ground, light, almanac = self._x, self._ground, moment.light, moment.almanac
        gust = 0.65 * np.sin(moment.seconds * 1.25 - x * 0.6) + 0.35 * np.sin(moment.seconds * 2.9 - x * 1.9)
        tips = np.column_stack([x + 0.07 * gust, ground - self._height])
        feet = np.column_stack([x + 0.03, ground])
        blades = np.stack([tips, feet], axis=1).reshape(-1, 2)
        lower = np.column_stack([x, ground + 0.24 + 0.03 * np.sin(x * 3.1)])[::-5]
        canvas.polygon(np.vstack([blades, lower]), light.on(mix(almanac.meadow, almanac.forest, 0.45), haze=0.04))


def _paint_tree(canvas: Canvas, moment: Moment) -> None:
    light, almanac, seconds = moment.light, moment.almanac, moment.seconds
    canvas.polygon(_TRUNK, light.on(_BARK))
    for x, y, radius, shade in _CROWN:
        sway = 0.07 * wind(seconds, x - y)
        canvas.disc(x + sway, y + 0.4 * sway, radius * almanac.leaves, light.on(almanac.crown * (1.0 - shade)))


def _paint_greenhouse(canvas: Canvas, light: Daylight) -> None:
    glass = mix(mix(light.on(_GLASS), light.horizon, 0.35), LAMPLIGHT, 0.88 * light.night)
    roof = mix(mix(light.on(_GLASS), light.middle, 0.3), LAMPLIGHT, 0.7 * light.night)
    canvas.polygon(_ROOF, roof)
    canvas.polygon(box(12.0, _EAVES, 14.95, _SILL), glass)
    canvas.polygon(_GABLE, glass * 0.96)
    canvas.polygons(_SHINES, mix(glass, _FRAME, 0.35 * (1.0 - light.night)))
    if light.night > 0:
        _paint_bulbs(canvas, light, glass)
    for depth, foliage in zip((0.5, 0.2), _FOLIAGE, strict=True):
        canvas.polygon(foliage, mix(light.on(_CROP, lamp=0.35), glass, depth))
    canvas.polygon(box(10.25, _SILL, 12.0, 7.62), light.on(_BRICK, lamp=0.35))
    canvas.polygon(box(12.0, _SILL, 15.0, 7.62), light.on(_BRICK * 0.86, lamp=0.35))
    for bar in _BARS:
        canvas.line(bar, 0.045, light.on(mix(_FRAME, _BARK, 0.5 * light.night), lamp=0.2))


def _paint_bulbs(canvas: Canvas, light: Daylight, glass: Colour) -> None:
    for x in (11.15, 12.75, 14.2):
        for radius, brightness in ((0.42, 0.2), (0.26, 0.45), (0.09, 1.0)):
            canvas.disc(x, 6.2, radius, mix(glass, _BULB, brightness * light.night))


def _foliage(left: float, right: float, height: float, phase: float) -> Points:
    """The leafy outline of a row of plants behind glass."""
    x = np.linspace(left, right, 88)
    plants = np.abs(np.sin(x * 6.2 + phase)) ** 0.6 * (0.75 + 0.25 * np.sin(x * 2.3 + phase))
    leaves = 0.07 * np.where(np.arange(88) % 2 == 0, 1.0, -1.0) * np.sin(x * 5.0) ** 2
    top = np.column_stack([x, _SILL - height * (0.3 + 0.7 * plants) - leaves])
    return np.vstack([top, [[right, _SILL], [left, _SILL]]])


def _bars() -> tuple[Points, ...]:
    """The frame of the greenhouse: its edges, then the bars of walls, roof and door."""
    gable = [[10.3, _SILL], [10.3, _EAVES], [11.15, 4.75], [12.0, _EAVES], [12.0, _SILL], [10.3, _SILL]]
    side = [[11.15, 4.75], [14.1, 4.75], [14.95, _EAVES], [14.95, _SILL], [12.0, _SILL]]
    bars = [
        gable,
        side,
        [[10.3, _EAVES], [14.95, _EAVES]],
        [[10.86, _SILL], [10.86, _EAVES]],
        [[11.44, _SILL], [11.44, _EAVES]],
    ]
    for step in (0.25, 0.5, 0.75):
        wall = 12.0 + 2.95 * step
        bars += [[[wall, _EAVES], [wall, _SILL]], [[wall - 0.85, 4.75], [wall, _EAVES]]]
    return tuple(np.array(bar) for bar in bars)


_ROOF = np.array([[11.15, 4.75], [14.1, 4.75], [14.95, _EAVES], [12.0, _EAVES]])
_GABLE = np.array([[10.3, _SILL], [10.3, _EAVES], [11.15, 4.75], [12.0, _EAVES], [12.0, _SILL]])
_SHINES = np.array([[0.35, _EAVES], [0.55, _EAVES], [0.15, _SILL], [-0.05, _SILL]]) + np.array(
    [[[x, 0.0]] for x in (12.2, 13.2, 14.1)]
)
_FOLIAGE = (_foliage(10.35, 14.9, 0.95, 0.9), _foliage(10.35, 14.9, 0.68, 0.0))
_BARS = _bars()
