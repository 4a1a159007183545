"""Passes changes of the demand on to the publishers at a bounded rate. Pure: time is passed in.

Each camera's process reads every change. Subscribers that reconnect as fast as they can make thousands a second, and
the cameras then had no time for pictures.
"""

import time
from collections.abc import Callable
from typing import Final

CHANGES_AT_ONCE: Final = 64
PAUSE_SECONDS: Final = 0.02
"""After as many changes, so a replica's 2,000 topics take 0.6 s. A single change waits for nothing."""


class DemandPacer:
    """Keeps changes until they are due. A change and its opposite that both wait are dropped."""

    def __init__(self, pass_on: Callable[[bytes, bool], None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._pass_on = pass_on
        self._monotonic = monotonic
        self._waiting: dict[bytes, bool] = {}
        self._due_at = float("-inf")

    def change(self, topic: bytes, is_wanted: bool) -> None:
        """Note that `topic` has its first subscription now, or lost its last one."""
        if self._waiting.pop(topic, is_wanted) == is_wanted:
            self._waiting[topic] = is_wanted

    def pass_due(self) -> float:
        """Pass on what is due now; the seconds until more is."""
        if not self._waiting:
            return float("inf")
        now = self._monotonic()
        if now >= self._due_at:
            for topic in list(self._waiting)[:CHANGES_AT_ONCE]:
                self._pass_on(topic, self._waiting.pop(topic))
            self._due_at = now + PAUSE_SECONDS
        return self._due_at - now if self._waiting else float("inf")
