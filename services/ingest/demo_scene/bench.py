"""The bench in front: a lantern, a cat, and three pots whose plants grow from seed to flower over eight real weeks."""

from math import pi, sin

import numpy as np
from numpy.typing import NDArray

from services.ingest.demo_scene.canvas import Canvas, Colour, Points, box, mix, rgb, stalk
from services.ingest.demo_scene.daylight import LAMPLIGHT, Daylight
from services.ingest.demo_scene.garden import wind
from services.ingest.demo_scene.moment import Moment

_TOP = 8.3  # units from the top: where the pots stand
_RIM = _TOP - 0.8
_NEAR_LAMP = 0.32  # light from the lantern and the greenhouse
_WOOD, _IRON = rgb("#b98a5e"), rgb("#4a4f57")
_POTS = ((4.65, 0.46, rgb("#c8694a")), (6.1, 0.5, rgb("#3f8598")), (7.55, 0.54, rgb("#e9dcc3")))  # x, half width, glaze
_FUR, _CHEST, _EYES = rgb("#d98b4b"), rgb("#f7ead8"), rgb("#3b3026")
_CAT_X = 8.72
_STEM, _LEAF = rgb("#5f9a45"), rgb("#6cae4c")
_PETAL, _HEART = rgb("#ffc933"), rgb("#6e4426")
_TOMATO, _TULIP = rgb("#e2463a"), rgb("#e66fa0")
_LEAF_OUTLINE = np.array([[0.0, 0.0], [0.3, -0.2], [0.7, -0.22], [1.0, 0.0], [0.7, 0.14], [0.3, 0.13]])
_CUP = np.array(
    [
        [-0.5, -1.0],
        [-0.2, -0.75],
        [0, -1.08],
        [0.2, -0.75],
        [0.5, -1.0],
        [0.52, -0.35],
        [0.25, 0],
        [-0.25, 0],
        [-0.52, -0.35],
    ]
)
_CAT_BODY = np.array(
    [[-0.1, -0.6], [0.1, -0.6], [0.2, -0.4], [0.27, -0.18], [0.27, 0.0], [0.2, 0.06], [-0.2, 0.06], [-0.27, 0.0],
     [-0.27, -0.18], [-0.2, -0.4]]
)  # fmt: skip
_CAT_CHEST = np.array([[-0.08, -0.5], [0.08, -0.5], [0.11, -0.25], [0.07, 0.03], [-0.07, 0.03], [-0.11, -0.25]])
_RISE = np.linspace(0.0, 1.0, 9)

Floats = NDArray[np.float64]


def paint_bench(canvas: Canvas, moment: Moment) -> None:
    """Everything that does not move."""
    light = moment.light
    for x in (3.6, 8.6):
        canvas.polygon(box(x, 8.5, x + 0.3, 9.2), light.on(_WOOD * 0.55, lamp=0.1))
    canvas.polygon(np.array([[3.3, 8.22], [9.1, 8.22], [9.3, 8.42], [3.1, 8.42]]), light.on(_WOOD, lamp=_NEAR_LAMP))
    canvas.polygon(box(3.1, 8.42, 9.3, 8.6), light.on(_WOOD * 0.72, lamp=0.2))
    for x, half, glaze in _POTS:
        _paint_pot(canvas, light, x, half, glaze)
    _paint_lantern(canvas, light, 3.75)
    _paint_cat(canvas, light)


def paint_plants(canvas: Canvas, moment: Moment) -> None:
    """Everything that grows and sways, and the cat's tail."""
    light, seconds = moment.light, moment.seconds
    (sunflower_x, *_), (tomato_x, *_), (tulips_x, *_) = _POTS
    sunflower, tomato, tulips = moment.almanac.growth
    _paint_sunflower(canvas, light, _stem(sunflower_x, 2.3 * sunflower, wind(seconds, 4.6)), sunflower)
    _paint_tomato(canvas, light, _stem(tomato_x, 1.8 * tomato, 0.4 * wind(seconds, 6.3)), tomato)
    for aside, height in ((-0.26, 1.0), (0.02, 1.25), (0.28, 0.9)):
        lean = wind(seconds, 7.5 + aside * 4) + aside * 3.0
        _paint_tulip(canvas, light, _stem(tulips_x + aside, height * tulips, lean), tulips)
    _paint_tail(canvas, light, seconds)


