"""Turns for requests that compute or read much: a flood of one kind delays that kind alone, and only for a while.

Without them such requests take all of the threads that every endpoint shares. On the loop.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from typing import Final

from fastapi import Depends, HTTPException, Request
from fastapi.params import Depends as Dependency

from services.archiver.base import texts
from shared.web.access.client_network import client_network
from shared.web.access.roles import requester_of

AT_ONCE: Final = 2
MAX_WAITING: Final = 64
"""For each address. A page asks for a few at a time; behind a proxy that hides them, all clients count as one."""
_CLIENT_CLOSED_REQUEST: Final = 499


class Turns:
    """Lets `at_once` requests of one kind work at a time, in their order. An address may have `MAX_WAITING` in line."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._permits = asyncio.Semaphore(at_once)
        self._in_line: Counter[str] = Counter()

    async def __call__(self, request: Request) -> AsyncGenerator[None, None]:
        """A dependency of an endpoint: its turn lasts until the endpoint returns.

        Raises:
            HTTPException: 429 when the address has too many in line; 499, which nobody sees, when its client has gone.
        """
        address = client_network(requester_of(request.scope).address)
        if self._in_line[address] >= MAX_WAITING:
            raise HTTPException(429, texts.too_many_in_line(MAX_WAITING), {"Retry-After": "2"})
        self._in_line[address] += 1
        try:
            async with self._permits:
                if await request.is_disconnected():
                    raise HTTPException(_CLIENT_CLOSED_REQUEST)
                yield
        finally:
            self._in_line[address] -= 1
            if not self._in_line[address]:
                del self._in_line[address]


def in_turn() -> Dependency:
    """For a router: its endpoints take turns with each other, and with no others."""
    dependency: Dependency = Depends(Turns(), scope="function")
    return dependency
