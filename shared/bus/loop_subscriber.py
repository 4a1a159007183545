"""The listening end of the bus in the event loop itself, for a service whose whole work is to pass frames on.

libzmq reads on a thread of its own and wakes the loop's, which costs as much as ten viewers. Here the loop
reads the connection (docs/decisions/0018). `transport.Subscriber` is for everybody else, and for a bus with keys.
"""

import asyncio
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from random import uniform
from typing import Any, Final

from shared.bus.sockets import KERNEL_BUFFER_BYTES
from shared.bus.subscriber import SILENCE_SECONDS
from shared.bus.topics import hello_topic
from shared.bus.zmtp import GREETING, Conversation, ZmtpError, cancel, subscribe
from shared.throttled_log import ThrottledLog

LOOKUPS: Final = 3
LOOKUP_SECONDS: Final = 2.0
"""A name server that hears nothing for a moment costs no longer than this, and one that is dead not the connection: a
resolver goes on to the next after five seconds, while it is still waited for."""
CONNECT_SECONDS: Final = 1.0
FIRST_RETRY_SECONDS: Final = 0.1
LONGEST_RETRY_SECONDS: Final = 1.0
Taker = Callable[[list[bytes]], None]


class LoopSubscriber:
    """Connects to each of `addresses` (`tcp://host:port`, with commas between) and stays so, by itself: a connection
    that brings no message for `SILENCE_SECONDS` is given up and made anew, as one that was lost. All on one loop.
    """

    def __init__(self, addresses: str) -> None:
        self._addresses = [_host_and_port(address) for address in addresses.split(",")]
        # Whoever comes, or comes back, need not wait for the next second to learn of the cameras.
        self._topics: dict[bytes, None] = {hello_topic(secrets.token_hex(8)): None}
        self._connections: set[_Connection] = set()
        self._refusals = ThrottledLog("bus connection")

    def subscribe(self, topic: bytes) -> None:
        self._topics[topic] = None
        self._tell(subscribe(topic))

    def unsubscribe(self, topic: bytes) -> None:
        self._topics.pop(topic, None)
        self._tell(cancel(topic))

    def _tell(self, command: bytes) -> None:
        for connection in self._connections:
            connection.tell(command)

    async def hand_newest_to(self, take: Taker) -> None:
        """Hand every message to `take`, until cancelled or until it raises.

        Of those that come at once, each topic's newest alone: who lags drops what can't be shown any more.
        """
        async with asyncio.TaskGroup() as tasks:
            for host, port in self._addresses:
                tasks.create_task(self._stay_connected(host, port, take))

    async def _stay_connected(self, host: str, port: int, take: Taker) -> None:
        retry_seconds = FIRST_RETRY_SECONDS
        while True:
            connection = _Connection(self._topics, take)
            self._connections.add(connection)
            try:
                if await _connect(connection, host, port):
                    await self._follow(connection)
            finally:
                self._connections.discard(connection)
                connection.abort()
            if connection.has_heard:
                retry_seconds = FIRST_RETRY_SECONDS
            await asyncio.sleep(uniform(0.8, 1.2) * retry_seconds)  # noqa: S311 no secret
            retry_seconds = min(2 * retry_seconds, LONGEST_RETRY_SECONDS)

    async def _follow(self, connection: "_Connection") -> None:
        """Until it ends, or has been silent for too long.

        Raises:
            whatever `take` raised.
        """
        while not connection.ended.done() and time.monotonic() - connection.heard_at < SILENCE_SECONDS:
            await asyncio.wait([connection.ended], timeout=SILENCE_SECONDS / 3)
        if connection.ended.done():
            try:
                connection.ended.result()
            except ZmtpError as error:
                self._refusals.count(str(error))

    def close(self) -> None:
        for connection in tuple(self._connections):
            connection.abort()
        self._connections.clear()


class _Connection(asyncio.BufferedProtocol):
    """`ended` is done when nothing more comes, with why if that is a fault."""

    def __init__(self, topics: dict[bytes, None], take: Taker) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.heard_at = time.monotonic()
        self.has_heard = False
        self._take = take
        self._newest: dict[bytes, list[bytes]] = {}
        self._conversation = Conversation(topics, self._on_message, self._send)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        self._transport = transport
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BUFFER_BYTES)
        self._send(GREETING)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 the room is what it is
        return self._conversation.room()

    def buffer_updated(self, nbytes: int) -> None:
        try:
            self._conversation.take(nbytes)
            if self._newest:
                newest, self._newest = self._newest, {}
                self.has_heard = True
                self.heard_at = time.monotonic()
                for parts in newest.values():
                    self._take(parts)
        except Exception as error:  # noqa: BLE001 raised where the end is awaited
            self._end(error)
            self.abort()

    def _on_message(self, parts: list[bytes]) -> None:
        self._newest[parts[0]] = parts

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 it is tried again whatever it was
        self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self.ended.done():
            return
        if error is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error)

    def tell(self, command: bytes) -> None:
        """What is told before the other end is ready is among the topics that it is told then."""
        if self._conversation.is_ready:
            self._send(command)

    def _send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def _connect(connection: _Connection, host: str, port: int) -> bool:
    """The name is looked up anew each time: a container that comes back has another address."""
    loop = asyncio.get_running_loop()
    for *_, address in await _look_up(host, port):
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.create_connection(lambda: connection, *address[:2])
            return True
    return False


async def _look_up(host: str, port: int) -> list[tuple[Any, ...]]:
    """Asked again while the first question is still open: what was asked of a cut network is never answered."""
    loop = asyncio.get_running_loop()
    questions: set[asyncio.Task[list[tuple[Any, ...]]]] = set()
    try:
        for _ in range(LOOKUPS):
            questions.add(loop.create_task(loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
            answered, questions = await asyncio.wait(
                questions, timeout=LOOKUP_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            for question in answered:
                with suppress(OSError):
                    return question.result()
        return []
    finally:
        for question in questions:
            question.cancel()


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.strip().removeprefix("tcp://").rpartition(":")
    return host.strip("[]"), int(port)
