"""The bus's address: accepts subscribers, with keys or without, reads what they want, sends them messages. Owns the
limits.

libzmq's XPUB reads subscriptions as fast as a peer sends them, inside one call, and with a limit on that (RCVHWM) any
peer can abort the process (docs/decisions/0021). Here a turn reads a little from a few connections, and what is not
read yet the kernel holds back.
"""

import select
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from shared.bus.authorizer import Authorizer
from shared.bus.curve import ServerKeys, key_bytes, public_key
from shared.bus.demand_ledger import DemandLedger, TooManySubscriptionsError
from shared.bus.listener import listening_socket
from shared.bus.mechanism import PUBLISHER, Mechanism, NullMechanism
from shared.bus.subscriber_connection import OutgoingMessage, SubscriberConnection
from shared.bus.zmtp import Buffer, RefusedPeerError, ZmtpError
from shared.bus.zmtp_peer import NO_KEYS, DemandChange
from shared.throttled_log import ThrottledLog

MAX_CONNECTIONS: Final = 256
"""Beyond it the oldest one without a handshake makes room; when all have shaken hands, the new one is closed."""
HANDSHAKE_SECONDS: Final = 5.0
MAX_WAITING_BYTES: Final = 128 * 1024 * 1024
"""For all connections together. Beyond it the one for which most waits is closed."""
EVENTS_PER_TURN: Final = 8
"""The kernel reports ready connections in turn, so the next turn has the next ones."""
_SWEEP_SECONDS: Final = 1.0


