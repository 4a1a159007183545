"""Counting what is dropped, and saying so at most once a second: a flood of bad messages is one line, not a flood."""

import time
from collections.abc import Callable
from typing import Final

from shared.logs import get_logger

REPORT_SECONDS: Final = 1.0
log = get_logger(__name__)


class DropCounter:
    """How many messages were dropped in all, and since the last report. One thread."""

    def __init__(self, what: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.total = 0
        self._what = what
        self._monotonic = monotonic
        self._unreported = 0
        self._reported_at = float("-inf")

    def count(self, reason: str) -> None:
        """Count one, for a `reason` without secrets; the first of a second is logged with the number since then."""
        self.total += 1
        self._unreported += 1
        now = self._monotonic()
        if now - self._reported_at >= REPORT_SECONDS:
            log.warning("dropped", what=self._what, count=self._unreported, last_reason=reason)
            self._unreported, self._reported_at = 0, now
