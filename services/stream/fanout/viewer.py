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
from array import array
from contextlib import suppress
from typing import Final

from services.stream.fanout.in_flight_limit import LinkRate
from services.stream.fanout.picture import Framing
from services.stream.fanout.proxied_rate import HiddenLink
from shared.frame_pacer import FramePacer

CLEAR_ANSWERS: Final = 30
"""A link on which all had arrived so often in a row is called clear."""
_SIOCOUTQ: Final = 0x5411
"""linux/sockios.h: the bytes in a socket's send queue that the peer has not acknowledged, sent or not."""
_SIOCOUTQNSD: Final = 0x894B
"""linux/sockios.h: those of them that were not sent yet. Where there is no such call the write buffer decides."""
_TCP_INFO_BYTES: Final = 152
_MIN_RTT: Final = struct.Struct("148xI")
"""linux/tcp.h: `tcpi_min_rtt`, microseconds, the last field of what is asked for."""
_NO_SAMPLE: Final = 0xFFFF_FFFF
UNKNOWN_ROUND_TRIP_SECONDS: Final = 0.15
_HAS_QUEUE_IOCTLS: Final = sys.platform == "linux"
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
_ANSWER: Final = array("i", [0])
"""Where the kernel puts its answers; read at once, on the one thread."""
_ioctl: Final = fcntl.ioctl
write: Final = os.write
BROKEN: Final = -1


def written_of(error: OSError) -> int:
    """What a `write` that failed has written: nothing, for want of room or for ever (`BROKEN`)."""
    return 0 if isinstance(error, BlockingIOError) else BROKEN


class Viewer:
    """What a feed offers its parts to. `fps` thins what is offered, evenly; None takes all."""

    __slots__ = ("framing", "offered", "pacer", "taken")

    is_clear = False
    """Whether its link takes all there is, so that it may be served by `ClearLinks`."""

    def __init__(self, framing: Framing, fps: float | None = None) -> None:
        self.framing = framing
        self.pacer: FramePacer | HiddenLink | None = None if fps is None else FramePacer(fps)
        self.offered = 0
        """How many parts were offered in all, and how many of them taken: what quality=auto goes by."""
        self.taken = 0

    def offer(self, part: bytes, now: float) -> None:
        """Take `part` or skip it, and count. `now` is monotonic seconds."""
        raise NotImplementedError

    @property
    def written_bytes(self) -> int:
        """All in all, the response's head among them, as far as it can be told."""
        return 0

    def unfinished_bytes(self) -> int:
        """Of them, those that the peer has not acknowledged yet; 0 when all are."""
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
    until that is done the viewer skips. It skips, too, while the kernel has unsent bytes, and while more is under way
    than its link carries in a moment (`LinkRate`): what the kernel calls sent may wait in a router for long.
    """

    __slots__ = (
        "_clear_answers",
        "_has_rest",
        "_link_rate",
        "_socket",
        "_transport",
        "_written",
        "descriptor",
        "is_closing",
    )

    def __init__(self, transport: asyncio.Transport, framing: Framing, fps: float | None = None) -> None:
        super().__init__(framing, fps)
        self._transport = transport
        self.is_closing = transport.is_closing
        self._socket: socket.socket = transport.get_extra_info("socket")
        self.descriptor: int = self._socket.fileno()
        self._has_rest = True
        """Whether the transport may hold unsent bytes: asked of it only then."""
        self._clear_answers = 0
        """How often in a row the kernel said that all has arrived."""
        self._written = 0
        """How many bytes in all."""
        self._link_rate: LinkRate | None = None
        """Of a link that was seen with something under way."""
        # One part at the most ever waits, so uvicorn's flow control has nothing to do here.
        transport.set_write_buffer_limits(high=64 * 1024 * 1024)

    def start(self, head: bytes) -> None:
        """Write the response's head: at once, so that a first part may follow in the same moment."""
        taken_bytes = 0
        if not self._transport.get_write_buffer_size():
            with suppress(OSError):
                taken_bytes = write(self.descriptor, head)
        self._has_rest = taken_bytes < len(head)
        if self._has_rest:
            self._transport.write(memoryview(head)[taken_bytes:])
        self._written = len(head)

    @property
    def is_clear(self) -> bool:  # type: ignore[override] # here it changes
        return self._clear_answers >= CLEAR_ANSWERS and not self._has_rest and self.pacer is None

    def offer(self, part: bytes, now: float) -> None:
        is_closing = self.is_closing  # as a method it would be looked up anew with each part
        if is_closing() or (self._has_rest and self._still_has_rest()) or (_HAS_QUEUE_IOCTLS and self._lags(now)):
            self.offered += 1
            return
        try:
            written_bytes = write(self.descriptor, part)
        except OSError as error:
            written_bytes = written_of(error)
        self.was_written(part, written_bytes)

    def was_written(self, part: bytes, written_bytes: int) -> None:
        """So much of the part went into the connection; `BROKEN` if it can't take anything any more."""
        if written_bytes == len(part):
            self.count(1, written_bytes)
        elif written_bytes > 0:
            self._transport.write(memoryview(part)[written_bytes:])
            self._has_rest = True
            self.count(1, len(part))
        else:
            self.offered += 1
            if written_bytes == BROKEN:
                self._transport.abort()

    def count(self, parts: int, total_bytes: int) -> None:
        """So many parts were offered and taken."""
        self.offered += parts
        self.taken += parts
        self._written += total_bytes

    def _lags(self, now: float) -> bool:
        """Whether the link has not yet delivered what it should have."""
        _ioctl(self.descriptor, _SIOCOUTQ, _ANSWER)
        queued_bytes = _ANSWER[0]
        if not queued_bytes:
            self._clear_answers += 1
            if self._link_rate is not None:
                self._link_rate.emptied(now, self._written, self._round_trip)
                if self._clear_answers >= CLEAR_ANSWERS:
                    self._link_rate = None
            return False
        self._clear_answers = 0
        acknowledged_bytes = self._written - queued_bytes
        if self._link_rate is None:
            self._link_rate = LinkRate(now, acknowledged_bytes)
        if not self._link_rate.admits(now, queued_bytes, acknowledged_bytes, self._round_trip):
            return True
        _ioctl(self.descriptor, _SIOCOUTQNSD, _ANSWER)
        return _ANSWER[0] > 0

    def _round_trip(self) -> float:
        """The shortest that the kernel has seen on this connection, seconds."""
        info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
        microseconds = _MIN_RTT.unpack(info)[0] if len(info) == _TCP_INFO_BYTES else _NO_SAMPLE
        return UNKNOWN_ROUND_TRIP_SECONDS if microseconds == _NO_SAMPLE else microseconds / 1e6

    @property
    def written_bytes(self) -> int:
        return self._written

    def _still_has_rest(self) -> bool:
        self._has_rest = self._transport.get_write_buffer_size() > 0
        return self._has_rest

    def unfinished_bytes(self) -> int:
        if self._transport.is_closing():
            return 0
        unsent = self._transport.get_write_buffer_size()
        if _HAS_QUEUE_IOCTLS:
            _ioctl(self.descriptor, _SIOCOUTQ, _ANSWER)
            unsent += _ANSWER[0]
        return unsent

    def close(self) -> None:
        self._transport.close()

    def abort(self) -> None:
        # Closing alone would leave the kernel to go on offering what is queued to a peer that takes nothing.
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
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
