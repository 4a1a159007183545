"""One viewer of a stream: a connection that is offered parts and takes those it has room for.

Newest wins: a viewer with unsent bytes skips whole parts, so no part is ever cut short and no viewer is shown the past.
All on the loop's thread. Offering never blocks, and wakes no task of a `DirectViewer`.
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

from services.stream.fanout.in_flight_limit import InFlightLimit
from services.stream.fanout.picture import Framing, Picture
from services.stream.fanout.proxied_rate import ProxiedRate
from services.stream.fanout.unread_limit import UnreadLimit
from shared.frame_pacer import FramePacer

UNCONGESTED_CHECKS: Final = 30
"""A connection whose send queue was found empty this many times in a row counts as uncongested."""
UNREAD_EVERY: Final = 4
"""One in this many checks of an uncongested connection asks what its program has read: that costs as much again."""
_SIOCOUTQ: Final = 0x5411
"""linux/sockios.h: the bytes in a socket's send queue that the peer has not acknowledged, sent or not."""
_SIOCOUTQNSD: Final = 0x894B
"""linux/sockios.h: those of them that were not sent yet. Where there is no such call, the write buffer decides."""
_MIN_RTT: Final = struct.Struct("148xI")
"""linux/tcp.h: `tcpi_min_rtt` in microseconds, the last field of the bytes requested."""
_SEND_WINDOW: Final = struct.Struct("I")
_SEND_WINDOW_OFFSET: Final = 228
_TCP_INFO_BYTES: Final = 232
"""linux/tcp.h: up to `tcpi_snd_wnd`, the window in bytes that the client has offered last."""
_NO_SAMPLE: Final = 0xFFFF_FFFF
UNKNOWN_ROUND_TRIP_SECONDS: Final = 0.15
_HAS_QUEUE_IOCTLS: Final = sys.platform == "linux"
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
_QUEUED: Final = array("i", [0])
"""The kernel writes its answer here. It is read at once on the one thread, so all connections share it."""
_ioctl: Final = fcntl.ioctl
write: Final = os.write
BROKEN: Final = -1


def bytes_written_despite(error: OSError) -> int:
    """How many bytes a failed `write` has written: 0 when the buffer is full, `BROKEN` when the connection is dead."""
    return 0 if isinstance(error, BlockingIOError) else BROKEN


class Viewer:
    """Whatever a feed offers its parts to. `fps` thins the parts offered, evenly; None offers all."""

    __slots__ = ("framing", "guess", "is_guest", "offered", "pacer", "size_wait_until", "taken", "wants_placeholders")

    def __init__(self, framing: Framing, fps: float | None = None) -> None:
        self.framing = framing
        self.wants_placeholders = True
        """Whether it is shown placeholders; else it gets nothing while there is no live picture."""
        self.is_guest = False
        """Whether a share link is its proof. Then placeholders tell it nothing of settings."""
        self.size_wait_until: float | None = None
        """Until when (monotonic seconds) it rather waits than begin with a guessed size; None where any will do."""
        self.guess: Picture | None = None
        """Its first picture, if that had a guessed size: it takes this for the size of all."""
        self.pacer: FramePacer | ProxiedRate | None = None if fps is None else FramePacer(fps)
        self.offered = 0
        """How many parts it was offered since it came, and how many of them it took: quality=auto decides by these."""
        self.taken = 0

    def accepts_placeholder(self, picture: Picture, now: float) -> bool:
        """Whether it wants this placeholder now. Notes one of a guessed size that it begins with."""
        if not self.wants_placeholders:
            return False
        if picture.is_guess and self.size_wait_until is not None and not self.taken:
            if now < self.size_wait_until:
                return False
            self.guess = picture
        return True

    def offer(self, part: bytes, now: float, /) -> None:
        """Take `part` or skip it, and count. `now` is monotonic seconds."""
        raise NotImplementedError

    @property
    def written_bytes(self) -> int:
        """Bytes of the response so far, its head included, as far as that is known."""
        return 0

    def unfinished_bytes(self) -> int:
        """Those of them that the peer has not acknowledged yet."""
        return 0

    def close(self) -> None:
        """End the response, at a part's boundary."""
        raise NotImplementedError

    def abort(self) -> None:
        """End the connection at once; unsent bytes are lost."""
        self.close()


