"""One subscriber's connection, as ingest has it: what waits for it, and what it may send."""

import socket
import time
from collections import deque
from contextlib import suppress
from typing import Final

from shared.bus.buffers import HIGH_WATER_MARK
from shared.bus.mechanism import Mechanism
from shared.bus.zmtp import Buffer
from shared.bus.zmtp_peer import DemandChange, ZmtpPeer

READ_BYTES: Final = 1024
"""Taken in one turn, so that no connection holds up the others. The kernel holds the rest back."""
BURST_CHANGES: Final = 8192
"""Subscriptions and cancellations at once. A replica that reconnects with 100 cameras in every size sends 2,000."""
CHANGES_PER_SECOND: Final = 200


class OutgoingMessage:
    """A message's parts. On a bus without keys, all connections share its frames, and slow ones one copy of them."""

    def __init__(self, parts: list[Buffer]) -> None:
        self.parts = parts
        self.size = sum(map(len, parts))
        self._frames: list[Buffer] | None = None
        self._whole: memoryview | None = None

    def frames(self, peer: ZmtpPeer) -> list[Buffer]:
        if not peer.is_plain:
            return peer.frames(self.parts)
        if self._frames is None:
            self._frames = peer.frames(self.parts)
        return self._frames

    def whole(self, frames: list[Buffer]) -> memoryview:
        """The bytes of `frames`, which were made of this message."""
        if frames is not self._frames:
            return memoryview(b"".join(frames))
        if self._whole is None:
            self._whole = memoryview(b"".join(frames))
        return self._whole


class SubscriberConnection:
    """A non-blocking socket and its ZMTP state. Used by one thread."""

    def __init__(self, accepted: socket.socket, mechanism: Mechanism) -> None:
        accepted.setblocking(False)
        self.socket = accepted
        self.descriptor = accepted.fileno()
        self.accepted_at = time.monotonic()
        self.waiting_bytes = 0
        """Of the messages that wait, each counted whole until its last byte is sent; on a bus without keys others may
        wait for the same ones."""
        self.peer = ZmtpPeer(mechanism, self.send_bytes)
        self._begun = memoryview(b"")
        """The rest of what was sent in part. It keeps all of it in memory."""
        self._begun_bytes = 0
        """The length of all of it."""
        self._queue: deque[OutgoingMessage] = deque()
        self._allowance = float(BURST_CHANGES)
        self._counted_at = self.accepted_at

    @property
    def has_backlog(self) -> bool:
        return bool(self._begun)

    def send(self, message: OutgoingMessage) -> None:
        """Send or queue `message`, or drop it when `HIGH_WATER_MARK` of them wait. An error shows at the next read."""
        if not self._begun:
            self._begin(message)
        elif len(self._queue) < HIGH_WATER_MARK:
            # It is encrypted only when its turn comes, so that connections share what waits.
            self._queue.append(message)
            self.waiting_bytes += message.size

    def _begin(self, message: OutgoingMessage) -> None:
        frames = message.frames(self.peer)
        try:
            sent = self.socket.sendmsg(frames)
        except BlockingIOError:
            sent = 0
        except OSError:
            return
        if sent < sum(map(len, frames)):
            self._keep(message.whole(frames), sent)

    def flush(self) -> None:
        """Send what waits, as far as there is room."""
        try:
            while True:
                if self._begun:
                    self._begun = self._begun[self.socket.send(self._begun) :]
                if self._begun:
                    return
                self.waiting_bytes -= self._begun_bytes
                self._begun_bytes = 0
                if not self._queue:
                    return
                message = self._queue.popleft()
                self.waiting_bytes -= message.size
                self._begin(message)
        except BlockingIOError:
            return
        except OSError:
            self._forget()

    def close(self) -> None:
        """The connection has ended. Nothing of what waits stays in memory."""
        self.socket.close()
        self._forget()

    def _keep(self, whole: memoryview, sent: int) -> None:
        """The bytes behind the first `sent` of `whole` are to be sent."""
        self._begun, self._begun_bytes = whole[sent:], len(whole)
        self.waiting_bytes += self._begun_bytes

    def _forget(self) -> None:
        self._begun, self._begun_bytes = memoryview(b""), 0
        self._queue.clear()
        self.waiting_bytes = 0

    def send_bytes(self, data: bytes) -> None:
        """Send bytes of the protocol, unless a message waits: who has not read that one needs no PONG."""
        if not self._begun:
            with suppress(OSError):
                sent = self.socket.send(data)
                if sent < len(data):
                    self._keep(memoryview(data), sent)

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
