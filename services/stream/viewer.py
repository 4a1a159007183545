"""One viewer of a stream: a connection that is offered parts and takes those it has room for.

Newest wins: a viewer with unsent bytes skips whole parts, so none is ever cut and nobody is shown the past. All on
the loop's thread; offering never blocks and never wakes a task of the direct path.
"""

import asyncio
import fcntl
import struct
from typing import Final, Protocol

from services.stream.mjpeg import Framing

SIOCOUTQNSD: Final = 0x894B
"""linux/sockios.h: the bytes in a socket's send queue that were not sent yet."""
_NO_BYTES: Final = struct.pack("i", 0)


class Viewer(Protocol):
    """What a feed offers its parts to."""

    framing: Framing

    def offer(self, part: bytes) -> bool:
        """Take `part` or skip it; whether it was taken."""

    def close(self) -> None:
        """End the response, at a part's boundary."""


class DirectViewer:
    """A viewer whose transport we write to ourselves, beneath ASGI: the hot path."""

    def __init__(self, transport: asyncio.Transport, framing: Framing) -> None:
        self.framing = framing
        self._transport = transport
        self._descriptor: int = transport.get_extra_info("socket").fileno()
        # uvicorn's own flow control would wake a task of each slow viewer.
        transport.set_write_buffer_limits(high=64 * 1024 * 1024)

    def start(self, head: bytes) -> None:
        self._transport.write(head)

    def offer(self, part: bytes) -> bool:
        transport = self._transport
        if transport.is_closing() or transport.get_write_buffer_size() or self._unsent_bytes():
            return False
        transport.write(part)
        return True

    def close(self) -> None:
        self._transport.close()

    def _unsent_bytes(self) -> int:
        unsent: int = struct.unpack("i", fcntl.ioctl(self._descriptor, SIOCOUTQNSD, _NO_BYTES))[0]
        return unsent


class AsgiViewer:
    """A viewer behind an ASGI server that hides its transport: one waiting part at the most, the newest."""

    def __init__(self, framing: Framing) -> None:
        self.framing = framing
        self._waiting: bytes | None = None
        self._changed = asyncio.Event()
        self._closed = False

    def offer(self, part: bytes) -> bool:
        skipped = self._waiting is not None
        self._waiting = part
        self._changed.set()
        return not skipped

    def close(self) -> None:
        self._closed = True
        self._changed.set()

    async def next_part(self) -> bytes | None:
        """The newest part not yet taken, as soon as there is one; None when the stream ends."""
        await self._changed.wait()
        self._changed.clear()
        part, self._waiting = self._waiting, None
        return None if self._closed else part
