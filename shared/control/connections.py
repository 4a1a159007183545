"""All connections of the way back: which are accepted, and which end. Owns the limits on them, and no request."""

import select
import socket
import time
from collections.abc import Callable
from typing import Final

from shared.control.connection import ControlConnection
from shared.control.entrance import Entrance
from shared.control.socket_file import is_owner
from shared.throttled_log import ThrottledLog

MAX_CONNECTIONS: Final = 256
"""At the address. Beyond it the oldest one without a handshake makes room, else the one that has been idle longest."""
MAX_LOCAL_CONNECTIONS: Final = 16
HANDSHAKE_SECONDS: Final = 5.0
STUCK_SECONDS: Final = 5.0
"""A client that has taken in nothing for as long, while an answer waits for it, is closed."""
MAX_UNSENT_BYTES: Final = 16 * 1024 * 1024
"""For all connections together. Beyond it the one for which most waits is closed."""
SWEEP_SECONDS: Final = 1.0


class Connections:
    """The connections by descriptor, in the order in which they came. Used by one thread. `on_end` is told of each that
    ends.
    """

    def __init__(self, epoll: select.epoll, on_end: Callable[[ControlConnection], None]) -> None:
        self._epoll = epoll
        self._on_end = on_end
        self._all: dict[int, ControlConnection] = {}
        self._paused: list[socket.socket] = []
        """Listeners that could not accept."""
        self._ended = ThrottledLog("control connection", event="ended")
        self._refused = ThrottledLog("control connection", event="refused")
        self._swept_at = time.monotonic()

    def get(self, descriptor: int) -> ControlConnection | None:
        return self._all.get(descriptor)

    def has(self, connection: ControlConnection) -> bool:
        """Whether it has not ended. Its descriptor may be another's by now."""
        return self._all.get(connection.descriptor) is connection

    def accept(self, listener: socket.socket, new_entrance: Callable[[str], Entrance], *, is_local: bool) -> None:
        try:
            accepted, address = listener.accept()
        except BlockingIOError:
            return
        except OSError:  # no descriptors are left: the next sweep asks again
            self._epoll.modify(listener.fileno(), 0)
            self._paused.append(listener)
            return
        if is_local and not is_owner(accepted):
            accepted.close()
            self._refused.count("a process of another user connected to the socket file")
            return
        if not self._make_room(is_local=is_local):
            accepted.close()
            self._refused.count("all connections have a request under way")
            return
        entrance = new_entrance(address[0] if accepted.family == socket.AF_INET else "this host")
        connection = ControlConnection(accepted, entrance, is_local=is_local)
        self._all[connection.descriptor] = connection
        self._epoll.register(connection.descriptor, connection.events)

    def _make_room(self, *, is_local: bool) -> bool:
        """Whether there is room for one more, or could be made."""
        there = [one for one in self._all.values() if one.is_local == is_local]
        if len(there) < (MAX_LOCAL_CONNECTIONS if is_local else MAX_CONNECTIONS):
            return True
        for one in there:
            if not one.is_ready:
                self.end(one, "there were too many, and it had not shown who it is")
                return True
        idle = min((one for one in there if one.is_idle), key=lambda one: one.active_at, default=None)
        if idle is not None:
            self.end(idle, "there were too many, and it had been idle longest")
        return idle is not None

    def watch(self, connection: ControlConnection) -> None:
        """The connection was served or sent to: wait for what it needs next."""
        if not self.has(connection):
            return
        if connection.ends_when_sent and not connection.unsent_bytes:
            self.end(connection, None)
            return
        self._epoll.modify(connection.descriptor, connection.events)
        while sum(one.unsent_bytes for one in self._all.values()) > MAX_UNSENT_BYTES:
            self.end(max(self._all.values(), key=lambda one: one.unsent_bytes), "too much waited for all, most for it")

    def refuse(self, connection: ControlConnection, reason: str) -> None:
        """The client has no right to be here."""
        self._refused.count(reason)
        self.end(connection, None)

    def end(self, connection: ControlConnection, reason: str | None) -> None:
        """Close the connection, and log why; None when it ended by itself."""
        del self._all[connection.descriptor]
        connection.close()
        self._on_end(connection)
        if reason is not None:
            self._ended.count(reason)

    def sweep(self) -> None:
        """Once a second: end connections that did not shake hands or take their answer in time."""
        now = time.monotonic()
        if now - self._swept_at < SWEEP_SECONDS:
            return
        self._swept_at = now
        for connection in tuple(self._all.values()):
            if not connection.is_ready and now - connection.accepted_at > HANDSHAKE_SECONDS:
                self.end(connection, f"it had not shown who it is within {HANDSHAKE_SECONDS:.0f} seconds")
            elif connection.unsent_bytes and now - connection.active_at > STUCK_SECONDS:
                self.end(connection, f"it took no answer in for {STUCK_SECONDS:.0f} seconds")
        for listener in self._paused:
            self._epoll.modify(listener.fileno(), select.EPOLLIN)
        self._paused.clear()

    def close(self) -> None:
        for connection in self._all.values():
            connection.close()
        self._all.clear()
