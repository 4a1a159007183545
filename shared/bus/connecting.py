"""How a subscriber connects to one address of the bus: looking up its name, and trying what the name stands for."""

import asyncio
import socket
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

LOOKUPS: Final = 3
LOOKUP_SECONDS: Final = 2.0
"""A resolver repeats a lost query, or asks the next name server, only after 5 s. We start up to three overlapping
look-ups, 2 s apart: a lost packet then costs 2 s, and when the first name server is dead the second is still heard."""
CONNECT_SECONDS: Final = 1.0


async def connect(protocol: asyncio.BaseProtocol, address: str) -> bool:
    """Connect `protocol` to `address`, `tcp://host:port` or `ipc://path`; whether anything answered.

    Each address that a name stands for is tried. A name is looked up each time, because a container that was restarted
    has another address.
    """
    loop = asyncio.get_running_loop()
    scheme, _, place = address.rpartition("://")
    if scheme == "ipc":
        return await _connects(loop.create_unix_connection(lambda: protocol, place))
    host, _, port = place.rpartition(":")
    for *_, found in await _look_up(host.strip("[]"), int(port)):
        if await _connects(loop.create_connection(lambda: protocol, *found[:2])):
            return True
    return False


async def _connects(connecting: Coroutine[Any, Any, object]) -> bool:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(CONNECT_SECONDS):
            await connecting
        return True
    return False


async def _look_up(host: str, port: int) -> list[tuple[Any, ...]]:
    """The results of `getaddrinfo`; none when all look-ups failed or took too long.

    A query that was sent while the network was cut is never answered, so the next one starts while it still runs.
    """
    loop = asyncio.get_running_loop()
    lookups: set[asyncio.Task[list[tuple[Any, ...]]]] = set()
    try:
        for _ in range(LOOKUPS):
            lookups.add(loop.create_task(loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
            done, lookups = await asyncio.wait(lookups, timeout=LOOKUP_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for lookup in done:
                with suppress(OSError, UnicodeError):  # the latter for a name that can be none
                    return lookup.result()
        return []
    finally:
        for lookup in lookups:
            lookup.cancel()
