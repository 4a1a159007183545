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
from collections import deque
from typing import Final

from services.stream.picture import Framing
from shared.pacing import Pacer

LAG_SECONDS: Final = 0.25
"""Longer than a round trip takes but between continents, shorter than what a person minds."""
_SIOCOUTQ: Final = 0x5411
"""linux/sockios.h: the bytes in a socket's send queue that the peer has not acknowledged, sent or not."""
_SIOCOUTQNSD: Final = 0x894B
"""linux/sockios.h: those of them that were not sent yet. Where there is no such call the write buffer decides."""
_HAS_SEND_QUEUE_IOCTLS: Final = sys.platform == "linux"
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
_NO_BYTES: Final = struct.pack("i", 0)
_ioctl: Final = fcntl.ioctl


class Viewer:
    """What a feed offers its parts to. `fps` thins what is offered, evenly; None takes all."""

    __slots__ = ("framing", "offered", "pacer", "taken")

    def __init__(self, framing: Framing, fps: float | None = None) -> None:
        self.framing = framing
        self.pacer = None if fps is None else Pacer(fps)
        self.offered = 0
        """How many parts were offered in all, and how many of them taken: what quality=auto goes by."""
        self.taken = 0

    def offer(self, part: bytes, now: float) -> None:
        """Take `part` or skip it, and count. `now` is monotonic seconds."""
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
    """A viewer whose connection we write to ourselves, beneath ASGI: the hot path.

    A part goes to the kernel by one `write()`. What the kernel does not take at once is the transport's to send, and
    until that is done the viewer skips. It skips, too, while the kernel has unsent bytes, and while a part written
    longer than `LAG_SECONDS` ago is not acknowledged: on a link that loses packets much may be sent and little arrive.
    """

    __slots__ = ("_descriptor", "_has_rest", "_transport", "_unacknowledged", "_written")

    def __init__(self, transport: asyncio.Transport, framing: Framing, fps: float | None = None) -> None:
        super().__init__(framing, fps)
        self._transport = transport
        self._descriptor: int = transport.get_extra_info("socket").fileno()
        self._has_rest = True
        """Whether the transport may hold unsent bytes: asked of it only then."""
        self._written = 0
        self._unacknowledged: deque[tuple[int, float]] = deque()
        """Of each part that may still be under way: the count of bytes written with its end, and when (monotonic)."""
        # One part at the most ever waits, so uvicorn's flow control has nothing to do here.
        transport.set_write_buffer_limits(high=64 * 1024 * 1024)

    def start(self, head: bytes) -> None:
        self._has_rest = self._transport.get_write_buffer_size() > 0
        self._write(head)

    def offer(self, part: bytes, now: float) -> None:
        # As few steps as it takes: with many viewers this is most of what the process does.
        self.offered += 1
        if self._transport.is_closing() or (self._has_rest and self._still_has_rest()):
            return
        if _HAS_SEND_QUEUE_IOCTLS:
            queued = _ioctl(self._descriptor, _SIOCOUTQ, _NO_BYTES)
            if queued == _NO_BYTES:
                self._unacknowledged.clear()
            elif self._lags(struct.unpack("i", queued)[0], now):
                return
        if self._write(part):
            self.taken += 1
            self._unacknowledged.append((self._written, now))

    def _write(self, data: bytes) -> bool:
        """Whether the connection has taken `data`, be it that its end waits in the transport."""
        try:
            written = 0 if self._has_rest else os.write(self._descriptor, data)
        except BlockingIOError:
            return False
        except OSError:
            self._transport.abort()
            return False
        self._written += len(data)
        if written < len(data):
            self._transport.write(memoryview(data)[written:])
            self._has_rest = True
        return True

    def _lags(self, queued_bytes: int, now: float) -> bool:
        if _ioctl(self._descriptor, _SIOCOUTQNSD, _NO_BYTES) != _NO_BYTES:
            return True
        acknowledged = self._written - queued_bytes
        under_way = self._unacknowledged
        while under_way and under_way[0][0] <= acknowledged:
            under_way.popleft()
        return bool(under_way) and now - under_way[0][1] > LAG_SECONDS

    def _still_has_rest(self) -> bool:
        self._has_rest = self._transport.get_write_buffer_size() > 0
        return self._has_rest

    def unfinished_bytes(self) -> int:
        if self._transport.is_closing():
            return 0
        unsent = self._transport.get_write_buffer_size()
        if _HAS_SEND_QUEUE_IOCTLS:
            unsent += struct.unpack("i", _ioctl(self._descriptor, _SIOCOUTQ, _NO_BYTES))[0]
        return unsent

    def close(self) -> None:
        self._transport.close()

    def abort(self) -> None:
        # Closing alone would leave the kernel to go on offering what is queued to a peer that takes nothing.
        with socket.socket(fileno=os.dup(self._descriptor)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()


class WaitingViewer(Viewer):
    """A viewer served by a task of its own, which waits for parts: one waits at the most, the newest.

    For what hides its transport: plain ASGI, and WebSockets.
    """

    __slots__ = ("_changed", "_waiting", "closed")

    def __init__(self, framing: Framing, changed: asyncio.Event, fps: float | None = None) -> None:
        super().__init__(framing, fps)
        self.closed = False
        self._changed = changed
        self._waiting: bytes | None = None

    def offer(self, part: bytes, now: float) -> None:  # noqa: ARG002 whoever takes the part decides when
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
