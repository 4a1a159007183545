"""ZMTP 3.1 as an XPUB socket speaks it to a SUB socket, without encryption. Pure: bytes in, subscriptions out.

The protocol is RFC 37 (ZMTP 3.1); subscriptions as messages are RFC 23 (ZMTP 3.0). `subscriber_server` reads the
connection.
"""

import re
import struct
from collections.abc import Callable
from typing import Final, NamedTuple

from shared.bus.topics import MAX_TOPIC_BYTES
from shared.bus.zmtp import GREETING, MAX_PING_CONTEXT_BYTES, MECHANISM, SIGNATURE, ZmtpError, command

MAX_FRAME_BYTES: Final = 512
"""A subscription has at most 266 bytes, and a handshake with a name for the socket about 300."""
_MORE, _LONG, _COMMAND = 1, 2, 4
_SHORT_HEAD, _LONG_HEAD = 2, 9
_TIME_TO_LIVE_BYTES: Final = 2
_long_size: Final = struct.Struct("!Q").unpack_from
_SUBSCRIBER: Final = re.compile(rb"\x0bsocket-type\x00\x00\x00(?:\x03SUB|\x04XSUB)", re.IGNORECASE)
READY: Final = command(b"READY", b"\x0bSocket-Type\x00\x00\x00\x04XPUB")


class DemandChange(NamedTuple):
    """A subscription (`is_wanted`), or its cancellation."""

    is_wanted: bool
    topic: bytes


def frames(parts: list[bytes | memoryview]) -> list[bytes | memoryview]:
    """A message's parts with their ZMTP heads between them, ready for `sendmsg`. Nothing is copied."""
    buffers: list[bytes | memoryview] = []
    last = len(parts) - 1
    for index, part in enumerate(parts):
        size = len(part)
        flags = 0 if index == last else _MORE
        short = size <= 255  # noqa: PLR2004 what one byte can say
        buffers += (bytes((flags, size)) if short else struct.pack("!BQ", flags | _LONG, size), part)
    return buffers


class ZmtpPeer:
    """The state of one subscriber's connection. Its owner sends our own `GREETING`; `reply` gets more bytes to send."""

    def __init__(self, reply: Callable[[bytes], None]) -> None:
        self.is_ready = False
        """Whether the handshake is over."""
        self._reply = reply
        self._is_greeted = False
        self._is_first_part = True
        self._rest = b""

    def received(self, data: bytes) -> list[DemandChange]:
        """The subscriptions and cancellations that end in `data`, in their order.

        Raises:
            ZmtpError: the bytes make no sense, or the peer is no subscriber.
        """
        data = self._rest + data
        start = self._read_greeting(data)
        changes: list[DemandChange] = []
        while self._is_greeted and len(data) - start >= _SHORT_HEAD:
            flags = data[start]
            if flags & _LONG:
                if len(data) - start < _LONG_HEAD:
                    break
                (size,) = _long_size(data, start + 1)
                begin = start + _LONG_HEAD
            else:
                size = data[start + 1]
                begin = start + _SHORT_HEAD
            if flags & ~(_MORE | _LONG | _COMMAND) or size > MAX_FRAME_BYTES:
                raise ZmtpError(f"a frame with flags {flags} and {size} bytes makes no sense")
            if begin + size > len(data):
                break
            start = begin + size
            change = self._read_frame(flags, data[begin:start])
            if change is not None:
                changes.append(change)
        self._rest = data[start:]
        return changes

    def _read_greeting(self, data: bytes) -> int:
        """The offset of the first frame; 0 while the greeting is not whole, and after it was read."""
        if self._is_greeted:
            return 0
        if data[:1] != SIGNATURE[:1]:
            raise ZmtpError("it does not speak ZeroMQ")
        if len(data) < len(GREETING):
            return 0
        if data[9] != SIGNATURE[9] or data[10] < GREETING[10]:
            raise ZmtpError("it speaks an old version of ZMTP")
        if data[12:32] != MECHANISM:
            raise ZmtpError("it shows keys, but the bus has none")
        self._is_greeted = True
        self._reply(READY)
        return len(GREETING)

    def _read_frame(self, flags: int, body: bytes) -> DemandChange | None:
        if flags & _COMMAND:
            return self._obey(body)
        if not self.is_ready:
            raise ZmtpError("it sent a message before the handshake was over")
        is_first_part, self._is_first_part = self._is_first_part, not flags & _MORE
        if is_first_part and body[:1] in {b"\x00", b"\x01"}:
            return self._change(body[:1] == b"\x01", body[1:])
        return None

    def _obey(self, body: bytes) -> DemandChange | None:
        """Unknown commands are ignored: a later version of ZMTP may add some."""
        name, rest = body[1 : 1 + body[0]] if body else b"", body[1 + body[0] :] if body else b""
        if not self.is_ready:
            if name != b"READY" or _SUBSCRIBER.search(rest) is None:
                raise ZmtpError("it is no subscriber")
            self.is_ready = True
        elif name == b"SUBSCRIBE":
            return self._change(True, rest)
        elif name == b"CANCEL":
            return self._change(False, rest)
        elif name == b"PING":
            context = rest[_TIME_TO_LIVE_BYTES:][:MAX_PING_CONTEXT_BYTES]
            self._reply(command(b"PONG", context))
        return None

    def _change(self, is_wanted: bool, topic: bytes) -> DemandChange:
        if len(topic) > MAX_TOPIC_BYTES:
            raise ZmtpError(f"a topic of {len(topic)} bytes is too long")
        return DemandChange(is_wanted, topic)
