"""Threads for work that blocks: pictures, disk, database. They never hold up the loop, nor the program's end.

`asyncio.to_thread` is not used, since a program waits for its threads when it ends, for as long as a picture takes to
encode or a network disk to answer. These threads die with the program; what they leave is found at the next start.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

ResultT = TypeVar("ResultT")
AT_ONCE: Final = 4


class Threads:
    """At most `AT_ONCE` pieces of work at a time; more wait their turn. Belongs to one loop."""

    def __init__(self) -> None:
        self._permits = asyncio.Semaphore(AT_ONCE)
        self._running: set[asyncio.Future[Any]] = set()

    async def run(self, work: Callable[[], ResultT]) -> ResultT:
        """Its result or its error. Cancelling gives up the waiting, not the work."""
        async with self._permits:
            loop = asyncio.get_running_loop()
            future: asyncio.Future[ResultT] = loop.create_future()
            self._running.add(future)
            future.add_done_callback(self._ended)
            threading.Thread(target=_work, args=(work, loop, future), name="archiver-work", daemon=True).start()
            return await asyncio.shield(future)

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for what runs; how many pieces of work are left behind."""
        if not self._running:
            return 0
        _, left = await asyncio.wait(self._running, timeout=deadline_seconds)
        return len(left)

    def _ended(self, future: asyncio.Future[Any]) -> None:
        self._running.discard(future)
        if not future.cancelled():
            future.exception()  # seen, even if whoever asked has gone


def _work(work: Callable[[], ResultT], loop: asyncio.AbstractEventLoop, future: asyncio.Future[ResultT]) -> None:
    tell: Callable[[], None]
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 handed to whoever waits for the work
        problem = error

        def tell() -> None:
            future.set_exception(problem)
    else:

        def tell() -> None:
            future.set_result(result)

    with suppress(RuntimeError):  # the loop has ended: nobody waits
        loop.call_soon_threadsafe(tell)
