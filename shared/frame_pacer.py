"""Reduces a stream of frames to a lower rate, evenly. Pure: the caller passes the time."""


class FramePacer:
    """Admits at most `per_second` frames a second, as evenly spaced as they arrive.

    The schedule advances by whole periods instead of starting at the last admitted frame. Otherwise a camera's jitter
    would halve the rate. At 30 fps a limit of 30 admits every frame, and a limit of 15 every other one.
    """

    JITTER_SECONDS = 0.01
    """A frame that arrives ahead of the schedule by this much or less is admitted."""

    def __init__(self, per_second: float) -> None:
        self._period = 1.0 / per_second
        self._due = float("-inf")

    def admits(self, now: float) -> bool:
        """Whether the frame that arrives at `now` (seconds of any monotonic clock) is to be kept."""
        early_by = self._due - now
        if early_by > min(self.JITTER_SECONDS, self._period / 4):
            return False
        # On schedule, the next frame is due one period after this one was due. After a pause the schedule starts again.
        self._due = now + self._period if early_by < -self._period else self._due + self._period
        return True
