"""The subscriber for any asyncio program: through libzmq, with or without keys.

Without keys, stream and the archiver use `LoopSubscriber` (docs/decisions/0018), which is cheaper and bounds what a
message without end costs.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import zmq

from shared.bus.curve import ClientKeys
from shared.bus.silence import SilenceTimer
from shared.bus.sockets import has_event, subscribing_socket
from shared.bus.topics import new_hello_topic

MAX_MESSAGES_PER_TURN: Final = 256
"""Read in one turn of the event loop; then other tasks run."""


class Subscriber:
    """A SUB socket in an asyncio program, connected to each of `addresses` (separated by commas).

    It connects by itself, and reconnects when no message arrived for `SILENCE_SECONDS`. That also covers `keys` that
    are not authorized yet: ingest refuses them without an answer, and logs it. Every method is called on the loop's
    thread.
    """

    def __init__(self, addresses: str, keys: ClientKeys | None = None) -> None:
        self._addresses = [address.strip() for address in addresses.split(",")]
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = subscribing_socket(self._context)
        self._readable = asyncio.Event()
        self._wake: Callable[[], None] = self._readable.set
        self._loop: asyncio.AbstractEventLoop | None = None
        self._silence = SilenceTimer()
        if keys is not None:
            keys.apply(self._socket)
        # After each connect ingest sends all statuses at once, so we need not wait a second to learn of the cameras.
        self._socket.subscribe(new_hello_topic())
        for address in self._addresses:
            self._socket.connect(address)

    def subscribe(self, topic: bytes) -> None:
        self._socket.subscribe(topic)
        self._wake_later()

    def unsubscribe(self, topic: bytes) -> None:
        self._socket.unsubscribe(topic)
        self._wake_later()

    async def receive(self) -> list[bytes]:
        """The next message's parts, topic first. Waits for ever.

        Call it again soon: a silent connection is noticed and replaced only while this waits.
        """
        if self._loop is None:
            self._start_reading(asyncio.get_running_loop(), self._readable.set)
        while not has_event(self._socket):
            # The socket's descriptor reports only events since the last use of the socket, hence `_wake_later`.
            self._readable.clear()
            await self._readable.wait()
        self._silence.restart()
        return self._read_message()

    async def hand_newest_to(self, take: Callable[[list[bytes]], None]) -> None:
        """Call `take` with messages until it raises or this is cancelled; instead of `receive`.

        Of the messages that wait together, `take` gets only the newest of each topic: a receiver that is too slow drops
        old pictures rather than its other work. No task is woken for a message, because that costs as much as sending a
        picture to several viewers.

        Raises:
            Exception: whatever `take` raised.
        """
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def turn() -> None:
            if ended.done():
                self._stop_reading()
                return
            try:
                for parts in self._read_newest().values():
                    take(parts)
            except Exception as error:  # noqa: BLE001 raised where this is awaited
                ended.set_exception(error)

        self._start_reading(loop, turn)
        loop.call_soon(turn)
        await ended

    def _read_newest(self) -> dict[bytes, list[bytes]]:
        """The newest message of each topic, of those that wait; the loop turns before any beyond the limit."""
        newest: dict[bytes, list[bytes]] = {}
        try:
            # A wake-up nearly always means a message, so the first is read without asking.
            for _ in range(MAX_MESSAGES_PER_TURN):
                parts = self._read_message()
                newest[parts[0]] = parts
                if not has_event(self._socket):
                    break
            else:
                self._wake_later()
        except zmq.Again:
            pass
        if newest:
            self._silence.restart()
        return newest

    def _read_message(self) -> list[bytes]:
        # As pyzmq's `recv_multipart`, without its extra question to the socket after each part.
        parts = []
        while True:
            part = self._socket.recv(zmq.NOBLOCK, copy=False)
            parts.append(part.bytes)
            if not part.more:
                return parts

    def _start_reading(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
        self._loop, self._wake = loop, wake
        loop.add_reader(self._socket.fileno(), wake)
        self._check_silence(loop)

    def _stop_reading(self) -> None:
        if self._loop is not None:
            self._silence_check.cancel()
            self._loop.remove_reader(self._socket.fileno())
            self._loop = None

    def _wake_later(self) -> None:
        """For every use of the socket but reading: a message that arrived meanwhile would not wake the reader."""
        if self._loop is not None:
            self._loop.call_soon(self._wake)

    def _check_silence(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._silence.has_expired:
            for address in self._addresses:
                self._socket.disconnect(address)
                self._socket.connect(address)
            self._silence.restart()
            self._wake_later()
        self._silence_check = loop.call_later(self._silence.check_seconds, self._check_silence, loop)

    def close(self) -> None:
        self._stop_reading()
        self._context.destroy(linger=0)
