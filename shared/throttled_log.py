"""Counting what is dropped or refused, and saying so at most once a second: a flood is one line a second."""

import time
from collections.abc import Callable
from typing import Final

from shared.logs import get_logger

REPORT_SECONDS: Final = 1.0
log = get_logger(__name__)


class ThrottledLog:
    """How many were dropped in all, and since the last report, which is the log's `event`. One thread."""

    def __init__(self, what: str, monotonic: Callable[[], float] = time.monotonic, event: str = "dropped") -> None:
        self.total = 0
        self._what = what
        self._event = event
        self._monotonic = monotonic
        self._unreported = 0
        self._reported_at = float("-inf")

    def count(self, reason: str) -> None:
        """Count one, for a `reason` without secrets; the first of a second is logged with the number since then."""
        self.total += 1
        self._unreported += 1
        now = self._monotonic()
        if now - self._reported_at >= REPORT_SECONDS:
            log.warning(self._event, what=self._what, count=self._unreported, last_reason=reason)
            self._unreported, self._reported_at = 0, now
