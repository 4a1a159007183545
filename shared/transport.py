"""The bus: the only door to ZeroMQ (`curve.py` is its lock). Owns sockets and their options; topics are bytes here.

Frames go out on an XPUB, whose subscriptions are the demand (docs/architecture.md). Two facts shape the options:
a heartbeat on a SUB with a finite high-water mark aborts the process when the application stalls, so only the XPUB
has one; and a high-water mark does not bound age, so it is small, as are the kernel's buffers.
"""

import asyncio
import secrets
import select
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from socket import socketpair
from typing import Final

import zmq

from shared.curve import OVERHEAD_BYTES, ClientKeys, Gatekeeper, ServerKeys
from shared.errors import ConfigurationError
from shared.topics import MAX_TOPIC_BYTES, hello_topic

HIGH_WATER_MARK: Final = 8
"""A camera's frame at every size and its status, sent in one go, and a little more."""
KERNEL_BUFFER_BYTES: Final = 256 * 1024
SILENCE_SECONDS: Final = 3.0
"""A subscriber that hears nothing for so long connects anew: statuses come every second."""
MOST_AT_ONCE: Final = 256
_SUBSCRIBE: Final = b"\x01"
_READABLE: Final = int(zmq.POLLIN)
"""A plain number: the flag's own `&` takes longer than the question to the socket."""


class Forwarder:
    """Many publishers behind the one address that subscribers know: libzmq's own proxy, on a thread of its own.

    A publisher that connects to `inner_address` sees every subscription once, whoever made it, and its end. With
    `keys` the outer address is for those alone whom they authorize; the inner one is always plain.

    Raises:
        ConfigurationError: when the outer address can't be bound.
    """

    def __init__(self, outer_address: str, inner_address: str, keys: ServerKeys | None = None) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._outer = _outer_socket(self._context, has_keys=keys is not None)
        self._gatekeeper = None if keys is None else Gatekeeper(self._context, self._outer, keys)
        self._inner = self._context.socket(zmq.XSUB)
        self._inner.set(zmq.RCVHWM, HIGH_WATER_MARK)
        self._inner.set(zmq.ONLY_FIRST_SUBSCRIBE, 1)
        self._inner.bind(inner_address)
        _bind(self._outer, outer_address, self._context)
        if self._gatekeeper is not None:
            self._gatekeeper.start()
        self._thread = threading.Thread(target=self._run, name="forwarder", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(zmq.ContextTerminated):
            zmq.proxy(self._outer, self._inner)
        self._outer.close(linger=0)
        self._inner.close(linger=0)

    def close(self) -> None:
        # The threads end with their context, and the context when they have closed its sockets.
        self._context.term()
        self._thread.join()
        if self._gatekeeper is not None:
            self._gatekeeper.join()


def _outer_socket(context: "zmq.Context[zmq.Socket[bytes]]", *, has_keys: bool = False) -> "zmq.Socket[bytes]":
    socket = context.socket(zmq.XPUB)
    # Subscriptions come unbounded by any high-water mark; none of ours is longer than this.
    socket.set(zmq.MAXMSGSIZE, MAX_TOPIC_BYTES + (OVERHEAD_BYTES if has_keys else 0))
    socket.set(zmq.SNDHWM, HIGH_WATER_MARK)
    socket.set(zmq.SNDBUF, KERNEL_BUFFER_BYTES)
    socket.set(zmq.ONLY_FIRST_SUBSCRIBE, 1)
    socket.set(zmq.HEARTBEAT_IVL, 1000)
    socket.set(zmq.HEARTBEAT_TIMEOUT, 2500)
    return socket


def _bind(socket: "zmq.Socket[bytes]", address: str, context: "zmq.Context[zmq.Socket[bytes]]") -> None:
    try:
        socket.bind(address)
    except zmq.ZMQError as error:
        context.destroy(linger=0)
        reason = zmq.strerror(error.errno or 0)
        raise ConfigurationError(
            f"BUS_BIND is '{address}' but must be an address that can be bound here: {reason}."
        ) from None


class Publisher:
    """A sending end of the bus: bound at `address`, or with `is_inner` connected to a forwarder's inner one.

    Any thread may send; one thread reads the subscriptions and waits for them. Sending never blocks: a subscriber that
    lags loses messages, nobody else does.

    Raises:
        ConfigurationError: when the address can't be bound.
    """

    def __init__(self, address: str, *, is_inner: bool = False) -> None:
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.topics: frozenset[bytes] = frozenset()
        """What anybody subscribes to at the moment, over all subscribers."""
        if is_inner:
            self._socket = self.context.socket(zmq.XPUB)
            self._socket.set(zmq.SNDHWM, HIGH_WATER_MARK)
            self._socket.set(zmq.ONLY_FIRST_SUBSCRIBE, 1)
            self._socket.connect(address)
        else:
            self._socket = _outer_socket(self.context)
            _bind(self._socket, address, self.context)
        self._lock = threading.Lock()
        """A ZeroMQ socket may pass from thread to thread, but not without a lock's fence between them."""
        self._waking, self._woken = socketpair()
        self._waking.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self._socket.fileno(), select.POLLIN)
        self._poll.register(self._woken, select.POLLIN)

    def wait(self, seconds: float) -> None:
        """Sleep until a subscription may have changed or the time is up."""
        for descriptor, _ in self._poll.poll(max(0, round(seconds * 1000))):
            if descriptor == self._woken.fileno():
                self._woken.recv(64)

    def read_subscriptions(self) -> bool:
        """Bring `topics` up to date; whether they changed. Call it on every turn: the events queue up unbounded."""
        topics = set(self.topics)
        with self._lock:
            while self._has_event():
                event = self._socket.recv(zmq.NOBLOCK)
                topic = event[1:]
                if event[:1] == _SUBSCRIBE:
                    topics.add(topic)
                else:
                    topics.discard(topic)
        changed = topics != self.topics
        self.topics = frozenset(topics)
        return changed

    def send(self, parts: Sequence[bytes]) -> None:
        with self._lock:
            for part in parts[:-1]:
                self._socket.send(part, zmq.SNDMORE)
            self._socket.send(parts[-1], copy=False)
            has_event = self._has_event()
        if has_event:
            # The descriptor tells only of what came since the socket was last used, which was just now.
            with suppress(BlockingIOError):
                self._waking.send(b"\0")

    def _has_event(self) -> bool:
        return bool(self._socket.get(zmq.EVENTS) & _READABLE)  # type: ignore[operator] # pyzmq says int or bytes

    def close(self) -> None:
        self.context.destroy(linger=0)
        self._waking.close()
        self._woken.close()


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
        while not self._has_message():
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
                    if not self._has_message():
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

    def _has_message(self) -> bool:
        # Cheaper than to try and fail: an exception costs twice as much as the question.
        return bool(self._socket.get(zmq.EVENTS) & _READABLE)  # type: ignore[operator] # pyzmq says int or bytes

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
