"""One viewer of a stream: a connection that is offered parts and takes those it has room for.

Newest wins: a viewer with unsent bytes skips whole parts, so none is ever cut and nobody is shown the past. All on
the loop's thread; offering never blocks and never wakes a task of the direct path.
"""

import asyncio
import fcntl
import os
import socket
import struct
import sys
from typing import Final

from services.stream.picture import Framing
from shared.pacing import Pacer

_SIOCOUTQ: Final = 0x5411
"""linux/sockios.h: the bytes in a socket's send queue that the peer has not acknowledged, sent or not."""
_SIOCOUTQNSD: Final = 0x894B
"""linux/sockios.h: those of them that were not sent yet."""
_HAS_SEND_QUEUE_IOCTLS: Final = sys.platform == "linux"
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
_NO_BYTES: Final = struct.pack("i", 0)
_AS_INT: Final = struct.Struct("i").unpack


class Viewer:
    """What a feed offers its parts to. `fps` thins what is offered, evenly; None takes all."""

    def __init__(self, framing: Framing, fps: float | None = None) -> None:
        self.framing = framing
        self.pacer = None if fps is None else Pacer(fps)
        self.offered = 0
        """How many parts were offered in all, and how many of them taken: what quality=auto goes by."""
        self.taken = 0

    def offer(self, part: bytes) -> None:
        """Take `part` or skip it, and count."""
        raise NotImplementedError

    def unfinished_bytes(self) -> int:
        """The bytes taken that the peer has not acknowledged yet, as far as it can be told; 0 when all are."""
        return 0

    def close(self) -> None:
        """End the response, at a part's boundary."""
        raise NotImplementedError

    def abort(self) -> None:
        """End the connection at once; what was not sent is lost."""
        self.close()


class DirectViewer(Viewer):
    """A viewer whose transport we write to ourselves, beneath ASGI: the hot path."""

    def __init__(self, transport: asyncio.Transport, framing: Framing, fps: float | None = None) -> None:
        super().__init__(framing, fps)
        self._transport = transport
        self._descriptor: int = transport.get_extra_info("socket").fileno()
        # One part at the most ever waits, so uvicorn's flow control has nothing to do here.
        transport.set_write_buffer_limits(high=64 * 1024 * 1024)

    def start(self, head: bytes) -> None:
        self._transport.write(head)

    def offer(self, part: bytes) -> None:
        self.offered += 1
        transport = self._transport
        if transport.is_closing() or transport.get_write_buffer_size() or self._queued_bytes(_SIOCOUTQNSD):
            return
        transport.write(part)
        self.taken += 1

    def unfinished_bytes(self) -> int:
        return (
            0
            if self._transport.is_closing()
            else self._transport.get_write_buffer_size() + self._queued_bytes(_SIOCOUTQ)
        )

    def close(self) -> None:
        self._transport.close()

    def abort(self) -> None:
        # Closing alone would leave the kernel to go on offering what is queued to a peer that takes nothing.
        with socket.socket(fileno=os.dup(self._descriptor)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()

    def _queued_bytes(self, request: int) -> int:
        """Only the write buffer tells where the kernel does not."""
        if not _HAS_SEND_QUEUE_IOCTLS:
            return 0
        count: int = _AS_INT(fcntl.ioctl(self._descriptor, request, _NO_BYTES))[0]
        return count


class WaitingViewer(Viewer):
    """A viewer served by a task of its own, which waits for parts: one waits at the most, the newest.

    For what hides its transport: plain ASGI, and WebSockets.
    """

    def __init__(self, framing: Framing, changed: asyncio.Event, fps: float | None = None) -> None:
        super().__init__(framing, fps)
        self.closed = False
        self._changed = changed
        self._waiting: bytes | None = None

    def offer(self, part: bytes) -> None:
        self.offered += 1
        if self._waiting is None:
            # Should it be replaced before it is sent, then the newer one is the one that is taken.
            self.taken += 1
        self._waiting = part
        self._changed.set()

    def take_part(self) -> bytes | None:
        """The newest part not yet taken."""
        part, self._waiting = self._waiting, None
        return part

    def close(self) -> None:
        self.closed = True
        self._changed.set()
