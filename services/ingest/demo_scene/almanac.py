"""Everything that depends on the real date: the season's colours, the phase of the moon, each plant's growth.

It changes too slowly to see live; a time-lapse over weeks shows it.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from services.ingest.demo_scene.canvas import Colour, mix, rgb

_DAY_SECONDS = 86_400.0
_YEAR_DAYS = 365.2425
_MONTH_DAYS = 29.530588  # new moon to new moon
_NEW_MOON_DAY = 10_962.76  # 6 January 2000, 18:14 UTC, in days since 1970
_GROWTH_DAYS = 56.0

# Turning points of the northern year, blended linearly. The last row repeats the first. `leaves`: how full the tree's
# crown is. `snow`: how far snow reaches down the mountains. `flowers`: the size of the meadow's flowers. Each is 0..1.
_SEASONS = (
    # day   meadow     hills      forest     crown      leaves snow flowers
    (15.00, "#e3eaee", "#c3d2d6", "#86a3a1", "#dbe5ea", 0.82, 1.00, 0.0),
    (60.00, "#c9d4bd", "#adbfae", "#6f9484", "#dccdd0", 0.80, 0.95, 0.2),
    (85.00, "#a3bd72", "#93ab80", "#608a70", "#efb9c8", 0.82, 0.85, 0.6),
    (115.0, "#86c255", "#7fb46a", "#5b9a68", "#f4abc0", 0.92, 0.70, 1.0),
    (135.0, "#7dbd50", "#76ac62", "#52936a", "#9cc66a", 0.96, 0.55, 1.0),
    (196.0, "#72b04c", "#6ca25c", "#47865e", "#5fa24c", 1.00, 0.30, 1.0),
    (258.0, "#8fb04e", "#8aa45a", "#5f8a58", "#8fae48", 0.98, 0.30, 0.8),
    (288.0, "#b2ac54", "#b39c5c", "#8c8650", "#e38a3a", 0.92, 0.50, 0.4),
    (325.0, "#b9b58e", "#a79f86", "#7f8a74", "#c08a5e", 0.80, 0.85, 0.0),
    (380.2425, "#e3eaee", "#c3d2d6", "#86a3a1", "#dbe5ea", 0.82, 1.00, 0.0),
)
_DAYS = np.array([season[0] for season in _SEASONS])
_COLOURS = np.array([[rgb(notation) for notation in season[1:5]] for season in _SEASONS])
_AMOUNTS = np.array([season[5:] for season in _SEASONS])


@dataclass(frozen=True, slots=True)
class Almanac:
    """One date's colours and amounts."""

    meadow: Colour
    hills: Colour
    forest: Colour
    crown: Colour
    leaves: float
    snow: float
    flowers: float
    moon_age: float  # 0 new, 0.5 full, towards 1 new again
    growth: tuple[float, float, float]  # of each pot: 0 a seed, 1 in flower

    @classmethod
    def at(cls, seconds: float) -> Self:
        """The date of an instant in UTC epoch seconds."""
        days = seconds / _DAY_SECONDS
        day_of_year = (days - _DAYS[0]) % _YEAR_DAYS + _DAYS[0]
        row = min(int(np.searchsorted(_DAYS, day_of_year, side="right")) - 1, len(_DAYS) - 2)
        share = float((day_of_year - _DAYS[row]) / (_DAYS[row + 1] - _DAYS[row]))
        meadow, hills, forest, crown = mix(_COLOURS[row], _COLOURS[row + 1], share)
        leaves, snow, flowers = mix(_AMOUNTS[row], _AMOUNTS[row + 1], share).tolist()
        moon_age = (days - _NEW_MOON_DAY) / _MONTH_DAYS % 1.0
        growth = (_growth(days, 0.0), _growth(days, 1 / 3), _growth(days, 2 / 3))
        return cls(meadow, hills, forest, crown, leaves, snow, flowers, moon_age, growth)


def _growth(days: float, ahead: float) -> float:
    """Eight weeks from seed to flower. The plant withers over the last days, so that nothing vanishes at once."""
    age = (days / _GROWTH_DAYS + ahead) % 1.0
    return float(np.interp(age, [0.0, 0.15, 0.75, 0.94, 1.0], [0.0, 0.25, 1.0, 1.0, 0.0]))
