"""How many frames a second arrive."""

from collections import deque
from typing import Final

from shared.bus.status import MAX_FPS

WINDOW_SECONDS: Final = 5.0
LEAST_SECONDS: Final = 0.2


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
        return round(min((len(recent) - 1) / seconds, MAX_FPS), 1)
