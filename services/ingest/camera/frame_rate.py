"""How many frames a second arrive."""

from collections import deque
from typing import Final

from shared.bus.status import MAX_FPS

WINDOW_SECONDS: Final = 5.0
LEAST_SECONDS: Final = 0.2
TOGETHER_SECONDS: Final = 0.005
"""Frames nearer than this were read at once, after a nap."""


class FrameRate:
    """Measured over the last seconds. One thread counts; any thread may ask. Times are in seconds of any one clock."""

    def __init__(self) -> None:
        self._counted_at: deque[float] = deque(maxlen=1000)

    def count(self, now: float) -> None:
        """A frame arrived."""
        self._counted_at.append(now)

    def per_second(self, now: float) -> float | None:
        """None if too few arrived, or all of them at once."""
        recent = [at for at in tuple(self._counted_at) if now - at <= WINDOW_SECONDS]
        # A reader that has just opened hands out at once what it received meanwhile.
        if not recent or (seconds := recent[-1] - recent[0]) < LEAST_SECONDS:
            return None
        # Those read with the first arrived before the time that is measured.
        arrived = sum(at - recent[0] > TOGETHER_SECONDS for at in recent)
        return round(min(arrived / seconds, MAX_FPS), 1)
