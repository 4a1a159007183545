"""Which faults come when and for how long: all of it follows from the seed. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from faults.fault import Fault

OVERLAP_SHARE: Final = 0.3
"""The share of rounds in which a second fault begins while the first lasts."""
SHORTEST_SECONDS: Final = 4.0
LONGEST_SECONDS: Final = 9.0


@dataclass(frozen=True, slots=True)
class Step:
    """A fault, `after` seconds from the round's begin, for `seconds`."""

    fault: Fault
    after: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Round:
    """Faults that belong together. The next round begins when all is as before."""

    steps: tuple[Step, ...]


class Plan:
    """Rounds without end. Each fault comes once before one comes again, so that a short campaign is broad."""

    def __init__(self, faults: Sequence[Fault], seed: int) -> None:
        self._faults = tuple(faults)
        self._dice = random.Random(seed)  # noqa: S311 it must be repeatable
        self._left: list[Fault] = []

    def next_round(self) -> Round:
        first = self._draw()
        steps = [Step(first, 0.0, self._seconds(first))]
        if self._dice.random() < OVERLAP_SHARE:
            second = self._draw()
            if first.overlaps and second.overlaps and second.kind != first.kind:
                after = round(self._dice.uniform(0.5, max(1.0, steps[0].seconds - 1)), 1)
                steps.append(Step(second, after, self._seconds(second)))
            else:
                self._left.append(second)
        return Round(tuple(steps))

    def _draw(self) -> Fault:
        if not self._left:
            self._left = list(self._faults)
            self._dice.shuffle(self._left)
        return self._left.pop()

    def _seconds(self, fault: Fault) -> float:
        if fault.is_momentary:
            return 0.0
        return max(fault.least_seconds, round(self._dice.uniform(SHORTEST_SECONDS, LONGEST_SECONDS), 1))