def _paint_pot(canvas: Canvas, light: Daylight, x: float, half: float, glaze: Colour) -> None:
    place, reach = np.array([x, _TOP]), np.array([half, 1.0])
    shadow = np.array([[-0.6, 0.0], [0.7, 0.0], [1.2, 0.08], [-0.5, 0.08]])
    body = np.array([[-0.82, -0.62], [0.82, -0.62], [0.6, 0.05], [-0.6, 0.05]])
    shade = np.array([[0.25, -0.62], [0.82, -0.62], [0.6, 0.05], [0.2, 0.05]])
    rim = np.array([[-1.0, -0.8], [1.0, -0.8], [0.96, -0.58], [-0.96, -0.58]])
    canvas.polygon(shadow * reach + place, light.on(_WOOD * 0.75, lamp=0.2))
    for outline, tone in ((body, 1.0), (shade, 0.86), (rim, 1.1)):
        canvas.polygon(outline * reach + place, light.on((glaze * tone).clip(0, 255), lamp=_NEAR_LAMP))


def _paint_lantern(canvas: Canvas, light: Daylight, x: float) -> None:
    iron = light.on(_IRON, lamp=0.1)
    canvas.polygon(
        box(x - 0.17, _TOP - 0.5, x + 0.17, _TOP, 0.03), mix(light.on(rgb("#cfdcdc")), LAMPLIGHT, light.night)
    )
    canvas.disc(x, _TOP - 0.2, 0.07, mix(light.on(rgb("#f3ead2")), rgb("#fff6dd"), light.night))
    canvas.polygon(np.array([[x - 0.22, _TOP - 0.5], [x, _TOP - 0.68], [x + 0.22, _TOP - 0.5]]), iron)
    canvas.polygon(box(x - 0.21, _TOP - 0.05, x + 0.21, _TOP + 0.04), iron)
    for side in (-0.17, 0.17):
        canvas.line(np.array([[x + side, _TOP - 0.5], [x + side, _TOP]]), 0.03, iron)


def _paint_cat(canvas: Canvas, light: Daylight) -> None:
    fur, place = light.on(_FUR, lamp=_NEAR_LAMP), np.array([_CAT_X, _TOP])
    canvas.polygon(_CAT_BODY + place, fur)
    canvas.polygon(_CAT_CHEST + place, light.on(_CHEST, lamp=_NEAR_LAMP))
    for side in (-1, 1):
        ear = np.array([[side * 0.2, -0.7], [side * 0.19, -0.98], [side * 0.03, -0.86]])
        canvas.polygon(ear + place, fur)
    canvas.disc(_CAT_X, _TOP - 0.68, 0.215, fur)
    canvas.disc(_CAT_X, _TOP - 0.6, 0.09, light.on(_CHEST, lamp=_NEAR_LAMP))
    for x in (_CAT_X - 0.085, _CAT_X + 0.085):
        eye = box(x - 0.03, _TOP - 0.75, x + 0.03, _TOP - 0.69, 0.03)
        canvas.polygon(eye, mix(light.on(_EYES), LAMPLIGHT, light.night))
    canvas.polygon(box(_CAT_X - 0.025, _TOP - 0.65, _CAT_X + 0.025, _TOP - 0.62, 0.015), light.on(_EYES))


def _paint_tail(canvas: Canvas, light: Daylight, seconds: float) -> None:
    down, place = _RISE, np.array([_CAT_X, _TOP])
    swing = 0.16 * sin(seconds * 1.1) * (0.6 + 0.4 * sin(seconds * 0.31))
    tail = np.column_stack([0.2 + 0.12 * np.sin(down * 2.6) + swing * down**2, -0.04 + 0.66 * down - 0.16 * down**4])
    canvas.polygon(stalk(tail + place, 0.12, 0.09), light.on(_FUR * 0.9, lamp=_NEAR_LAMP))


