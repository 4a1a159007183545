"""Threads for blocking work: pictures, disk, database. They never delay the loop, nor the end of the program.

`asyncio.to_thread` is not used: at its end a program waits for those threads, for as long as a picture takes to encode
or a network disk to respond. These threads die with the program. The next start finds what they left unfinished.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

ResultT = TypeVar("ResultT")
AT_ONCE: Final = 4


class Threads:
    """Runs at most `AT_ONCE` pieces of work at a time; the others wait their turn. Belongs to one loop."""

    def __init__(self) -> None:
        self._permits = asyncio.Semaphore(AT_ONCE)
        self._running: set[asyncio.Future[Any]] = set()

    async def run(self, work: Callable[[], ResultT], on_result: Callable[[ResultT], None] | None = None) -> ResultT:
        """Run the work on a thread; its result or its error. Cancelling ends the waiting, not the work.

        `on_result` gets the result on the loop, even if the waiting was cancelled.
        """
        async with self._permits:
            loop = asyncio.get_running_loop()
            future: asyncio.Future[ResultT] = loop.create_future()
            self._running.add(future)
            future.add_done_callback(partial(self._ended, on_result))
            threading.Thread(target=_work, args=(work, loop, future), name="archiver-work", daemon=True).start()
            return await asyncio.shield(future)

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for the running work; how many pieces are still running at the deadline."""
        if not self._running:
            return 0
        _, left = await asyncio.wait(self._running, timeout=deadline_seconds)
        return len(left)

    def _ended(self, on_result: Callable[[ResultT], None] | None, future: asyncio.Future[ResultT]) -> None:
        self._running.discard(future)
        # To ask for the error is needed: asyncio complains otherwise when the waiting was cancelled.
        if not future.cancelled() and future.exception() is None and on_result is not None:
            on_result(future.result())


def _work(work: Callable[[], ResultT], loop: asyncio.AbstractEventLoop, future: asyncio.Future[ResultT]) -> None:
    tell: Callable[[], None]
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 the waiting coroutine gets it
        problem = error

        def tell() -> None:
            future.set_exception(problem)
    else:

        def tell() -> None:
            future.set_result(result)

    with suppress(RuntimeError):  # the loop has ended: nobody waits
        loop.call_soon_threadsafe(tell)
