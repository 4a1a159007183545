"""A clock that stands still while the event loop does, for judging that somebody else is silent or late.

A process that got no processor time, or whose loop was busy for seconds, has read nothing meanwhile: what was sent to
it waits in the kernel. By the wall it would call a peer silent whose messages it has not read yet.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

TICK_SECONDS: Final = 0.25
"""The most that one stall counts for."""
LONG_STALL_SECONDS: Final = 1.0
"""After a longer one, what waited in the kernel is old. A shorter one is usual on a busy machine."""
_ResultT = TypeVar("_ResultT")


class LoopClock:
    """Seconds during which the loop ran: a stall of any length adds at most `TICK_SECONDS`. On the loop's thread.

    It never goes backwards. While `run` does not run, it runs as `monotonic` does.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._stood_still_seconds = 0.0
        self._due_at = float("inf")
        """When the next tick comes. Until an overdue tick has come, the clock stands still."""
        self._woke_at = float("-inf")
        """When the last long stall ended."""

    def seconds(self) -> float:
        return min(self._monotonic(), self._due_at) - self._stood_still_seconds

    def awake_seconds(self) -> float:
        """How long ago the last long stall ended, by the wall; 0 right after it, and infinite without one."""
        now = self._monotonic()
        return 0.0 if now - self._due_at > LONG_STALL_SECONDS else now - self._woke_at

    async def run(self) -> None:
        """Tick until cancelled."""
        try:
            while True:
                self._due_at = self._monotonic() + TICK_SECONDS
                await asyncio.sleep(TICK_SECONDS)
                late_seconds = self._monotonic() - self._due_at
                self._stood_still_seconds += max(0.0, late_seconds)
                if late_seconds > LONG_STALL_SECONDS:
                    self._woke_at = self._monotonic()
        finally:
            self._due_at = float("inf")

    async def wait_for(self, work: Coroutine[Any, Any, _ResultT], seconds: float) -> _ResultT:
        """The work's result, if it comes within `seconds` of this clock.

        Raises:
            TimeoutError: it did not come; the work is cancelled.
        """
        working, until = asyncio.create_task(work), self.seconds() + seconds
        try:
            while not working.done():
                left = until - self.seconds()
                if left <= 0:
                    raise TimeoutError
                await asyncio.wait([working], timeout=left)
            return working.result()
        finally:
            working.cancel()
