"""When a subscriber gives up a connection to ingest: after some seconds without any message. Owns that limit.

Ingest sends every status once a second, so a silent connection is a broken one. A peer behind a broken network closes
nothing, and TCP alone would notice only after minutes.
"""

from collections.abc import Callable
from typing import Final

SILENCE_SECONDS: Final = 3.0
"""Three statuses missed in a row."""


class SilenceTimer:
    """Measures the silence of one connection, by `seconds` of any clock. Used by one thread."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._restarted_at = seconds()

    def restart(self) -> None:
        """A message arrived, or the connection is new."""
        self._restarted_at = self._seconds()

    @property
    def has_expired(self) -> bool:
        return self._seconds() - self._restarted_at >= SILENCE_SECONDS

    @property
    def check_seconds(self) -> float:
        """How often `has_expired` should be asked."""
        return SILENCE_SECONDS / 3
