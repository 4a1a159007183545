"""Limits what each connection to the bus may send, and their number. Owns the outer socket's monitor.

libzmq reads subscriptions as fast as a peer sends them, and its loop ends only when there are none left. So the thread
that uses the socket can't stop a flood: this one counts the bytes that arrived on each connection (TCP_INFO), and shuts
a connection down that sends too many. Sockets with an `ipc://` address have no such count; a file's mode guards them.
"""

import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import zmq

from shared.bus.demand_ledger import ConnectionId
from shared.memory import give_back_memory
from shared.throttled_log import ThrottledLog

BURST_BYTES: Final = 160 * 1024
"""For each connection. A replica that reconnects with 2,000 topics sends 80 KB, with keys 140 KB."""
BYTES_PER_SECOND: Final = 8 * 1024
"""For each connection, beyond the burst. The answer to a heartbeat has at most 60 bytes."""
BURST_BYTES_IN_ALL: Final = 256 * 1024
"""For each byte of a topic libzmq has a node, and it visits every node whenever a connection ends."""
BYTES_PER_SECOND_IN_ALL: Final = 32 * 1024
HEAVY_BYTES: Final = 16 * 1024
"""When all connections together send too much, only those that have sent more than this are ended."""
MAX_SUBSCRIBERS: Final = 256
"""Connections after the handshake; beyond it the newest one is ended."""
MAX_STRANGERS: Final = 512
"""Connections before the end of the handshake; beyond it the oldest one is ended."""
EVENTS: Final = (
    zmq.EVENT_ACCEPTED
    | zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_DISCONNECTED
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
)
TRIM_SECONDS: Final = 2.0
"""After the end of a connection that sent much, its memory is given back. libzmq frees it topic by topic meanwhile."""
_TICK_SECONDS: Final = 1.0
_TCP_INFO_BYTES: Final = 136
_BYTES_RECEIVED_AT: Final = 128
"""Where `tcpi_bytes_received` is in Linux's `struct tcp_info`."""


def connection_id(descriptor: int) -> ConnectionId:
    """The connection behind a descriptor of libzmq's; one without a socket when it is closed already."""
    try:
        return ConnectionId(descriptor, os.fstat(descriptor).st_ino)
    except OSError:
        return ConnectionId(descriptor, 0)


def is_open(connection: ConnectionId) -> bool:
    return connection.inode != 0 and connection_id(connection.descriptor) == connection


def end_connection(connection: ConnectionId) -> None:
    """Shut the connection down; libzmq then notices its end. Any thread."""
    with suppress(OSError), _copy_of(connection.descriptor) as copy:
        if os.fstat(copy.fileno()).st_ino == connection.inode:
            copy.shutdown(socket.SHUT_RDWR)


def _copy_of(descriptor: int) -> socket.socket:
    """The socket behind a descriptor of libzmq's. libzmq may close that at any time, and its number is used again.

    Raises:
        OSError: it is closed, or no socket any more.
    """
    copy = os.dup(descriptor)
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        raise


class Allowance:
    """A number of bytes that may be sent at once, and that grows back with time."""

    def __init__(self, burst_bytes: int, bytes_per_second: int) -> None:
        self.spent = 0.0
        self._burst = burst_bytes
        self._rate = bytes_per_second
        self._at = time.monotonic()

    def spend(self, count: int) -> bool:
        """Take `count` bytes; whether there were as many."""
        now = time.monotonic()
        self.spent = max(0.0, self.spent - (now - self._at) * self._rate) + count
        self._at = now
        return self.spent <= self._burst


class _Connection:
    """A connection by a copy of its descriptor, which stays this connection's until we close it."""

    def __init__(self, descriptor: int) -> None:
        self.socket = _copy_of(descriptor)
        self.allowance = Allowance(BURST_BYTES, BYTES_PER_SECOND)
        self.is_subscriber = False
        self.is_ended = False
        self.received = 0

    def newly_received(self) -> int:
        """Bytes since the last call; 0 for a connection that is not TCP's."""
        if self.socket.family == socket.AF_UNIX:
            return 0
        info = self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
        if len(info) < _TCP_INFO_BYTES:
            return 0
        (total,) = struct.unpack_from("=Q", info, _BYTES_RECEIVED_AT)
        new, self.received = total - self.received, total
        return int(new)

    def end(self) -> None:
        self.is_ended = True
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


