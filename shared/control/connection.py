"""One client's connection, as ingest has it: what it sent in part, and the answers that wait for it."""

import select
import socket
import time
from collections.abc import Sequence
from typing import Final

from shared.bus.zmtp import Buffer
from shared.control.entrance import Entrance
from shared.control.messages import MAX_REQUEST_BYTES
from shared.control.zmtp_messages import ZmtpMessages

READ_BYTES: Final = 16 * 1024
"""Taken in one turn, so that no connection holds up the others. The kernel holds the rest back."""


class ControlConnection:
    """A non-blocking socket and its ZMTP state. Used by one thread.

    While an answer waits to be sent nothing is read: a client that reads no answers can't ask for more of them.
    """

    def __init__(self, accepted: socket.socket, entrance: Entrance, *, is_local: bool) -> None:
        accepted.setblocking(False)
        self.socket: Final = accepted
        self.descriptor: Final = accepted.fileno()
        self.is_local: Final = is_local
        """Whether it came by the socket file."""
        self.entrance: Final = entrance
        self.accepted_at: Final = time.monotonic()
        self.active_at = self.accepted_at
        """When it last sent something, or took something in."""
        self.under_way = 0
        """How many of its requests have no answer yet."""
        self.ends_when_sent = False
        """Whether nothing more is taken from it: it ends behind its last answer."""
        self._zmtp = ZmtpMessages(entrance.mechanism, MAX_REQUEST_BYTES, self.send_bytes)
        self._unsent = bytearray()
        self.send_bytes(entrance.mechanism.greeting)

    @property
    def is_ready(self) -> bool:
        """Whether the handshake is over."""
        return self._zmtp.is_ready

    @property
    def is_idle(self) -> bool:
        return not self.under_way and not self._unsent

    @property
    def unsent_bytes(self) -> int:
        return len(self._unsent)

    @property
    def events(self) -> int:
        """What the kernel should tell of it."""
        return select.EPOLLOUT if self._unsent else select.EPOLLIN

    def read(self) -> list[list[bytes]] | None:
        """Send what waits; then, if nothing does any more, the parts of each message that ended now. None when the
        connection has ended.

        Raises:
            ZmtpError: the peer's bytes make no sense.
        """
        if self._unsent:
            self.flush()
        if self._unsent or self.ends_when_sent:
            return []
        try:
            data = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return []
        except OSError:
            return None
        self.active_at = time.monotonic()
        return self._zmtp.received(data) if data else None

    def send(self, parts: Sequence[Buffer]) -> None:
        """Send a message, or as much of it as there is room for. An error shows at the next read."""
        self.send_bytes(self._zmtp.frames(parts))

    def flush(self) -> None:
        """Send what waits, as far as there is room."""
        try:
            sent = self.socket.send(self._unsent)
        except BlockingIOError:
            return
        except OSError:
            self._unsent.clear()
            return
        if sent:
            del self._unsent[:sent]
            self.active_at = time.monotonic()

    def send_bytes(self, data: bytes) -> None:
        """Send bytes of the protocol."""
        self._unsent += data
        self.flush()

    def close(self) -> None:
        self.socket.close()
        self._unsent.clear()
