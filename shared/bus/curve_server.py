"""The bus's address with keys: libzmq's XPUB, since its encryption (CURVE) is not ours to write.

A client can subscribe only after its key was found authorized. libzmq has no limit for what such a client sends at
once: docs/decisions/0021 says what stays open.
"""

import os
import select
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple

import zmq

from shared.bus.curve import ServerKeys, ZapAuthenticator
from shared.bus.demand_ledger import DemandLedger, TooManySubscriptionsError
from shared.bus.sockets import bind_socket, has_event, publishing_socket
from shared.throttled_log import ThrottledLog

EVENTS_PER_TURN: Final = 64
_CANCEL, _SUBSCRIBE = b"\x00", b"\x01"
_SNDMORE: Final = int(zmq.SNDMORE)


class ConnectionId(NamedTuple):
    """A connection: its descriptor, and the socket's inode, since a descriptor's number is used again."""

    descriptor: int
    inode: int


class CurveServer:
    """Like `SubscriberServer`, with `keys`. Its owner terminates `context`, and then calls `close` and `join`.

    Raises:
        ConfigurationError: the address can't be bound.
    """

    def __init__(
        self,
        context: "zmq.Context[zmq.Socket[bytes]]",
        address: str,
        keys: ServerKeys,
        on_demand: Callable[[bytes, bool], None],
    ) -> None:
        self._on_demand = on_demand
        self._ledger: DemandLedger[ConnectionId] = DemandLedger()
        self._ended = ThrottledLog("bus connection", event="ended")
        self._socket = publishing_socket(context, has_keys=True)
        # Every subscription and cancellation is shown, with the connection that it came by.
        self._socket.set(zmq.XPUB_VERBOSER, 1)
        self._authenticator = ZapAuthenticator(context, self._socket, keys)
        bind_socket(self._socket, address, context)
        self._authenticator.start()
        self._epoll = select.epoll()
        self.watch(self._socket.fileno())

    def watch(self, descriptor: int) -> None:
        """Let `turn` end early when `descriptor` is readable."""
        self._epoll.register(descriptor, select.EPOLLIN)

    def send(self, parts: list[bytes | memoryview]) -> None:
        """Send a message to its subscribers, its topic first. A slow one may lose it."""
        for part in parts[:-1]:
            self._socket.send(part, _SNDMORE)
        self._socket.send(parts[-1], copy=False)

    def turn(self, seconds: float) -> None:
        """Wait for `seconds` at most, then read a few subscriptions."""
        # The socket's descriptor reports only events since the last use of the socket, hence the question first.
        if not has_event(self._socket):
            self._epoll.poll(seconds)
        for _ in range(EVENTS_PER_TURN):
            if not has_event(self._socket):
                return
            event = self._socket.recv(copy=False)
            more = event.more
            while more:
                more = self._socket.recv(copy=False).more
            self._read(event)

    def close(self) -> None:
        self._socket.close(linger=0)
        self._epoll.close()

    def join(self) -> None:
        """Wait for the authenticator's end, once the context is being terminated."""
        self._authenticator.join()

    def _read(self, event: zmq.Frame) -> None:
        kind, topic = event.bytes[:1], event.bytes[1:]
        try:
            connection = _connection_id(event.get(zmq.SRCFD))
        except zmq.ZMQError:
            # libzmq tells the end of a connection so, for each of its topics, and not which connection it was.
            gone = next((one for one in self._ledger.subscribers(topic) if not _is_open(one)), None)
            if gone is not None and self._ledger.cancel(gone, topic):
                self._on_demand(topic, False)
            return
        try:
            if kind == _SUBSCRIBE and self._ledger.subscribe(connection, topic):
                self._on_demand(topic, True)
            elif kind == _CANCEL and self._ledger.cancel(connection, topic):
                self._on_demand(topic, False)
        except TooManySubscriptionsError as error:
            self._end(connection, str(error))
        if self._ledger.is_full:
            self._end(self._ledger.heaviest(), "all together had too many subscriptions, and it had most")

    def _end(self, connection: ConnectionId, reason: str) -> None:
        """Shut the connection down; libzmq notices, and tells its topics."""
        self._ended.count(reason)
        with suppress(OSError), socket.socket(fileno=os.dup(connection.descriptor)) as copy:
            if os.fstat(copy.fileno()).st_ino == connection.inode:
                copy.shutdown(socket.SHUT_RDWR)


def _connection_id(descriptor: int) -> ConnectionId:
    """The connection behind a descriptor of libzmq's; one without a socket when it is closed already."""
    try:
        return ConnectionId(descriptor, os.fstat(descriptor).st_ino)
    except OSError:
        return ConnectionId(descriptor, 0)


def _is_open(connection: ConnectionId) -> bool:
    return connection.inode != 0 and _connection_id(connection.descriptor) == connection
