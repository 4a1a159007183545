"""Thinning a stream of frames to a rate, evenly. Pure: the caller brings the time."""


class FramePacer:
    """Keeps at most `per_second` of the instants it is asked about, as evenly spaced as they come.

    The schedule advances by whole periods, not from the last kept frame, so that a camera's jitter does not
    halve the rate: at 30 fps with a limit of 30 every frame passes, with a limit of 15 every other one.
    """

    JITTER_SECONDS = 0.01
    """A frame so much ahead of its schedule still counts as on it."""

    def __init__(self, per_second: float) -> None:
        self._period = 1.0 / per_second
        self._due = float("-inf")

    def admits(self, now: float) -> bool:
        """Whether the frame of the instant `now` (seconds, any monotonic clock) is kept."""
        early_by = self._due - now
        if early_by > min(self.JITTER_SECONDS, self._period / 4):
            return False
        # On schedule the next one is due a period after this one was; after a pause the schedule starts anew.
        self._due = now + self._period if early_by < -self._period else self._due + self._period
        return True
