"""A log line for what may happen many times a second: at most one line a second, with a count."""

import time
from collections.abc import Callable
from typing import Final

from shared.logs import get_logger

REPORT_SECONDS: Final = 1.0
log = get_logger(__name__)


class ThrottledLog:
    """Counts what was dropped or refused: in `total`, and since the last line. Used by one thread."""

    def __init__(self, what: str, monotonic: Callable[[], float] = time.monotonic, event: str = "dropped") -> None:
        self.total = 0
        self._what = what
        self._event = event
        self._monotonic = monotonic
        self._unreported = 0
        self._reported_at = float("-inf")

    def count(self, reason: str) -> None:
        """Count one. `reason`, which must hold no secret, is logged unless a line was logged within the last second."""
        self.total += 1
        self._unreported += 1
        now = self._monotonic()
        if now - self._reported_at >= REPORT_SECONDS:
            log.warning(self._event, what=self._what, count=self._unreported, last_reason=reason)
            self._unreported, self._reported_at = 0, now
