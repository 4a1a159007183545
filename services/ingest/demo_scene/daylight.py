"""Everything that depends on the scene's hour: the sky's colours, the light on things, the places of sun and moon.

The scene's day lasts five minutes, and it drifts by one day per real day. So at every full five minutes the scene
shows the real time of day (UTC): an hourly time-lapse shows real days passing, not one hour for ever.
"""

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Self

import numpy as np

from services.ingest.demo_scene.canvas import Colour, mix, rgb

DAY_SECONDS = 300.0
HORIZON = 5.3  # units from the top: where the far shore meets the lake

LAMPLIGHT = rgb("#ffcf7a")
_LAMP_SHINE = LAMPLIGHT / 255.0

_REAL_DAY_SECONDS = 86_400.0
_SUNRISE, _SUNSET = 4.9, 20.3
_MOONRISE, _MOONSET = 19.8, 29.0

# The light at an hour, blended linearly with the next row's. `ambient` multiplies the colours of things, white leaves
# them as they are. `glow` is added around the sun. `night` (0..1) lights stars and lamps.
_KEYS = (
    # hour  zenith     middle     horizon    ambient    cloud      glow       night
    (0.00, "#080d2b", "#16224f", "#2f4573", "#34446f", "#222e5b", "#000000", 1.0),
    (3.00, "#080d2b", "#16224f", "#2f4573", "#34446f", "#222e5b", "#000000", 1.0),
    (4.10, "#1b2656", "#4a4a80", "#a8748a", "#56608a", "#5d5486", "#301410", 0.7),
    (5.20, "#45609f", "#b08fae", "#ffb083", "#a88f98", "#f0a5a0", "#70381c", 0.25),
    (6.60, "#5496d4", "#a9c9dd", "#ffdcae", "#ecd2b6", "#ffe9d6", "#50361c", 0.0),
    (9.00, "#3c8cd8", "#80bfea", "#d6ecf2", "#fffaf0", "#ffffff", "#2c2818", 0.0),
    (15.0, "#3a89d6", "#7cbce9", "#d2eaf3", "#ffffff", "#ffffff", "#2c2818", 0.0),
    (17.8, "#4a88c8", "#a4c6d6", "#fbe0ae", "#ffe6bd", "#fff1dc", "#48361a", 0.0),
    (19.6, "#4b5a9f", "#c98aa0", "#ff9d62", "#d09a8e", "#ffb092", "#80401a", 0.1),
    (20.7, "#272e68", "#6f4f88", "#d8707a", "#776c98", "#8a6090", "#501c14", 0.5),
    (22.2, "#080d2b", "#16224f", "#2f4573", "#34446f", "#222e5b", "#000000", 1.0),
    (24.0, "#080d2b", "#16224f", "#2f4573", "#34446f", "#222e5b", "#000000", 1.0),
)
_HOURS = np.array([key[0] for key in _KEYS])
_COLOURS = np.array([[rgb(notation) for notation in key[1:7]] for key in _KEYS])
_NIGHTS = np.array([key[7] for key in _KEYS])


@dataclass(frozen=True, slots=True)
class Daylight:
    """The light of one instant; positions in units."""

    hour: float  # of the scene's day, 0..24
    zenith: Colour
    middle: Colour
    horizon: Colour
    ambient: Colour  # here in 0..1
    cloud: Colour
    glow: Colour
    night: float
    sun: tuple[float, float]
    moon: tuple[float, float]

    @classmethod
    def at(cls, seconds: float) -> Self:
        """The light at an instant in UTC epoch seconds."""
        hour = (seconds / DAY_SECONDS + seconds / _REAL_DAY_SECONDS) % 1.0 * 24.0
        row = int(np.searchsorted(_HOURS, hour, side="right")) - 1
        share = float((hour - _HOURS[row]) / (_HOURS[row + 1] - _HOURS[row]))
        zenith, middle, horizon, ambient, cloud, glow = mix(_COLOURS[row], _COLOURS[row + 1], share)
        night = float(np.interp(hour, _HOURS, _NIGHTS))
        return cls(
            hour, zenith, middle, horizon, ambient / 255.0, cloud, glow, night,
            sun=_arc((hour - _SUNRISE) / (_SUNSET - _SUNRISE), height=4.4),
            moon=_arc(((hour - 12) % 24 + 12 - _MOONRISE) / (_MOONSET - _MOONRISE), height=3.9),
        )  # fmt: skip

    def on(self, surface: Colour, haze: float = 0.0, lamp: float = 0.0) -> Colour:
        """The colour of a surface in this light, with a share of haze and of lamplight at night (each 0..1)."""
        shine = self.ambient if lamp == 0 else self.ambient + _LAMP_SHINE * (lamp * self.night)
        lit = surface * shine
        return lit if haze == 0 else mix(lit, self.horizon, haze)


def _arc(progress: float, height: float) -> tuple[float, float]:
    """On the arc from the left horizon (progress 0) to the right one (1); below the horizon otherwise."""
    return 8.0 - 6.9 * cos(pi * progress), HORIZON + 0.3 - height * sin(pi * progress)
