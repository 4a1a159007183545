"""When a subscriber gives up a connection to ingest: after some seconds without any message. Owns that limit.

Ingest sends every status once a second, so a silent connection is a broken one. A peer behind a broken network closes
nothing, and TCP alone would notice only after minutes.
"""

import time
from collections.abc import Callable
from typing import Final

SILENCE_SECONDS: Final = 3.0
"""Three statuses missed in a row."""


class SilenceTimer:
    """Measures the silence of one connection. Used by one thread."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._restarted_at = monotonic()

    def restart(self) -> None:
        """A message arrived, or the connection is new."""
        self._restarted_at = self._monotonic()

    @property
    def has_expired(self) -> bool:
        return self._monotonic() - self._restarted_at >= SILENCE_SECONDS

    @property
    def check_seconds(self) -> float:
        """How often `has_expired` should be asked."""
        return SILENCE_SECONDS / 3
