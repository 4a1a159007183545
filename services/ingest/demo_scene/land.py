"""The far side: mountains, hills, a village, a train along the shore, and their reflections in the lake."""

from dataclasses import dataclass
from math import pi, sin
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.ingest.demo_scene.canvas import Canvas, Points, box, mix, rgb
from services.ingest.demo_scene.daylight import HORIZON, LAMPLIGHT, Daylight
from services.ingest.demo_scene.moment import Moment
from services.ingest.demo_scene.sky import drifted

_ROCK, _SNOW = rgb("#6f86a6"), rgb("#f7fafd")
_WALLS, _ROOFS, _SPIRE, _GLASS = rgb("#efe3d0"), rgb("#b5563f"), rgb("#5d6b7a"), rgb("#6d8496")
_TRAIN, _TRAIN_STRIPE = rgb("#c8433f"), rgb("#f3e3c8")
_SAIL, _HULL = rgb("#fbf5ea"), rgb("#8d4a3c")
_TRAIN_UNITS_PER_SECOND = 1.1
_TRAIN_EVERY_UNITS = 60.0  # so that it passes about once a minute
_TRAIN_GONE_UNITS = 20.0  # its last car has left the picture
_PEAKS = (  # x, height over the horizon, half the width of the foot; the far ones first
    (0.4, 1.75, 2.6), (4.3, 1.55, 2.4), (13.2, 1.7, 2.7), (10.3, 1.6, 2.3), (7.3, 2.25, 2.9), (16.0, 2.1, 2.7),
)  # fmt: skip
_SNOW_CAP = np.array(
    [[0.0, 0.0], [-1.0, 1.0], [-0.5, 0.72], [-0.2, 1.12], [0.12, 0.78], [0.36, 1.08], [0.62, 0.76], [1.0, 1.0]]
)
_SNOW_SHADE = np.array([[0.0, 0.0], [0.04, 0.4], [0.12, 0.78], [0.36, 1.08], [0.62, 0.76], [1.0, 1.0]])
_TOWER = np.array([[5.3, 0.0], [5.3, -0.5], [5.38, -0.82], [5.46, -0.5], [5.46, 0.0]]) + np.array([0.0, HORIZON])
_HOUSES = ((4.55, 0.30, 0.20), (4.95, 0.26, 0.17), (5.62, 0.34, 0.22), (6.05, 0.25, 0.19), (6.42, 0.3, 0.16))

Line = NDArray[np.float64]  # heights over the horizon, in units


@dataclass(frozen=True, slots=True)
class Peak:
    """A mountain's outline and its shaded side. Its foot is one `reach` below the summit, and one to either side."""

    summit: Points
    reach: Points
    body: Points
    shade: Points

    @classmethod
    def at(cls, x: float, height: float, half: float, flank: Points) -> Self:
        summit, reach = np.array([x, HORIZON - height]), np.array([half, height])
        body = np.array([[0.0, 0.0], [1.0, 1.0], [-1.0, 1.0]])
        return cls(summit, reach, body * reach + summit, np.vstack([flank, body[1]]) * reach + summit)


class Land:
    """The far shore. Its outlines are drawn at random once; after that its still part changes only with the light."""

    def __init__(self) -> None:
        chance = np.random.default_rng(5)
        self._x: Line = np.linspace(-0.2, 16.2, 165)
        self._heights: Line = 0.85 + 0.6 * _ridge(self._x, chance, 0.55)
        self._hills: Line = 0.45 + 0.7 * _ridge(self._x, chance, 0.42)
        self._woods: Line = 0.2 + 0.3 * _ridge(self._x, chance, 0.8) + 0.12 * np.abs(np.sin(self._x * 11.0)) ** 0.7
        self._peaks = tuple(Peak.at(x, height, half, _flank(chance)) for x, height, half in _PEAKS)

    def paint_still(self, canvas: Canvas, moment: Moment) -> None:
        light, almanac = moment.light, moment.almanac
        hills, woods = light.on(almanac.hills, haze=0.3), light.on(almanac.forest, haze=0.1)
        canvas.polygon(self._under(-0.62 * self._hills), mix(hills, light.middle, 0.5))
        canvas.polygon(self._under(-0.5 * self._woods), mix(woods, light.middle, 0.4))
        for peak in self._peaks:
            _paint_peak(canvas, moment, peak)
        canvas.polygon(self._under(self._heights), light.on(mix(almanac.hills, almanac.forest, 0.5), haze=0.42))
        canvas.polygon(self._under(self._hills), hills)
        canvas.polygon(self._under(self._woods), woods)
        _paint_village(canvas, light)
        canvas.polygon(box(0.0, HORIZON - 0.02, 16.0, HORIZON + 0.02), light.on(almanac.forest * 0.6, haze=0.1))

    def paint_moving(self, canvas: Canvas, moment: Moment) -> None:
        _paint_glints(canvas, moment)
        _paint_train(canvas, moment)
        _paint_boat(canvas, moment)

    def _under(self, line: Line) -> Points:
        """The outline of the area between a line and the shore."""
        ends = [[self._x[-1], HORIZON], [self._x[0], HORIZON]]
        return np.vstack([np.column_stack([self._x, HORIZON - line]), ends])


def _ridge(x: Line, chance: np.random.Generator, waves_per_unit: float) -> Line:
    """A line between 0 and 1 that rises and falls irregularly."""
    line = np.zeros_like(x)
    for octave in range(3):
        line += np.sin(x * waves_per_unit * 1.9**octave + chance.random() * 2 * pi) * 0.5**octave
    line -= line.min()
    highest: float = line.max()
    return line / highest