class ConnectionGuard:
    """Ends connections that go beyond a limit. It runs on a thread of its own, from `start` until the context ends.

    `on_refusal` is called with the value of each event of a failed handshake.
    """

    def __init__(self, guarded: "zmq.Socket[bytes]", on_refusal: Callable[[int], None] | None = None) -> None:
        self._monitor = guarded.get_monitor_socket(EVENTS)
        self._on_refusal = on_refusal
        self._connections: dict[int, _Connection] = {}
        self._by_copy: dict[int, _Connection] = {}
        self._allowance = Allowance(BURST_BYTES_IN_ALL, BYTES_PER_SECOND_IN_ALL)
        self._ended = ThrottledLog("bus connection", event="ended")
        self._trim_at = float("inf")
        self._epoll = select.epoll()
        self._thread = threading.Thread(target=self._run, name="bus-guard", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        """Wait for the thread's end, once the context is being terminated."""
        self._thread.join()

    def _run(self) -> None:
        self._epoll.register(self._monitor.fileno(), select.EPOLLIN)
        try:
            with suppress(zmq.ContextTerminated):
                while True:
                    ready = self._epoll.poll(_TICK_SECONDS)
                    self._read_events()
                    self._weigh([self._by_copy[one] for one, _ in ready if one in self._by_copy])
                    if time.monotonic() >= self._trim_at:
                        self._trim_at = float("inf")
                        give_back_memory()
        finally:
            self._monitor.close(linger=0)
            for connection in self._connections.values():
                connection.socket.close()
            self._epoll.close()

    def _read_events(self) -> None:
        while True:
            try:
                event, value = struct.unpack("<HI", self._monitor.recv_multipart(zmq.NOBLOCK)[0])
            except zmq.Again:
                return
            if event == zmq.EVENT_ACCEPTED:
                self._add(value)
            elif event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self._promote(value)
            elif event == zmq.EVENT_DISCONNECTED:
                self._remove(value)
            elif self._on_refusal is not None:
                self._on_refusal(value)

    def _add(self, descriptor: int) -> None:
        self._remove(descriptor)
        try:
            connection = _Connection(descriptor)
        except OSError:  # closed already
            return
        self._connections[descriptor] = connection
        self._by_copy[connection.socket.fileno()] = connection
        # By edges, so that each arrival wakes us once though we read nothing.
        self._epoll.register(connection.socket.fileno(), select.EPOLLIN | select.EPOLLET)
        if not self._allowance.spend(0):
            # Otherwise a hostile client that reconnects at once has a new allowance each time.
            self._end(connection, f"all subscribers together sent more than {BURST_BYTES_IN_ALL} bytes")
            return
        strangers = [one for one in self._connections.values() if not one.is_subscriber and not one.is_ended]
        if len(strangers) > MAX_STRANGERS:
            self._end(strangers[0], f"more than {MAX_STRANGERS} connections had not shown who they are")

    def _promote(self, descriptor: int) -> None:
        connection = self._connections.get(descriptor)
        if connection is None:
            return
        connection.is_subscriber = True
        if sum(one.is_subscriber and not one.is_ended for one in self._connections.values()) > MAX_SUBSCRIBERS:
            self._end(connection, f"there were {MAX_SUBSCRIBERS} subscribers already")

    def _remove(self, descriptor: int) -> None:
        connection = self._connections.pop(descriptor, None)
        if connection is not None:
            self._epoll.unregister(connection.socket.fileno())
            del self._by_copy[connection.socket.fileno()]
            connection.socket.close()
            if connection.received > HEAVY_BYTES:
                self._trim_at = time.monotonic() + TRIM_SECONDS

    def _weigh(self, ready: list[_Connection]) -> None:
        """Count what arrived on the connections in `ready`, and end those that sent too much."""
        for connection in ready:
            count = connection.newly_received()
            fits_alone = connection.allowance.spend(count)
            fits_in_all = self._allowance.spend(count)
            if connection.is_ended:
                continue
            if not fits_alone:
                self._end(connection, f"it sent more than {BURST_BYTES} bytes of subscriptions")
            elif not fits_in_all and connection.allowance.spent > HEAVY_BYTES:
                self._end(connection, f"all subscribers together sent more than {BURST_BYTES_IN_ALL} bytes")

    def _end(self, connection: _Connection, reason: str) -> None:
        connection.end()
        self._ended.count(reason)
