"""The subscriber: how stream and the archiver hear the bus, in their own event loop, with keys or without.

libzmq reads on a thread of its own and wakes the loop's thread, which costs as much as sending to ten viewers; and a
peer in ingest's place can abort a process that reads with it. Here the loop itself reads the connection
(docs/decisions/0018 and 0026).
"""

import asyncio
import socket
import time
from collections.abc import Callable, Iterable
from random import uniform
from typing import Final, cast

from shared.backoff import Backoff
from shared.bus.buffers import KERNEL_BUFFER_BYTES
from shared.bus.connecting import connect
from shared.bus.curve import ClientKeys
from shared.bus.mechanism import SUBSCRIBER, Mechanism, NullMechanism
from shared.bus.silence import SilenceTimer
from shared.bus.topics import new_hello_topic
from shared.bus.zmtp import ZmtpError
from shared.bus.zmtp_subscriber import ZmtpSubscriber
from shared.throttled_log import ThrottledLog

FIRST_RETRY_SECONDS: Final = 0.1
LONGEST_RETRY_SECONDS: Final = 1.0
MAX_UNSENT_BYTES: Final = 1024 * 1024
"""Beyond the kernel's buffer. 4,096 subscriptions have 300 KB; what a peer asks for without reading it has no end."""
Take = Callable[[list[bytes]], None]


class Subscriber:
    """Connects to each of `addresses` (`tcp://host:port` or `ipc://path`, separated by commas), and reconnects by
    itself. So `keys` that are not authorized yet are tried again, too.

    A connection without any message for `SILENCE_SECONDS` is given up, as one that was lost. `seconds` is the clock for
    that: by `LoopClock` no connection is silent because this process stood still. A topic subscribed twice must be
    unsubscribed twice. Every method is called on one loop.
    """

    def __init__(
        self, addresses: str, keys: ClientKeys | None = None, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._addresses = [address.strip() for address in addresses.split(",")]
        self._keys = keys
        self._seconds = seconds
        # After each connect ingest sends all statuses at once, so we need not wait a second to learn of the cameras.
        self._topics: dict[bytes, int] = {new_hello_topic(): 1}
        self._connections: set[_Connection] = set()
        self._refusals = ThrottledLog("bus connection")

    def subscribe(self, topic: bytes) -> None:
        times = self._topics[topic] = self._topics.get(topic, 0) + 1
        if times == 1:
            for connection in self._connections:
                connection.subscribe(topic)

    def unsubscribe(self, topic: bytes) -> None:
        times = self._topics.pop(topic, 0) - 1
        if times > 0:
            self._topics[topic] = times
        elif times == 0:
            for connection in self._connections:
                connection.cancel(topic)

    async def hand_newest_to(self, take: Take) -> None:
        """Call `take` with messages until it raises or this is cancelled.

        Of the messages that arrive together, `take` gets only the newest of each topic: a receiver that is too
        slow drops what it can't show any more.

        Raises:
            ExceptionGroup: with whatever `take` raised.
        """
        async with asyncio.TaskGroup() as tasks:
            for address in self._addresses:
                tasks.create_task(self._stay_connected(address, take))

    def _mechanism(self) -> Mechanism:
        if self._keys is None:
            return NullMechanism(SUBSCRIBER)
        from shared.bus.curve_client import CurveClient  # noqa: PLC0415 needs libsodium, which is seldom needed

        return CurveClient(self._keys)

    async def _stay_connected(self, address: str, take: Take) -> None:
        retry = Backoff(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS)
        while True:
            connection = _Connection(self._mechanism(), self._topics, take, self._seconds)
            self._connections.add(connection)
            try:
                if await connect(connection, address):
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

    def __init__(self, mechanism: Mechanism, topics: Iterable[bytes], take: Take, seconds: Callable[[], float]) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.silence = SilenceTimer(seconds)
        self.has_received = False
        self._take = take
        self._newest: dict[bytes, list[bytes]] = {}
        self._greeting = mechanism.greeting
        self._zmtp = ZmtpSubscriber(mechanism, topics, self._on_message, self._send)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # For mypy alone: uvloop's transports do not inherit from asyncio.Transport.
        self._transport = cast("asyncio.Transport", transport)
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BUFFER_BYTES)
        self.silence.restart()  # the look-up of its name may have taken longer than it may be silent
        self._send(self._greeting)

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
            elif self._zmtp.is_amid_frame:  # a slow link takes long for one picture
                self.silence.restart()
        except Exception as error:  # noqa: BLE001 raised where `ended` is awaited
            self._end(error)
            self.abort()

    def _on_message(self, parts: list[bytes]) -> None:
        self._newest[parts[0]] = parts

    def connection_lost(self, _exc: Exception | None) -> None:
        # Whatever the reason was, `_stay_connected` reconnects.
        self._end(None)
        # The two refer to each other, so their memory would stay until Python looks for such circles.
        self._zmtp.release()
        self._newest.clear()

    def _end(self, error: Exception | None) -> None:
        if self.ended.done():
            return
        if error is None:
            self.ended.set_result(None)
        else:
            # A traceback would keep the buffer of bytes that make no sense.
            self.ended.set_exception(error.with_traceback(None) if isinstance(error, ZmtpError) else error)

    def subscribe(self, topic: bytes) -> None:
        """Before the handshake nothing is sent: all topics are, at its end."""
        if self._zmtp.is_ready:
            self._zmtp.subscribe(topic)

    def cancel(self, topic: bytes) -> None:
        if self._zmtp.is_ready:
            self._zmtp.cancel(topic)

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
