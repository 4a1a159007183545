"""Turns for requests that compute or read much: a flood of one kind delays that kind alone, and only for a while.

Without them such requests take all of the threads that every endpoint shares. On the loop.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

from fastapi import Depends, HTTPException, Request
from fastapi.params import Depends as Dependency

from services.archiver.base import texts
from services.archiver.base.errors import ClientGoneError
from shared.access.client_network import client_network
from shared.web.access.roles import requester_of
from shared.web.client_log import limit_met

AT_ONCE: Final = 2
QUICK_AT_ONCE: Final = 6
"""Of requests that take milliseconds, unless disk or database hang. All kinds together leave some of 40 threads."""
MAX_WAITING: Final = 64
"""For each address. A page asks for a few at a time; behind a proxy that hides them, all clients count as one."""
QUICK_WAITING: Final = 256
"""The same for quick requests: a page may ask for a hundred small pictures at once over HTTP/2."""
LOOK_SECONDS: Final = 0.25
"""How often a request looks whether its client is still there."""
_CLIENT_CLOSED_REQUEST: Final = 499
_ResultT = TypeVar("_ResultT")


class Client:
    """The client of one request, as work on a thread sees it."""

    def __init__(self) -> None:
        self._has_gone = threading.Event()

    def has_gone(self) -> bool:
        """Whether nobody waits for the answer any more. From any thread."""
        return self._has_gone.is_set()

    def check(self) -> None:
        """Call it between two steps of work. Raises ClientGoneError when the rest would be for nobody."""
        if self.has_gone():
            raise ClientGoneError

    async def watch(self, request: Request) -> None:
        """Return when the client has gone."""
        with suppress(HTTPException):  # a body beyond the limit, which no such endpoint reads
            while not await request.is_disconnected():  # noqa: ASYNC110 to listen would take the body's messages
                await asyncio.sleep(LOOK_SECONDS)
        self._has_gone.set()


class Turns:
    """Lets `at_once` requests of one kind work at a time, in their order. An address may have `max_waiting` in line."""

    def __init__(
        self,
        at_once: int = AT_ONCE,
        max_waiting: int = MAX_WAITING,
        loop_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loop_seconds = loop_seconds
        self._max_waiting = max_waiting
        self._at_once = at_once
        self._permits = asyncio.Semaphore(at_once)
        self._working = 0
        self._moved_at = 0.0
        """When a turn last began or ended."""
        self._in_line: Counter[str] = Counter()

    async def __call__(self, request: Request) -> AsyncGenerator[Client, None]:
        """A dependency of an endpoint: its turn lasts until the endpoint returns. Work asks the client to go on.

        Raises:
            HTTPException: 429 when the address has too many in line; 499, which nobody sees, when its client has gone.
        """
        address = client_network(requester_of(request.scope).address)
        if self._in_line[address] >= self._max_waiting:
            raise refusal(request, "2", "requests in line", self._max_waiting, texts.too_many_in_line)
        self._in_line[address] += 1
        client = Client()
        watching = asyncio.create_task(client.watch(request))
        try:
            await self._begin(watching)
            self._move(+1)
            try:
                if await request.is_disconnected():
                    raise HTTPException(_CLIENT_CLOSED_REQUEST)
                yield client
            except ClientGoneError:
                raise HTTPException(_CLIENT_CLOSED_REQUEST) from None
            finally:
                self._move(-1)
                self._permits.release()
        finally:
            watching.cancel()
            self._in_line[address] -= 1
            if not self._in_line[address]:
                del self._in_line[address]

    def stuck_seconds(self) -> float:
        """For how long, of the loop's time, all turns have been taken and none has ended; 0 while one is free."""
        return 0.0 if self._working < self._at_once else self._loop_seconds() - self._moved_at

    def _move(self, by: int) -> None:
        self._working += by
        self._moved_at = self._loop_seconds()

    async def _begin(self, watching: asyncio.Task[None]) -> None:
        """Wait for the turn. Raises HTTPException when the client goes before it comes."""
        turn, has_begun = asyncio.create_task(self._permits.acquire()), False
        try:
            await asyncio.wait({turn, watching}, return_when=asyncio.FIRST_COMPLETED)
            has_begun = turn.done()
        finally:
            if not has_begun:
                turn.add_done_callback(self._give_back)
                turn.cancel()
        if not has_begun:
            raise HTTPException(_CLIENT_CLOSED_REQUEST)

    def _give_back(self, turn: asyncio.Task[Any]) -> None:
        """It may have come in the very moment in which nobody waited for it any more."""
        if not turn.cancelled():
            self._permits.release()


def in_turn(turns: Turns | None = None) -> Dependency:
    """For an endpoint: its requests take turns with each other, and with other endpoints' that share `turns`."""
    dependency: Dependency = Depends(turns or Turns(), scope="function")
    return dependency


def quick_turns(loop_seconds: Callable[[], float] = time.monotonic) -> Turns:
    """For endpoints that only look something up: they take turns, so that a disk that hangs holds no more threads."""
    return Turns(QUICK_AT_ONCE, QUICK_WAITING, loop_seconds)


async def while_client_waits(request: Request, work: Coroutine[Any, Any, _ResultT]) -> _ResultT:
    """The work's result. When the client goes, the work is cancelled, and HTTPException raised for nobody to see."""
    working, watching = asyncio.create_task(work), asyncio.create_task(Client().watch(request))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise HTTPException(_CLIENT_CLOSED_REQUEST)
        return working.result()
    finally:
        working.cancel()
        watching.cancel()


def refusal(
    request: Request, retry_after_seconds: str, limit: str, number: int, say: Callable[[int], str]
) -> HTTPException:
    """429 in the words of `say`, which get `number`; the log names the limit once an hour for each address."""
    limit_met(limit, requester_of(request.scope).address, number)
    return HTTPException(429, say(number), {"Retry-After": retry_after_seconds})
