"""A fault: what is broken, for the time of a `with` block, and what is promised about it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from faults.lab import Lab
from faults.window import Promise


@dataclass(frozen=True, slots=True)
class Fault:
    """`during` breaks something and mends it at its end. It may be used again and again."""

    name: str
    kind: str
    during: Callable[[Lab], AbstractContextManager[None]]
    promise: Promise
    least_seconds: float = 0.0
    """It shows nothing when it is shorter."""
    is_momentary: bool = False
    """It is over as soon as it has begun, so that its recovery begins then."""
    overlaps: bool = True
    """Whether another fault may come while it lasts."""
    needs: Callable[[], str | None] = lambda: None
    """Why it can't be had on this machine; None when it can."""