class SubscriberServer:
    """Listens at `address`. `on_demand(topic, is_wanted)` is told of the first subscription to a topic, and of the end
    of the last one. With `keys`, only clients whose key is authorized may subscribe. Used by one thread once it is
    made.

    Raises:
        ConfigurationError: the address can't be bound.
    """

    def __init__(self, address: str, on_demand: Callable[[bytes, bool], None], keys: ServerKeys | None = None) -> None:
        self._on_demand = on_demand
        self._new_mechanism = _plain_mechanism if keys is None else _locked_mechanism(keys)
        self._ledger: DemandLedger[SubscriberConnection] = DemandLedger()
        self._connections: dict[int, SubscriberConnection] = {}
        self._receivers: dict[bytes, frozenset[SubscriberConnection]] = {}
        """By a message's topic, until the next change of the demand."""
        self._ended = ThrottledLog("bus connection", event="ended")
        self._refused = ThrottledLog("bus connection", event="refused")
        self._swept_at = time.monotonic()
        self._listener = listening_socket(address)
        self._epoll = select.epoll()
        self.watch(self._listener.fileno())

    def watch(self, descriptor: int) -> None:
        """Let `turn` end early when `descriptor` is readable."""
        self._epoll.register(descriptor, select.EPOLLIN)

    def send(self, parts: list[Buffer]) -> None:
        """Send a message to its subscribers, its topic first. A slow one may lose it."""
        topic = bytes(parts[0])
        receivers = self._receivers.get(topic)
        if receivers is None:
            receivers = self._receivers[topic] = frozenset(self._ledger.receivers(topic))
        if not receivers:
            return
        message = OutgoingMessage(parts)
        has_backlog = False
        for connection in receivers:
            had_backlog = connection.has_backlog
            connection.send(message)
            if connection.has_backlog:
                has_backlog = True
                if not had_backlog:
                    self._epoll.modify(connection.descriptor, select.EPOLLIN | select.EPOLLOUT)
        if has_backlog:
            self._bound_backlog()

    def turn(self, seconds: float) -> None:
        """Wait for `seconds` at most, then serve a few connections that are ready."""
        for descriptor, events in self._epoll.poll(min(seconds, _SWEEP_SECONDS), EVENTS_PER_TURN):
            if descriptor == self._listener.fileno():
                self._accept()
            connection = self._connections.get(descriptor)
            if connection is not None:
                self._serve(connection, events)
        if time.monotonic() - self._swept_at >= _SWEEP_SECONDS:
            self._sweep()

    def close(self) -> None:
        for connection in self._connections.values():
            connection.socket.close()
        self._listener.close()
        self._epoll.close()

    def _accept(self) -> None:
        try:
            accepted, address = self._listener.accept()
        except BlockingIOError:
            return
        except OSError:  # no descriptors are left: the next sweep asks again
            self._epoll.modify(self._listener.fileno(), 0)
            return
        if len(self._connections) >= MAX_CONNECTIONS:
            oldest = next((one for one in self._connections.values() if not one.peer.is_ready), None)
            if oldest is None:
                accepted.close()
                self._ended.count(f"there were {MAX_CONNECTIONS} connections already")
                return
            self._end(oldest, f"more than {MAX_CONNECTIONS} connections, and it had not shown who it is")
        mechanism = self._new_mechanism(address[0] if accepted.family == socket.AF_INET else "this host")
        connection = SubscriberConnection(accepted, mechanism)
        self._connections[connection.descriptor] = connection
        self._epoll.register(connection.descriptor, select.EPOLLIN)
        connection.send_bytes(mechanism.greeting)

    def _serve(self, connection: SubscriberConnection, events: int) -> None:
        if events & select.EPOLLOUT:
            connection.flush()
        if events & ~select.EPOLLOUT:
            try:
                changes = connection.read()
            except RefusedPeerError as error:
                connection.send_bytes(error.answer)
                self._end(connection, None)
                self._refused.count(str(error))
                return
            except ZmtpError as error:
                self._end(connection, str(error))
                return
            if changes is None:
                self._end(connection, None)
                if not (connection.peer.is_plain or connection.peer.is_ready):
                    self._refused.count(NO_KEYS)
                return
            self._change_demand(connection, changes)
        if connection.descriptor in self._connections:
            backlog = select.EPOLLOUT if connection.has_backlog else 0
            self._epoll.modify(connection.descriptor, select.EPOLLIN | backlog)

    def _change_demand(self, connection: SubscriberConnection, changes: list[DemandChange]) -> None:
        if not changes:
            return
        self._receivers.clear()
        if not connection.may_change(len(changes)):
            self._end(connection, "it subscribed and cancelled too often")
            return
        try:
            for is_wanted, topic in changes:
                change = self._ledger.subscribe if is_wanted else self._ledger.cancel
                if change(connection, topic):
                    self._on_demand(topic, is_wanted)
        except TooManySubscriptionsError as error:
            self._end(connection, str(error))
        while self._ledger.is_full:
            self._end(self._ledger.heaviest(), "all together had too many subscriptions, and it had most")

    def _bound_backlog(self) -> None:
        while sum(connection.waiting_bytes for connection in self._connections.values()) > MAX_WAITING_BYTES:
            slowest = max(self._connections.values(), key=lambda connection: connection.waiting_bytes)
            self._end(slowest, "too much waited for all together, and most for it")

    def _end(self, connection: SubscriberConnection, reason: str | None) -> None:
        """Close the connection, and log why; None when it ended by itself."""
        del self._connections[connection.descriptor]
        connection.close()
        self._receivers.clear()
        for topic in self._ledger.end(connection):
            self._on_demand(topic, False)
        if reason is not None:
            self._ended.count(reason)

    def _sweep(self) -> None:
        """End connections that did not shake hands in time; listen again if that was paused."""
        self._swept_at = time.monotonic()
        for connection in tuple(self._connections.values()):
            if not connection.peer.is_ready and self._swept_at - connection.accepted_at > HANDSHAKE_SECONDS:
                self._end(connection, f"it had not shown who it is within {HANDSHAKE_SECONDS:.0f} seconds")
        self._epoll.modify(self._listener.fileno(), select.EPOLLIN)


def _plain_mechanism(_address: str) -> Mechanism:
    return NullMechanism(PUBLISHER)


def _locked_mechanism(keys: ServerKeys) -> Callable[[str], Mechanism]:
    """The mechanism of a connection from an address, with `keys`."""
    from shared.bus.curve_server import CurveServer  # noqa: PLC0415 needs libsodium, which is seldom needed

    authorizer = Authorizer(keys)
    public, secret = key_bytes(public_key(keys.secret_key)), key_bytes(keys.secret_key)
    return lambda address: CurveServer(public, secret, partial(authorizer.admit, address=address))
