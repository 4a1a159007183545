"""quality=auto: the rendition that a viewer's connection can carry. Pure: the caller passes counts and the time.

The connection itself is the measure. A viewer that skips more than half of the pictures offered to it is moved to the
next smaller rendition. One that has skipped almost nothing for a while is moved up, on trial. A failed trial doubles
the wait before the next one, so a connection that fits between two renditions does not flap.
"""

from typing import Final

WINDOW_SECONDS: Final = 3.0
FEWEST_OFFERED: Final = 3
TOO_MANY_SKIPPED: Final = 0.5
FEW_SKIPPED: Final = 0.1
FIRST_TRIAL_SECONDS: Final = 10.0
LONGEST_TRIAL_SECONDS: Final = 300.0
TRIAL_FAILS_WITHIN_SECONDS: Final = 20.0


class AutoQuality:
    """One viewer's level on the ladder of renditions; level 0 is the largest."""

    def __init__(self, now: float) -> None:
        self.level = 0
        self._window_began_at = now
        self._offered, self._taken = 0, 0
        self._good_since = now
        self._went_up_at = float("-inf")
        self._trial_seconds = FIRST_TRIAL_SECONDS

    def observe(self, now: float, offered: int, taken: int, lowest_level: int) -> bool:
        """Take in how many pictures the viewer was offered and took since it came; whether `level` has changed."""
        if now - self._window_began_at < WINDOW_SECONDS or offered - self._offered < FEWEST_OFFERED:
            return False
        skipped = 1 - (taken - self._taken) / (offered - self._offered)
        self._window_began_at, self._offered, self._taken = now, offered, taken
        if skipped > FEW_SKIPPED:
            self._good_since = now
        if skipped > TOO_MANY_SKIPPED and self.level < lowest_level:
            self._step_down(now)
            return True
        if self.level > 0 and now - self._good_since >= self._trial_seconds:
            self.level -= 1
            self._went_up_at = self._good_since = now
            return True
        return False

    def _step_down(self, now: float) -> None:
        self.level += 1
        self._good_since = now
        if now - self._went_up_at < TRIAL_FAILS_WITHIN_SECONDS:
            self._trial_seconds = min(2 * self._trial_seconds, LONGEST_TRIAL_SECONDS)
        else:
            self._trial_seconds = FIRST_TRIAL_SECONDS
