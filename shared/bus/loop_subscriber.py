"""The subscriber inside the event loop, without libzmq and without keys, and which of the two a service gets.

libzmq reads on a thread of its own and wakes the loop's thread, which costs as much as sending to ten viewers. Here the
loop itself reads the connection (docs/decisions/0018). libzmq also keeps all parts of a message that never ends; here
they have a limit. Only with keys, and for paths, `Subscriber` is needed.
"""

import asyncio
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from random import uniform
from typing import Any, Final, cast

from shared.backoff import Backoff
from shared.bus.curve import ClientKeys
from shared.bus.silence import SilenceTimer
from shared.bus.sockets import KERNEL_BUFFER_BYTES
from shared.bus.subscriber import Subscriber
from shared.bus.topics import new_hello_topic
from shared.bus.zmtp import GREETING, ZmtpError, ZmtpSubscriber, cancel, subscribe
from shared.throttled_log import ThrottledLog

LOOKUPS: Final = 3
LOOKUP_SECONDS: Final = 2.0
"""A resolver repeats a lost query, or asks the next name server, only after 5 s. We start up to three overlapping
look-ups, 2 s apart: a lost packet then costs 2 s, and when the first name server is dead the second is still heard."""
CONNECT_SECONDS: Final = 1.0
FIRST_RETRY_SECONDS: Final = 0.1
LONGEST_RETRY_SECONDS: Final = 1.0
MAX_UNSENT_BYTES: Final = 1024 * 1024
"""Beyond the kernel's buffer. 4,096 subscriptions have 300 KB; what a peer asks for without reading it has no end."""
Take = Callable[[list[bytes]], None]


def subscriber_to(addresses: str, keys: ClientKeys | None = None) -> "LoopSubscriber | Subscriber":
    """The one for these addresses (separated by commas): only libzmq knows keys, and how to reach a path."""
    is_plain = keys is None and "ipc://" not in addresses
    return LoopSubscriber(addresses) if is_plain else Subscriber(addresses, keys)


class LoopSubscriber:
    """Connects to each of `addresses` (`tcp://host:port`, separated by commas), and reconnects by itself.

    A connection without any message for `SILENCE_SECONDS` is given up, as one that was lost. A topic subscribed twice
    must be unsubscribed twice. Every method is called on one loop.
    """

    def __init__(self, addresses: str) -> None:
        self._addresses = [_host_and_port(address) for address in addresses.split(",")]
        # After each connect ingest sends all statuses at once, so we need not wait a second to learn of the cameras.
        self._topics: dict[bytes, int] = {new_hello_topic(): 1}
        self._connections: set[_Connection] = set()
        self._refusals = ThrottledLog("bus connection")

    def subscribe(self, topic: bytes) -> None:
        times = self._topics[topic] = self._topics.get(topic, 0) + 1
        if times == 1:
            self._send_to_all(subscribe(topic))

    def unsubscribe(self, topic: bytes) -> None:
        times = self._topics.pop(topic, 0) - 1
        if times > 0:
            self._topics[topic] = times
        elif times == 0:
            self._send_to_all(cancel(topic))

    def _send_to_all(self, command: bytes) -> None:
        for connection in self._connections:
            connection.send_command(command)

    async def hand_newest_to(self, take: Take) -> None:
        """Call `take` with messages until it raises or this is cancelled.

        Of the messages that arrive together, `take` gets only the newest of each topic: a receiver that is too
        slow drops what it can't show any more.

        Raises:
            ExceptionGroup: with whatever `take` raised.
        """
        async with asyncio.TaskGroup() as tasks:
            for host, port in self._addresses:
                tasks.create_task(self._stay_connected(host, port, take))

    async def _stay_connected(self, host: str, port: int, take: Take) -> None:
        retry = Backoff(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS)
        while True:
            connection = _Connection(self._topics, take)
            self._connections.add(connection)
            try:
                if await _connect(connection, host, port):
                    await self._wait_for_end(connection)
            finally:
                self._connections.discard(connection)
                connection.abort()
            if connection.has_received:
                retry.reset()
            await asyncio.sleep(uniform(0.8, 1.2) * retry.next_seconds())  # noqa: S311 no secret

    async def _wait_for_end(self, connection: "_Connection") -> None:
        """Return when the connection has ended or has been silent for too long.

        Raises:
            Exception: whatever `take` raised.
        """
        while not connection.ended.done() and not connection.silence.has_expired:
            await asyncio.wait([connection.ended], timeout=connection.silence.check_seconds)
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
    """One connection to ingest. `ended` is done when nothing more will arrive; it holds the error, if there was one."""

    def __init__(self, topics: Iterable[bytes], take: Take) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.silence = SilenceTimer()
        self.has_received = False
        self._take = take
        self._newest: dict[bytes, list[bytes]] = {}
        self._zmtp = ZmtpSubscriber(topics, self._on_message, self._send)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # For mypy alone: uvloop's transports do not inherit from asyncio.Transport.
        self._transport = cast("asyncio.Transport", transport)
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BUFFER_BYTES)
        self._send(GREETING)

    def get_buffer(self, _sizehint: int) -> memoryview:
        return self._zmtp.free_space()

    def buffer_updated(self, nbytes: int) -> None:
        try:
            self._zmtp.received(nbytes)
            if self._newest:
                newest, self._newest = self._newest, {}
                self.has_received = True
                self.silence.restart()
                for parts in newest.values():
                    self._take(parts)
        except Exception as error:  # noqa: BLE001 raised where `ended` is awaited
            self._end(error)
            self.abort()

    def _on_message(self, parts: list[bytes]) -> None:
        self._newest[parts[0]] = parts

    def connection_lost(self, _exc: Exception | None) -> None:
        # Whatever the reason was, `_stay_connected` reconnects.
        self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self.ended.done():
            return
        if error is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error)

    def send_command(self, command: bytes) -> None:
        """Send a subscription or its end. Before the handshake nothing is sent: the topics are, at its end."""
        if self._zmtp.is_ready:
            self._send(command)

    def _send(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self._end(ZmtpError("the bus reads nothing"))
            self.abort()
            return
        self._transport.write(data)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def _connect(connection: _Connection, host: str, port: int) -> bool:
    """Try each address of `host`; whether one answered. The name is looked up each time, because a container that was
    restarted has another address.
    """
    loop = asyncio.get_running_loop()
    for *_, address in await _look_up(host, port):
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.create_connection(lambda: connection, *address[:2])
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
                with suppress(OSError):
                    return lookup.result()
        return []
    finally:
        for lookup in lookups:
            lookup.cancel()


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.strip().removeprefix("tcp://").rpartition(":")
    return host.strip("[]"), int(port)