def _stem(x: float, height: float, lean: float) -> Points:
    """A stem from the pot's rim upwards, which bends more towards its top; shape (9, 2)."""
    return np.column_stack([x + (0.16 * height * lean) * _RISE**2, _RIM - height * _RISE])


def _paint_leaves(canvas: Canvas, light: Daylight, at: Points, sizes: Floats, angles: Floats) -> None:
    """Pairs of leaves: one to the right at each of `angles` (radians), and its mirror image to the left."""
    grown = sizes > 0
    cosines, sines = sizes[grown] * np.cos(angles[grown]), sizes[grown] * np.sin(angles[grown])
    (along, across), knots = _LEAF_OUTLINE.T, at[grown, None, :]
    right = np.stack([np.outer(cosines, along) - np.outer(sines, across),
                      np.outer(sines, along) + np.outer(cosines, across)], axis=2)  # fmt: skip
    canvas.polygons(knots + right * [-1.0, 1.0], light.on(_LEAF * 0.84, lamp=_NEAR_LAMP))
    canvas.polygons(knots + right, light.on(_LEAF, lamp=_NEAR_LAMP))


def _paint_sunflower(canvas: Canvas, light: Daylight, stem: Points, growth: float) -> None:
    if growth == 0:
        return
    canvas.polygon(stalk(stem, 0.09, 0.06), light.on(_STEM, lamp=_NEAR_LAMP))
    sizes = 0.55 * (growth * 7 - np.arange(1, 7)).clip(0.0, 1.0)
    _paint_leaves(canvas, light, stem[1:7], sizes, np.full(6, -0.35))
    bloom = min(1.0, max(0.0, growth * 3 - 2))
    turn = np.linspace(0.0, 2 * pi, 112, endpoint=False)
    reach = (0.3 + 0.16 * np.abs(np.cos(turn * 8)) ** 0.7) * bloom
    petals = np.column_stack([np.cos(turn), np.sin(turn)]) * reach[:, None]
    canvas.polygon(petals + stem[-1], light.on(_PETAL, lamp=_NEAR_LAMP))
    canvas.disc(stem[-1, 0], stem[-1, 1], 0.06 + 0.13 * bloom, light.on(mix(_LEAF, _HEART, bloom), lamp=_NEAR_LAMP))


def _paint_tomato(canvas: Canvas, light: Daylight, stem: Points, growth: float) -> None:
    if growth == 0:
        return
    canvas.polygon(stalk(stem, 0.07, 0.04), light.on(_STEM, lamp=_NEAR_LAMP))
    level = np.arange(1, 9)
    sizes = (0.5 - 0.02 * level) * (growth * 9 - level).clip(0.0, 1.0)
    droop = 0.35 * np.sin(level * 2.0)
    _paint_leaves(canvas, light, stem[1:], sizes, droop - 0.1)
    ripe = min(1.0, max(0.0, growth * 4 - 3))
    skin = light.on(mix(_LEAF, _TOMATO, ripe), lamp=_NEAR_LAMP)
    for knot, aside in ((2, 0.2), (3, -0.22), (4, 0.18), (5, -0.16), (6, 0.14)):
        canvas.disc(stem[knot, 0] + aside, stem[knot, 1] + 0.1, 0.105 * ripe, skin)


def _paint_tulip(canvas: Canvas, light: Daylight, stem: Points, growth: float) -> None:
    if growth == 0:
        return
    canvas.polygon(stalk(stem, 0.07, 0.04), light.on(_STEM, lamp=_NEAR_LAMP))
    lean = stem[-1, 0] - stem[0, 0]
    _paint_leaves(canvas, light, stem[:1], np.full(1, 0.8 * growth), np.full(1, -1.25 + 0.4 * lean))
    bloom = min(1.0, max(0.0, growth * 2.5 - 1.5))
    canvas.polygon(_CUP * (0.34 * bloom) + stem[-1], light.on(_TULIP, lamp=_NEAR_LAMP))
