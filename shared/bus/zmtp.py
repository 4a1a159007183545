"""What a SUB says to an XPUB and hears from it: ZMTP 3.1 without encryption (RFC 37). Pure: bytes in, messages out.

libzmq is the other end; this one is for who reads the bus in an event loop of its own (`listener.py`).
"""

import struct
from collections.abc import Callable, Iterable
from typing import Final

from shared.errors import FramecastError

SIGNATURE: Final = b"\xff\x00\x00\x00\x00\x00\x00\x00\x00\x7f"
MECHANISM: Final = b"NULL".ljust(20, b"\0")
GREETING: Final = SIGNATURE + b"\x03\x01" + MECHANISM + b"\0" * 32
_MORE, _LONG, _COMMAND = 1, 2, 4
_SHORT_HEAD, _LONG_HEAD = 2, 9
_long_size: Final = struct.Struct("!Q").unpack_from
MAX_MESSAGE_BYTES: Final = 33 * 1024 * 1024
"""All parts of a message: the largest picture and a header. Nothing of ours announces more."""
MAX_COMMAND_BYTES: Final = 4096
MAX_PARTS: Final = 8
FIRST_ROOM_BYTES: Final = 256 * 1024
KEPT_ROOM_BYTES: Final = 4 * 1024 * 1024
"""A larger buffer is given back as soon as its frame is taken."""


class ZmtpError(FramecastError):
    """Raised when the other end says what can't be understood; the words are for the log. Give the connection up."""


def frame(flags: int, body: bytes) -> bytes:
    """One frame as it is sent."""
    if len(body) > 255:  # noqa: PLR2004 what one byte can say
        return bytes((flags | _LONG,)) + struct.pack("!Q", len(body)) + body
    return bytes((flags, len(body))) + body


def command(name: bytes, body: bytes) -> bytes:
    return frame(_COMMAND, bytes((len(name),)) + name + body)


def subscribe(topic: bytes) -> bytes:
    return command(b"SUBSCRIBE", topic)


def cancel(topic: bytes) -> bytes:
    return command(b"CANCEL", topic)


READY: Final = command(b"READY", b"\x0bSocket-Type\x00\x00\x00\x03SUB")


class Conversation:
    """One connection's, from the other end's greeting on. Our own `GREETING` is sent by whoever connects.

    Fill `room()`, then `take` what was filled in: it calls `on_message` with each whole message's parts and `reply`
    with what is to be sent. `topics` are subscribed to when the other end is ready.
    """

    def __init__(
        self,
        topics: Iterable[bytes],
        on_message: Callable[[list[bytes]], None],
        reply: Callable[[bytes], None],
    ) -> None:
        self.is_ready = False
        self._topics = topics
        self._on_message = on_message
        self._reply = reply
        self._is_greeted = False
        self._parts: list[bytes] = []
        self._parts_bytes = 0
        self._buffer = bytearray(FIRST_ROOM_BYTES)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._needed = 0
        """How many bytes the frame that has begun takes in all."""

    def room(self) -> memoryview:
        """Where what comes next belongs."""
        if self._needed > len(self._buffer):
            larger = bytearray(self._needed + FIRST_ROOM_BYTES)
            larger[: self._filled] = self._view[: self._filled]
            self._buffer, self._view = larger, memoryview(larger)
        return self._view[self._filled :]

    def take(self, count: int) -> None:
        """So many bytes came.

        Raises:
            ZmtpError: when they make no sense.
        """
        end = self._filled + count
        start = self._frames_from(self._greeting(end), end)
        rest = end - start
        if start and rest:
            self._buffer[:rest] = self._view[start:end]
        self._filled = rest
        if len(self._buffer) > KEPT_ROOM_BYTES and max(rest, self._needed) <= FIRST_ROOM_BYTES:
            smaller = bytearray(FIRST_ROOM_BYTES)
            smaller[:rest] = self._view[:rest]
            self._buffer, self._view = smaller, memoryview(smaller)

    def _greeting(self, end: int) -> int:
        """Where the frames begin; 0 while the greeting has not come whole."""
        if self._is_greeted:
            return 0
        if self._buffer[: min(end, 1)] != SIGNATURE[: min(end, 1)]:
            raise ZmtpError("what answers at the address is no ZeroMQ socket")
        if end < len(GREETING):
            return 0
        mechanism = bytes(self._view[12:32])
        if self._buffer[9] != SIGNATURE[9] or self._buffer[10] < 3:  # noqa: PLR2004 the version
            raise ZmtpError("the bus speaks an old ZMTP")
        if mechanism != MECHANISM:
            raise ZmtpError(f"the bus wants keys: it speaks {mechanism.rstrip(bytes(1)).decode('ascii', 'replace')}")
        self._is_greeted = True
        self._reply(READY)
        return len(GREETING)

    def _frames_from(self, start: int, end: int) -> int:
        """Take in whole frames; where the first begins that is not."""
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
                raise ZmtpError(f"a frame of {size} bytes")
            if begin + size > end:
                self._needed = begin + size - start
                break
            start = begin + size
            if flags & _COMMAND:
                self._obey(bytes(view[begin:start]))
            else:
                self._add(bytes(view[begin:start]), has_more=bool(flags & _MORE))
        return start

    def _add(self, part: bytes, *, has_more: bool) -> None:
        if not self.is_ready or len(self._parts) == MAX_PARTS:
            raise ZmtpError("a message before its time, or without end")
        self._parts.append(part)
        self._parts_bytes += len(part)
        if not has_more:
            message, self._parts, self._parts_bytes = self._parts, [], 0
            self._on_message(message)

    def _obey(self, body: bytes) -> None:
        name, rest = body[1 : 1 + body[0]] if body else b"", body[1 + body[0] :] if body else b""
        if name == b"PING":
            self._reply(command(b"PONG", rest[2:]))  # behind the time to live: what is to be sent back
        elif name == b"READY" and not self.is_ready:
            self.is_ready = True
            self._reply(b"".join(map(subscribe, self._topics)))
        elif name == b"ERROR":
            raise ZmtpError(f"the bus refuses: {rest[1:].decode('ascii', 'replace')}")