def _flank(chance: np.random.Generator) -> Points:
    """The broken line from a summit at (0, 0) down to (0, 1): where the sunny side of a mountain ends."""
    down = np.linspace(0.0, 1.0, 8)
    return np.column_stack([0.16 * (chance.random(8) - 0.35) * np.sqrt(down) + 0.1 * down, down])


def _paint_peak(canvas: Canvas, moment: Moment, peak: Peak) -> None:
    """A bright side, a side in shade, and snow on both."""
    light, snow = moment.light, 0.2 + 0.22 * moment.almanac.snow
    canvas.polygon(peak.body, light.on(_ROCK, haze=0.52))
    canvas.polygon(peak.shade, light.on(_ROCK * 0.8, haze=0.42))
    canvas.polygon(_SNOW_CAP * (peak.reach * snow) + peak.summit, light.on(_SNOW, haze=0.22))
    canvas.polygon(_SNOW_SHADE * (peak.reach * snow) + peak.summit, light.on(_SNOW * 0.86, haze=0.22))


def _paint_village(canvas: Canvas, light: Daylight) -> None:
    window = mix(light.on(_GLASS), LAMPLIGHT, light.night)
    walls, roofs = light.on(_WALLS, haze=0.15, lamp=0.12), light.on(_ROOFS, haze=0.2)
    canvas.polygon(_TOWER, walls)
    canvas.polygon(_TOWER[1:4], light.on(_SPIRE, haze=0.2))
    canvas.polygon(box(5.36, HORIZON - 0.44, 5.4, HORIZON - 0.36), window)
    for x, width, height in _HOUSES:
        eaves = HORIZON - height
        canvas.polygon(box(x, eaves, x + width, HORIZON), walls)
        canvas.polygon(np.array([[x - 0.03, eaves], [x + width / 2, eaves - 0.15], [x + width + 0.03, eaves]]), roofs)
        panes = [
            box(x + share * width - 0.022, eaves + 0.05, x + share * width + 0.022, eaves + 0.1) for share in (0.3, 0.7)
        ]
        canvas.polygons(np.stack(panes), window)


def _paint_glints(canvas: Canvas, moment: Moment) -> None:
    """Short bright lines on the water, every second one below the sun or the moon."""
    light, seconds = moment.light, moment.seconds
    for glint in range(24):
        y = HORIZON + 0.15 + (glint * 0.618) % 1.0 * 1.15
        lamp_x = light.moon[0] if glint % 4 == 0 else light.sun[0]
        x = lamp_x + 0.8 * sin(glint * 2.4) if glint % 2 == 0 else drifted(glint * 5.3, 0.05, seconds)
        strength = sin(seconds * (0.7 + 0.05 * (glint % 7)) + glint * 1.7)
        if strength > 0:
            half = (0.1 + 0.25 * (y - HORIZON)) * strength
            canvas.line(
                np.array([[x - half, y], [x + half, y]]), 0.014, mix(light.middle, light.horizon * 0.7 + 60.0, strength)
            )


def _paint_train(canvas: Canvas, moment: Moment) -> None:
    front = (_TRAIN_UNITS_PER_SECOND * moment.seconds) % _TRAIN_EVERY_UNITS
    if front > _TRAIN_GONE_UNITS:
        return
    light = moment.light
    body, stripe = light.on(_TRAIN, haze=0.08, lamp=0.1), light.on(_TRAIN_STRIPE, haze=0.08)
    for car in range(5):
        nose = 0.14 if car == 0 else 0.0
        place = np.array([front - car * 0.6, HORIZON - 0.02])
        canvas.polygon(np.array([[-0.56, 0.0], [-0.56, -0.2], [-nose, -0.2], [0.0, -0.07], [0.0, 0.0]]) + place, body)
        canvas.line(np.array([[-0.54, -0.03], [-0.03, -0.03]]) + place, 0.015, stripe)
        canvas.polygons(_TRAIN_WINDOWS + place, mix(light.on(_GLASS), LAMPLIGHT, light.night))


def _paint_boat(canvas: Canvas, moment: Moment) -> None:
    light, seconds = moment.light, moment.seconds
    place = np.array([drifted(15.0, -0.09, seconds), 5.86 + 0.012 * sin(seconds * 1.7)])
    lean = 0.05 * sin(seconds * 0.9)
    sail = np.array([[0.03, -0.08], [0.06 + lean, -0.85], [0.42 + lean / 2, -0.16]])
    jib = np.array([[-0.03, -0.1], [0.03 + lean, -0.72], [-0.3 + lean / 2, -0.12]])
    mirrored = np.array([[-0.3, 0.08], [0.32, 0.08], [0.04 - lean, 0.5]])
    canvas.polygon(mirrored + place, mix(light.on(_SAIL), light.middle, 0.65))
    canvas.polygon(sail + place, light.on(_SAIL, lamp=0.2))
    canvas.polygon(jib + place, light.on(_SAIL * 0.9, lamp=0.2))
    canvas.polygon(np.array([[-0.42, -0.08], [0.46, -0.08], [0.32, 0.06], [-0.3, 0.06]]) + place, light.on(_HULL))
    if light.night > 0:
        canvas.disc(place[0] + 0.06 + lean, place[1] - 0.88, 0.045 * light.night, LAMPLIGHT)


_TRAIN_WINDOWS = np.stack([box(-x - 0.04, -0.155, -x + 0.04, -0.085) for x in (0.46, 0.34, 0.22)])
