"""ZMTP 3.1 as a SUB socket speaks it to an XPUB, without encryption. Pure: bytes in, messages and replies out.

The protocol is RFC 37 (ZMTP 3.1). libzmq is at the other end; this end is for `loop_subscriber`, which reads the
connection in its event loop.
"""

import struct
from collections.abc import Callable, Iterable
from typing import Final

from shared.errors import FramecastError

SIGNATURE: Final = b"\xff\x00\x00\x00\x00\x00\x00\x00\x00\x7f"
MECHANISM: Final = b"NULL".ljust(20, b"\0")
GREETING: Final = SIGNATURE + b"\x03\x01" + MECHANISM + b"\0" * 32
_OLDEST_MAJOR_VERSION: Final = 3
_MORE, _LONG, _COMMAND = 1, 2, 4
_SHORT_HEAD, _LONG_HEAD = 2, 9
_MAX_SHORT_BODY_BYTES: Final = 255
_long_size: Final = struct.Struct("!Q").unpack_from
MAX_MESSAGE_BYTES: Final = 33 * 1024 * 1024
"""For all parts of a message: the largest picture and a header. No ingest announces more."""
MAX_COMMAND_BYTES: Final = 4096
MAX_PING_CONTEXT_BYTES: Final = 16
MAX_PARTS: Final = 8
FIRST_BUFFER_BYTES: Final = 256 * 1024
KEPT_BUFFER_BYTES: Final = 4 * 1024 * 1024
"""A larger buffer is released as soon as its frame has been taken."""


class ZmtpError(FramecastError):
    """Raised when the peer's bytes make no sense; the message is for the log. The catcher closes the connection."""


def frame(flags: int, body: bytes) -> bytes:
    """One ZMTP frame, as bytes to send."""
    if len(body) > _MAX_SHORT_BODY_BYTES:
        return bytes((flags | _LONG,)) + struct.pack("!Q", len(body)) + body
    return bytes((flags, len(body))) + body


def command(name: bytes, body: bytes) -> bytes:
    return frame(_COMMAND, bytes((len(name),)) + name + body)


def subscribe(topic: bytes) -> bytes:
    return command(b"SUBSCRIBE", topic)


def cancel(topic: bytes) -> bytes:
    return command(b"CANCEL", topic)


READY: Final = command(b"READY", b"\x0bSocket-Type\x00\x00\x00\x03SUB")


class ZmtpSubscriber:
    """The state of one connection, from the peer's greeting on. Its owner sends our own `GREETING`.

    Write received bytes into `free_space()`, then call `received`. It calls `on_message` with the parts of each whole
    message, and `reply` with bytes to send. When the peer is ready it subscribes to `topics`, as they are then.
    """

    def __init__(
        self,
        topics: Iterable[bytes],
        on_message: Callable[[list[bytes]], None],
        reply: Callable[[bytes], None],
    ) -> None:
        self.is_ready = False
        """Whether the handshake is over."""
        self._topics = topics
        self._on_message = on_message
        self._reply = reply
        self._is_greeted = False
        self._parts: list[bytes] = []
        self._parts_bytes = 0
        self._buffer = bytearray(FIRST_BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._needed = 0
        """The whole length in bytes of the frame that has arrived in part."""

    def free_space(self) -> memoryview:
        """Where to write the next bytes; large enough for the rest of the frame that has arrived in part."""
        if self._needed > len(self._buffer):
            larger = bytearray(self._needed + FIRST_BUFFER_BYTES)
            larger[: self._filled] = self._view[: self._filled]
            self._buffer, self._view = larger, memoryview(larger)
        return self._view[self._filled :]

    def received(self, count: int) -> None:
        """Take in the `count` bytes that were written into `free_space()`.

        Raises:
            ZmtpError: they make no sense.
        """
        end = self._filled + count
        start = self._read_frames(self._read_greeting(end), end)
        rest = end - start
        if start and rest:
            self._buffer[:rest] = self._view[start:end]
        self._filled = rest
        if len(self._buffer) > KEPT_BUFFER_BYTES and max(rest, self._needed) <= FIRST_BUFFER_BYTES:
            smaller = bytearray(FIRST_BUFFER_BYTES)
            smaller[:rest] = self._view[:rest]
            self._buffer, self._view = smaller, memoryview(smaller)

    def _read_greeting(self, end: int) -> int:
        """The offset of the first frame in the buffer; 0 while the greeting is not whole, and after it was read."""
        if self._is_greeted:
            return 0
        if self._buffer[: min(end, 1)] != SIGNATURE[: min(end, 1)]:
            raise ZmtpError("the server at this address does not speak ZeroMQ")
        if end < len(GREETING):
            return 0
        mechanism = bytes(self._view[12:32])
        if self._buffer[9] != SIGNATURE[9] or self._buffer[10] < _OLDEST_MAJOR_VERSION:
            raise ZmtpError("the bus speaks an old version of ZMTP")
        if mechanism != MECHANISM:
            name = mechanism.rstrip(bytes(1)).decode("ascii", "replace")
            raise ZmtpError(f"the bus needs keys: it speaks {name}")
        self._is_greeted = True
        self._reply(READY)
        return len(GREETING)

    def _read_frames(self, start: int, end: int) -> int:
        """Take in all whole frames; the offset of the first that is not whole."""
        buffer, view = self._buffer, self._view
        self._needed = 0
        while self._is_greeted and end - start >= _SHORT_HEAD:
            flags = buffer[start]
            if flags & _LONG:
                if end - start < _LONG_HEAD:
                    break
                (size,) = _long_size(buffer, start + 1)
                begin = start + _LONG_HEAD
            else:
                size = buffer[start + 1]
                begin = start + _SHORT_HEAD
            if size > MAX_MESSAGE_BYTES - self._parts_bytes or (flags & _COMMAND and size > MAX_COMMAND_BYTES):
                raise ZmtpError(f"a frame of {size} bytes is too large")
            if begin + size > end:
                self._needed = begin + size - start
                break
            start = begin + size
            if flags & _COMMAND:
                self._obey(bytes(view[begin:start]))
            else:
                self._add_part(bytes(view[begin:start]), has_more=bool(flags & _MORE))
        return start

    def _add_part(self, part: bytes, *, has_more: bool) -> None:
        if not self.is_ready:
            raise ZmtpError("a message arrived before the handshake was over")
        if len(self._parts) == MAX_PARTS:
            raise ZmtpError(f"a message has more than {MAX_PARTS} parts")
        self._parts.append(part)
        self._parts_bytes += len(part)
        if not has_more:
            message, self._parts, self._parts_bytes = self._parts, [], 0
            self._on_message(message)

    def _obey(self, body: bytes) -> None:
        """Unknown commands are ignored: a later version of ZMTP may add some."""
        name, rest = body[1 : 1 + body[0]] if body else b"", body[1 + body[0] :] if body else b""
        if name == b"PING":
            # A time to live of 2 bytes, then the context to send back.
            self._reply(command(b"PONG", rest[2 : 2 + MAX_PING_CONTEXT_BYTES]))
        elif name == b"READY" and not self.is_ready:
            self.is_ready = True
            self._reply(b"".join(map(subscribe, self._topics)))
        elif name == b"ERROR":
            raise ZmtpError(f"the bus refuses: {rest[1:].decode('ascii', 'replace')}")
