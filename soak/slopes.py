"""How fast a series grows, with a confidence interval, and whether that is more than its bound.

Samples that follow each other are alike, so a line through all of them would seem surer than it is. The samples are
first summed up over blocks, each of which covers whole rounds of the soak's changes. The slope of the blocks is
Theil-Sen's, the median over all pairs, which a few odd blocks do not move.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean
from typing import Final

CONFIDENCE: Final = 0.95
FEWEST_BLOCKS: Final = 8
SECONDS_AN_HOUR: Final = 3600.0
Summary = Callable[[Iterable[float]], float]


class Verdict(StrEnum):
    """What the interval says about the bound."""

    HELD = "held"
    """The whole interval is at or below the bound."""
    OPEN = "open"
    """The bound is within the interval: a longer run would tell."""
    GROWS = "grows"
    """The whole interval is above the bound."""


@dataclass(frozen=True, slots=True)
class Slope:
    """Growth per hour, in the unit of the series, and the interval in which it is with 95 % confidence."""

    per_hour: float
    low: float
    high: float
    bound: float
    blocks: int

    @property
    def verdict(self) -> Verdict:
        if self.low > self.bound:
            return Verdict.GROWS
        return Verdict.HELD if self.high <= self.bound else Verdict.OPEN


class TooShortError(ValueError):
    """Raised when a series has too few blocks for a slope."""


def slope_of(
    seconds: Sequence[float], values: Sequence[float], *, bound: float, block_seconds: float, summary: Summary = fmean
) -> Slope:
    """The slope of `values`, which were taken at `seconds`. Each block counts as the `summary` of its values.

    Raises:
        TooShortError: when there are fewer than 8 blocks.
    """
    from scipy.stats import theilslopes  # noqa: PLC0415 - half a second, and not needed while the soak runs

    blocks: dict[int, list[tuple[float, float]]] = {}
    for at, value in zip(seconds, values, strict=True):
        blocks.setdefault(math.floor(at / block_seconds), []).append((at, value))
    if len(blocks) < FEWEST_BLOCKS:
        raise TooShortError(f"{len(blocks)} blocks of {block_seconds:g} s, but a slope needs {FEWEST_BLOCKS}")
    hours = [fmean(at for at, _ in block) / SECONDS_AN_HOUR for block in blocks.values()]
    summaries = [summary(value for _, value in block) for block in blocks.values()]
    found = theilslopes(summaries, hours, CONFIDENCE)
    return Slope(float(found.slope), float(found.low_slope), float(found.high_slope), bound, len(blocks))
