"""The publisher: sends messages, and knows which topics are subscribed to. Topics are bytes here.

The subscriptions are the demand: what nobody subscribes to need not be made (docs/decisions/0001).
"""

import select
import threading
from collections.abc import Sequence
from contextlib import suppress
from socket import socketpair

import zmq

from shared.bus.buffers import HIGH_WATER_MARK
from shared.bus.sockets import bind_socket, has_event, publishing_socket

_CANCEL, _SUBSCRIBE = b"\x00", b"\x01"


class Publisher:
    """An XPUB socket: bound to `address`, or with `is_inner` connected to the inner address of a `BusProxy`.

    Any thread may send. One thread waits for subscriptions and reads them. Sending never blocks: a subscriber that is
    too slow loses messages, and no other subscriber does.

    Raises:
        ConfigurationError: the address can't be bound.
    """

    def __init__(self, address: str, *, is_inner: bool = False) -> None:
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.topics: frozenset[bytes] = frozenset()
        """The topics with a subscription at the moment, over all subscribers."""
        if is_inner:
            self._socket = self.context.socket(zmq.XPUB)
            self._socket.set(zmq.SNDHWM, HIGH_WATER_MARK)
            # A subscription beyond such a mark would be lost, and nobody would repeat it.
            self._socket.set(zmq.RCVHWM, 0)
            self._socket.set(zmq.ONLY_FIRST_SUBSCRIBE, 1)
            self._socket.connect(address)
        else:
            self._socket = publishing_socket(self.context)
            bind_socket(self._socket, address, self.context)
        self._lock = threading.Lock()
        """Several threads may use a ZeroMQ socket in turn, if a lock's memory fence is between them."""
        self._waking, self._woken = socketpair()
        self._waking.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self._socket.fileno(), select.POLLIN)
        self._poll.register(self._woken, select.POLLIN)

    def wait(self, seconds: float) -> None:
        """Sleep until a subscription may have changed, `seconds` at most."""
        for descriptor, _ in self._poll.poll(max(0, round(seconds * 1000))):
            if descriptor == self._woken.fileno():
                self._woken.recv(64)

    def read_subscriptions(self) -> bool:
        """Bring `topics` up to date; whether they changed.

        Call it after each `wait`: no limit holds for the events that queue up in between.
        """
        topics = set(self.topics)
        with self._lock:
            while has_event(self._socket):
                event = self._socket.recv(zmq.NOBLOCK)
                topic = event[1:]
                if event[:1] == _SUBSCRIBE:
                    topics.add(topic)
                elif event[:1] == _CANCEL:
                    topics.discard(topic)
        changed = topics != self.topics
        self.topics = frozenset(topics)
        return changed

    def send(self, parts: Sequence[bytes]) -> None:
        """Send one message, its topic first. The last part is not copied."""
        with self._lock:
            for part in parts[:-1]:
                self._socket.send(part, zmq.SNDMORE)
            self._socket.send(parts[-1], copy=False)
            has_subscription = has_event(self._socket)
        if has_subscription:
            # The socket's descriptor reports only events since the last use of the socket, which was this one. So a
            # subscription that arrived before would not wake `wait`.
            with suppress(BlockingIOError):
                self._waking.send(b"\0")

    def close(self) -> None:
        self.context.destroy(linger=0)
        self._waking.close()
        self._woken.close()
