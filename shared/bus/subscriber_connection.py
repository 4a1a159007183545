"""One subscriber's connection, as ingest has it: what waits for it, and what it may send."""

import socket
import time
from collections import deque
from typing import Final

from shared.bus.sockets import HIGH_WATER_MARK
from shared.bus.zmtp_peer import DemandChange, ZmtpPeer

READ_BYTES: Final = 1024
"""Taken in one turn, so that no connection holds up the others. The kernel holds the rest back."""
BURST_CHANGES: Final = 8192
"""Subscriptions and cancellations at once. A replica that reconnects with 100 cameras in every size sends 2,000."""
CHANGES_PER_SECOND: Final = 200


class OutgoingMessage:
    """A message in ZMTP frames. Slow connections share one copy of it."""

    def __init__(self, buffers: list[bytes | memoryview]) -> None:
        self.buffers = buffers
        self.size = sum(map(len, buffers))
        self._whole: memoryview | None = None

    def whole(self) -> memoryview:
        if self._whole is None:
            self._whole = memoryview(b"".join(self.buffers))
        return self._whole


class SubscriberConnection:
    """A non-blocking socket and its ZMTP state. Used by one thread."""

    def __init__(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        self.socket = accepted
        self.descriptor = accepted.fileno()
        self.accepted_at = time.monotonic()
        self.peer = ZmtpPeer(self._reply)
        self._queue: deque[memoryview] = deque()
        self._allowance = float(BURST_CHANGES)
        self._counted_at = self.accepted_at

    @property
    def has_backlog(self) -> bool:
        return bool(self._queue)

    def send(self, message: OutgoingMessage) -> None:
        """Send or queue `message`, or drop it when `HIGH_WATER_MARK` of them wait. An error shows at the next read."""
        if self._queue:
            if len(self._queue) < HIGH_WATER_MARK:
                self._queue.append(message.whole())
            return
        try:
            sent = self.socket.sendmsg(message.buffers)
        except BlockingIOError:
            sent = 0
        except OSError:
            return
        if sent < message.size:
            self._queue.append(message.whole()[sent:])

    def flush(self) -> None:
        """Send what waits, as far as there is room."""
        try:
            while self._queue:
                sent = self.socket.send(self._queue[0])
                if sent < len(self._queue[0]):
                    self._queue[0] = self._queue[0][sent:]
                    return
                self._queue.popleft()
        except BlockingIOError:
            return
        except OSError:
            self._queue.clear()

    def read(self) -> list[DemandChange] | None:
        """What the peer asks for now; None when the connection has ended.

        Raises:
            ZmtpError: the peer's bytes make no sense.
        """
        try:
            data = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return []
        except OSError:
            return None
        return self.peer.received(data) if data else None

    def may_change(self, count: int) -> bool:
        """Take `count` changes from the allowance; whether there were as many."""
        now = time.monotonic()
        grown = self._allowance + (now - self._counted_at) * CHANGES_PER_SECOND
        self._allowance = min(grown, BURST_CHANGES) - count
        self._counted_at = now
        return self._allowance >= 0

    def _reply(self, data: bytes) -> None:
        self.send(OutgoingMessage([data]))
