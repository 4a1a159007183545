"""Viewers that misbehave. Nobody else may notice."""

from typing import Final

from faults.audience import FRONT, NOBODY
from faults.fault import Fault
from faults.viewers import bad
from faults.window import Promise

KIND: Final = "viewers"
_UNNOTICED: Final = Promise(5.0, NOBODY)

FAULTS: Final = (
    Fault("viewers stall", KIND, lambda lab: bad.stalling(lab.stack.doors[0], FRONT), _UNNOTICED),
    Fault("viewers crawl", KIND, lambda lab: bad.crawling(lab.stack.doors[0], FRONT), _UNNOTICED),
    Fault("viewers vanish", KIND, lambda lab: bad.vanishing(lab.stack.doors[0], FRONT), _UNNOTICED),
    Fault("clients flood the door", KIND, lambda lab: bad.flooding(lab.stack.doors[0]), _UNNOTICED),
)
