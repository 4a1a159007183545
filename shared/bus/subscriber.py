"""The listening end of the bus in an asyncio program, through libzmq."""

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Final

import zmq

from shared.bus.curve import ClientKeys
from shared.bus.sockets import HIGH_WATER_MARK, KERNEL_BUFFER_BYTES, has_event
from shared.bus.topics import hello_topic

SILENCE_SECONDS: Final = 3.0
"""A subscriber that hears nothing for so long connects anew: statuses come every second."""
MOST_AT_ONCE: Final = 256


class Subscriber:
    """A listening end of the bus in an asyncio program. Everything on the loop's thread.

    It connects, and connects anew, by itself: after `SILENCE_SECONDS` without any message the connection is given
    up and made again, since a peer that vanished behind a broken network sends no goodbye. So it is too when `keys`
    are not authorized, or not yet: ingest refuses without a word, and its log tells.
    """

    def __init__(self, addresses: str, keys: ClientKeys | None = None) -> None:
        self._addresses = [address.strip() for address in addresses.split(",")]
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._readable = asyncio.Event()
        self._wake: Callable[[], None] = self._readable.set
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heard_at = time.monotonic()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.set(zmq.RCVHWM, HIGH_WATER_MARK)
        self._socket.set(zmq.RCVBUF, KERNEL_BUFFER_BYTES)
        self._socket.set(zmq.RECONNECT_IVL, 100)
        self._socket.set(zmq.RECONNECT_IVL_MAX, 1000)
        self._socket.set(zmq.CONNECT_TIMEOUT, 1000)
        self._socket.set(zmq.HANDSHAKE_IVL, 3000)
        self._socket.set(zmq.TCP_KEEPALIVE, 1)
        self._socket.set(zmq.TCP_KEEPALIVE_IDLE, 10)
        self._socket.set(zmq.TCP_KEEPALIVE_INTVL, 5)
        self._socket.set(zmq.TCP_KEEPALIVE_CNT, 3)
        if keys is not None:
            keys.apply(self._socket)
        # Whoever comes, or comes back, need not wait for the next second to learn of the cameras.
        self._socket.subscribe(hello_topic(secrets.token_hex(8)))
        for address in self._addresses:
            self._socket.connect(address)

    def subscribe(self, topic: bytes) -> None:
        self._socket.subscribe(topic)
        self._stir()

    def unsubscribe(self, topic: bytes) -> None:
        self._socket.unsubscribe(topic)
        self._stir()

    async def receive(self) -> list[bytes]:
        """The next message. Waits for ever; to be called again soon, for meanwhile nobody looks at the connection."""
        if self._loop is None:
            self._watch_over(asyncio.get_running_loop(), self._readable.set)
        while not has_event(self._socket):
            # The descriptor tells only of changes since the socket was last used, hence the wake at every use.
            self._readable.clear()
            await self._readable.wait()
        self._heard_at = time.monotonic()
        return self._take_message()

    async def hand_newest_to(self, take: Callable[[list[bytes]], None]) -> None:
        """Hand every message to `take`, until cancelled or until it raises; instead of `receive`.

        Of those waiting at once, each topic's newest alone, and then the loop turns: a receiver that lags drops what
        it can't show rather than everything else it has to do. No task wakes in between, which would cost as much as
        the pictures of several viewers.
        """
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def turn() -> None:
            if ended.done():
                self._stop_reading()
                return
            newest: dict[bytes, list[bytes]] = {}
            try:
                # It is nearly always a message that wakes: asked is only whether there are more.
                for _ in range(MOST_AT_ONCE):
                    parts = self._take_message()
                    newest[parts[0]] = parts
                    if not has_event(self._socket):
                        break
                else:
                    loop.call_soon(turn)
            except zmq.Again:
                pass
            if newest:
                self._heard_at = time.monotonic()
            try:
                for parts in newest.values():
                    take(parts)
            except Exception as error:  # noqa: BLE001 raised where this is awaited
                ended.set_exception(error)

        self._watch_over(loop, turn)
        loop.call_soon(turn)
        await ended

    def _watch_over(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
        self._loop, self._wake = loop, wake
        loop.add_reader(self._socket.fileno(), wake)
        self._watch()

    def _stir(self) -> None:
        """After every use of the socket that is no receiving: what it found coming in would not wake us again."""
        if self._loop is not None:
            self._loop.call_soon(self._wake)

    def _take_message(self) -> list[bytes]:
        # What `recv_multipart` does, but for asking the socket after each part whether there are more.
        parts = []
        while True:
            part = self._socket.recv(zmq.NOBLOCK, copy=False)
            parts.append(part.bytes)
            if not part.more:
                return parts

    def _watch(self) -> None:
        """About once a second: give a silent connection up and make it anew."""
        assert self._loop is not None  # noqa: S101 set by the only caller before it
        if time.monotonic() - self._heard_at >= SILENCE_SECONDS:
            for address in self._addresses:
                self._socket.disconnect(address)
                self._socket.connect(address)
            self._heard_at = time.monotonic()
            self._stir()
        self._watchdog = self._loop.call_later(SILENCE_SECONDS / 3, self._watch)

    def _stop_reading(self) -> None:
        if self._loop is not None:
            self._watchdog.cancel()
            self._loop.remove_reader(self._socket.fileno())
            self._loop = None

    def close(self) -> None:
        self._stop_reading()
        self._context.destroy(linger=0)
