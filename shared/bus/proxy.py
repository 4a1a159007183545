"""The proxy that joins many publishers, one per camera, behind the one address that subscribers connect to."""

import threading
from contextlib import suppress
from typing import Final

import zmq

from shared.bus.connection_guard import ConnectionGuard, connection_id, end_connection, is_open
from shared.bus.curve import ServerKeys, ZapAuthenticator
from shared.bus.demand_ledger import DemandLedger, TooManySubscriptionsError
from shared.bus.sockets import HIGH_WATER_MARK, bind_socket, publishing_socket
from shared.throttled_log import ThrottledLog

MAX_MESSAGES_PER_TURN: Final = 64
"""Passed on in one direction before the other one has its turn."""
_CANCEL: Final = b"\x00"
_SUBSCRIBE: Final = b"\x01"
# Plain integers: pyzmq's flags take longer than the calls that they are for.
_NOBLOCK: Final = int(zmq.NOBLOCK)
_SNDMORE: Final = int(zmq.SNDMORE)


class BusProxy:
    """Subscribers connect to `outer_address`, publishers to `inner_address`. It runs on threads of its own.

    A publisher sees the first subscription to a topic and the end of the last one, over all subscribers. A subscriber
    beyond the limits of `DemandLedger` or `ConnectionGuard` loses its connection. With `keys`, only clients whose key
    is authorized may connect to the outer address; the inner one never has keys.

    Raises:
        ConfigurationError: the outer address can't be bound.
    """

    def __init__(self, outer_address: str, inner_address: str, keys: ServerKeys | None = None) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._outer = publishing_socket(self._context, has_keys=keys is not None)
        # Every subscription and cancellation is shown, with the connection that it came by.
        self._outer.set(zmq.XPUB_VERBOSER, 1)
        self._authenticator = None if keys is None else ZapAuthenticator(self._context, self._outer, keys)
        self._inner = self._context.socket(zmq.XSUB)
        self._inner.set(zmq.RCVHWM, HIGH_WATER_MARK)
        self._inner.set(zmq.ONLY_FIRST_SUBSCRIBE, 1)
        self._inner.bind(inner_address)
        self._ledger = DemandLedger(is_open)
        self._ended = ThrottledLog("bus connection", event="ended")
        count_failure = None if self._authenticator is None else self._authenticator.count_failure
        self._guard = ConnectionGuard(self._outer, count_failure)
        bind_socket(self._outer, outer_address, self._context)
        if self._authenticator is not None:
            self._authenticator.start()
        self._guard.start()
        self._thread = threading.Thread(target=self._run, name="bus-proxy", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        poller = zmq.Poller()
        poller.register(self._inner, zmq.POLLIN)
        poller.register(self._outer, zmq.POLLIN)
        with suppress(zmq.ContextTerminated):
            while True:
                for ready, _ in poller.poll():
                    with suppress(zmq.Again):
                        if ready is self._inner:
                            self._pass_messages()
                        else:
                            self._read_subscriptions()
        self._outer.close(linger=0)
        self._inner.close(linger=0)

    def _pass_messages(self) -> None:
        """Pass publishers' messages on. libzmq's own proxy does this in C, but then nobody sees the subscriptions.

        Raises:
            Again: there are no more.
        """
        receive, send = self._inner.recv, self._outer.send
        for _ in range(MAX_MESSAGES_PER_TURN):
            part = receive(_NOBLOCK, copy=False)
            while part.more:
                send(part, _SNDMORE, copy=False)
                part = receive(copy=False)
            send(part, copy=False)

    def _read_subscriptions(self) -> None:
        """Pass on the first subscription to a topic, and the end of the last one.

        Raises:
            Again: there are no more.
        """
        for _ in range(MAX_MESSAGES_PER_TURN):
            event = self._outer.recv(_NOBLOCK, copy=False)
            more = event.more
            while more:
                more = self._outer.recv(copy=False).more
            if self._changes_demand(event):
                self._inner.send(event.bytes)

    def _changes_demand(self, event: zmq.Frame) -> bool:
        """Enter a subscription or a cancellation; whether the publishers must know of it."""
        what, topic = event.bytes[:1], event.bytes[1:]
        try:
            descriptor = event.get(zmq.SRCFD)
        except zmq.ZMQError:
            # libzmq says this when a connection has ended, for each of its topics.
            return what == _CANCEL and self._ledger.end(topic)
        connection = connection_id(descriptor)
        if what == _CANCEL:
            return self._ledger.cancel(connection, topic)
        if what != _SUBSCRIBE:
            return False
        try:
            return self._ledger.subscribe(connection, topic)
        except TooManySubscriptionsError as error:
            end_connection(connection)
            self._ended.count(str(error))
            return False

    def close(self) -> None:
        """Stop the proxy; returns when its threads have ended."""
        # Terminating the context ends the threads' waiting; `term` returns when they have closed their sockets.
        self._context.term()
        self._thread.join()
        self._guard.join()
        if self._authenticator is not None:
            self._authenticator.join()