class DirectViewer(Viewer):
    """A viewer whose connection we write to ourselves, beneath ASGI: the hot path.

    A part goes to the kernel in one `write()`. Bytes that the kernel does not take at once are left to the transport,
    and until it has sent them the viewer skips. The viewer also skips while the kernel has unsent bytes, and while more
    bytes are in flight than `InFlightLimit` allows: bytes that the kernel calls sent may queue in a router for long.
    And it skips while the client's program has not read the parts before (`UnreadLimit`).
    """

    __slots__ = (
        "_has_rest",
        "_in_flight_limit",
        "_socket",
        "_transport",
        "_uncongested_checks",
        "_unread_limit",
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
        """Whether the transport may hold unsent bytes. Only then is it asked."""
        self._uncongested_checks = 0
        """How many times in a row the send queue was found empty."""
        self._written = 0
        """Bytes, in all."""
        self._in_flight_limit: InFlightLimit | None = None
        """None while the connection has not been seen with bytes in flight."""
        self._unread_limit = UnreadLimit()
        # At most one part ever waits here, so uvicorn's flow control has nothing to do.
        transport.set_write_buffer_limits(high=64 * 1024 * 1024)

    def start(self, head: bytes) -> None:
        """Write the response's head at once, so that the first part may follow it without waiting."""
        taken_bytes = 0
        if not self._transport.get_write_buffer_size():
            with suppress(OSError):
                taken_bytes = write(self.descriptor, head)
        self._has_rest = taken_bytes < len(head)
        if self._has_rest:
            self._transport.write(memoryview(head)[taken_bytes:])
        self._written = len(head)

    @property
    def is_uncongested(self) -> bool:
        """Whether its connection takes every part, so that `BatchWriter` may serve it."""
        return self._uncongested_checks >= UNCONGESTED_CHECKS and not self._has_rest and self.pacer is None

    def offer(self, part: bytes, now: float, /) -> None:
        is_closing = self.is_closing  # called as self.is_closing() it would be looked up as a method for each part
        if (
            is_closing()
            or (self._has_rest and self._still_has_rest())
            or (_HAS_QUEUE_IOCTLS and self._lags(now, len(part)))
        ):
            self.offered += 1
            return
        try:
            written_bytes = write(self.descriptor, part)
        except OSError as error:
            written_bytes = bytes_written_despite(error)
        self.was_written(part, written_bytes)

    def was_written(self, part: bytes, written_bytes: int) -> None:
        """Count a `write` of `part`, of which `written_bytes` went in; `BROKEN` if the connection is dead."""
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
        """Count parts that were offered and taken."""
        self.offered += parts
        self.taken += parts
        self._written += total_bytes

    def _lags(self, now: float, part_bytes: int) -> bool:
        """Whether the client has yet to receive or to read some of what was written, before it gets more."""
        _ioctl(self.descriptor, _SIOCOUTQ, _QUEUED)
        queued_bytes = _QUEUED[0]
        if not queued_bytes:
            self._uncongested_checks += 1
            if self._in_flight_limit is not None:
                self._in_flight_limit.emptied(now, self._written, self._round_trip)
                if self._uncongested_checks >= UNCONGESTED_CHECKS:
                    self._in_flight_limit = None
            if self._uncongested_checks > UNCONGESTED_CHECKS and self._uncongested_checks % UNREAD_EVERY:
                return False
            if self._is_unread(now, 0, part_bytes):
                self._uncongested_checks = 0
                return True
            return False
        self._uncongested_checks = 0
        acknowledged_bytes = self._written - queued_bytes
        if self._in_flight_limit is None:
            self._in_flight_limit = InFlightLimit(now, acknowledged_bytes)
        if not self._in_flight_limit.admits(now, queued_bytes, acknowledged_bytes, self._round_trip):
            return True
        _ioctl(self.descriptor, _SIOCOUTQNSD, _QUEUED)
        return _QUEUED[0] > 0 or self._is_unread(now, queued_bytes, part_bytes)

    def _is_unread(self, now: float, queued_bytes: int, part_bytes: int) -> bool:
        """Whether the client's program has yet to read earlier parts. A proxy reads whatever it has room for."""
        if isinstance(self.pacer, ProxiedRate):
            return False
        info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
        if len(info) < _TCP_INFO_BYTES:
            return False  # a kernel before 5.4
        (window_bytes,) = _SEND_WINDOW.unpack_from(info, _SEND_WINDOW_OFFSET)
        acknowledged_bytes = self._written - queued_bytes
        return not self._unread_limit.admits(now, window_bytes, acknowledged_bytes, queued_bytes, part_bytes)

    def _round_trip(self) -> float:
        """The shortest round trip that the kernel has seen on this connection, in seconds."""
        info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _MIN_RTT.size)
        microseconds = _MIN_RTT.unpack(info)[0] if len(info) == _MIN_RTT.size else _NO_SAMPLE
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
            _ioctl(self.descriptor, _SIOCOUTQ, _QUEUED)
            unsent += _QUEUED[0]
        return unsent

    def close(self) -> None:
        self._transport.close()

    def abort(self) -> None:
        # After a plain close the kernel would go on offering its queue to a peer that takes nothing.
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()


class WaitingViewer(Viewer):
    """A viewer served by a task of its own, which waits for parts. At most one part is kept for it, the newest.

    For connections that hide their transport: plain ASGI, and WebSockets.
    """

    __slots__ = ("_changed", "_waiting", "closed")

    def __init__(self, framing: Framing, changed: asyncio.Event, fps: float | None = None) -> None:
        super().__init__(framing, fps)
        self.closed = False
        self._changed = changed
        self._waiting: bytes | None = None

    def offer(self, part: bytes, _now: float, /) -> None:
        self.offered += 1
        if self._waiting is None:
            # If a newer part replaces this one before it is sent, the newer one counts in its place.
            self.taken += 1
        self._waiting = part
        self._changed.set()

    def take_part(self) -> bytes | None:
        """The newest part, unless it was taken already."""
        part, self._waiting = self._waiting, None
        return part

    def close(self) -> None:
        self.closed = True
        self._changed.set()
