"""A connection's deadline. A stall of our own loop does not count against the client."""

import asyncio
from collections.abc import Callable
from typing import Final

PUNCTUAL_SECONDS: Final = 0.1
"""A timer that fires later than this was held up by a stall of the loop."""


def late_seconds(loop: asyncio.AbstractEventLoop, timer: asyncio.TimerHandle | None) -> float:
    """By how much a timer fired too late: for so long its loop stood still, or was busy. 0 if it was punctual.

    To be asked by the timer's own callback. The loop runs timers before it reads, so what the peer sent meanwhile has
    not been read yet.
    """
    late = 0.0 if timer is None else loop.time() - timer.when()
    return late if late > PUNCTUAL_SECONDS else 0.0


class Deadline:
    """Calls `on_end` with the seconds it was set to, unless it is lifted or set anew before. At most one runs.

    If the loop stood still at its end, the client gets as much time once more, for what waits to be read.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, on_end: Callable[[float], None]) -> None:
        self._loop = loop
        self._on_end = on_end
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        return self._timer is not None

    def set(self, seconds: float) -> None:
        self.lift()
        self._timer = self._loop.call_later(seconds, self._end, seconds)

    def lift(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self, seconds: float) -> None:
        late = late_seconds(self._loop, self._timer)
        if late:
            self._timer = self._loop.call_later(min(late, seconds), self._on_end, seconds)
        else:
            self._on_end(seconds)
