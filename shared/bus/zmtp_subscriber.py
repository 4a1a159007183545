"""ZMTP 3.1 as a SUB socket speaks it to an XPUB. Pure: bytes in, messages and replies out.

`subscriber` reads the connection.
"""

from collections.abc import Callable, Iterable
from typing import Final

from shared.bus.mechanism import Mechanism
from shared.bus.zmtp import (
    COMMAND,
    GREETING_BYTES,
    MECHANISM_PLACE,
    MORE,
    ZmtpError,
    command_body,
    head_at,
    mechanism_in,
    pong_body,
    split_command,
)

MAX_MESSAGE_BYTES: Final = 33 * 1024 * 1024
"""For all parts of a message: the largest picture and a header. No ingest announces more."""
MAX_COMMAND_BYTES: Final = 4096
MAX_PARTS: Final = 8
FIRST_BUFFER_BYTES: Final = 256 * 1024
KEPT_BUFFER_BYTES: Final = 4 * 1024 * 1024
"""A larger buffer is released as soon as its frame has been taken."""
_REFUSALS: Final = {b"400": "this client's key is not authorized"}
"""By the status of ZeroMQ's RFC 27."""


class ZmtpSubscriber:
    """The state of one connection, from the peer's greeting on. Its owner sends the mechanism's `greeting`.

    Write received bytes into `free_space()`, then call `received`. It calls `on_message` with the parts of each whole
    message, and `reply` with bytes to send. When the peer is ready it subscribes to `topics`, as they are then.
    """

    def __init__(
        self,
        mechanism: Mechanism,
        topics: Iterable[bytes],
        on_message: Callable[[list[bytes]], None],
        reply: Callable[[bytes], None],
    ) -> None:
        self.is_ready = False
        """Whether the handshake is over."""
        self._mechanism = mechanism
        self._is_plain = mechanism.is_plain
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

    def subscribe(self, topic: bytes) -> None:
        self._reply(self._command(b"SUBSCRIBE", topic))

    def cancel(self, topic: bytes) -> None:
        self._reply(self._command(b"CANCEL", topic))

    @property
    def is_amid_frame(self) -> bool:
        """Whether a frame has arrived in part, after the handshake."""
        return self.is_ready and self._needed > 0

    def release(self) -> None:
        """The connection has ended: give the memory back."""
        self._buffer = bytearray()
        self._view = memoryview(self._buffer)
        self._parts, self._parts_bytes = [], 0

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
            self._view[:rest] = self._view[start:end]
        self._filled = rest
        if len(self._buffer) > KEPT_BUFFER_BYTES and max(rest, self._needed) <= FIRST_BUFFER_BYTES:
            smaller = bytearray(FIRST_BUFFER_BYTES)
            smaller[:rest] = self._view[:rest]
            self._buffer, self._view = smaller, memoryview(smaller)

    def _read_greeting(self, end: int) -> int:
        """The offset of the first frame in the buffer; 0 while the greeting is not whole, and after it was read."""
        if self._is_greeted:
            return 0
        mechanism = mechanism_in(self._view[:end])
        if mechanism is None:
            return 0
        if mechanism != self._mechanism.greeting[MECHANISM_PLACE]:
            name = mechanism.rstrip(bytes(1)).decode("ascii", "replace")
            needs = "needs keys" if self._is_plain else "has no keys"
            raise ZmtpError(f"the bus {needs}: it speaks {name}")
        self._is_greeted = True
        self._reply(self._mechanism.greeted())
        return GREETING_BYTES

    def _read_frames(self, start: int, end: int) -> int:
        """Take in all whole frames; the offset of the first that is not whole."""
        buffer, view = self._buffer, self._view
        self._needed = 0
        while self._is_greeted and (head := head_at(buffer, start, end)):
            flags, size, begin = head
            is_short = flags & COMMAND or not self.is_ready
            if size > (MAX_COMMAND_BYTES if is_short else MAX_MESSAGE_BYTES - self._parts_bytes):
                raise ZmtpError(f"a frame of {size} bytes is too large")
            if begin + size > end:
                self._needed = begin + size - start
                break
            start = begin + size
            self._take(flags, view[begin:start])
        return start

    def _take(self, flags: int, frame: memoryview) -> None:
        if not self.is_ready:
            self._shake(flags, bytes(frame))
            return
        # This costs less for each of a frame's parts than asking a mechanism that changes nothing.
        flags, body = (flags, bytes(frame)) if self._is_plain else self._mechanism.open(flags, frame)
        if flags & COMMAND:
            self._obey(body)
        else:
            self._add_part(body, has_more=bool(flags & MORE))

    def _add_part(self, part: bytes, *, has_more: bool) -> None:
        if len(self._parts) == MAX_PARTS:
            raise ZmtpError(f"a message has more than {MAX_PARTS} parts")
        self._parts.append(part)
        self._parts_bytes += len(part)
        if not has_more:
            message, self._parts, self._parts_bytes = self._parts, [], 0
            self._on_message(message)

    def _shake(self, flags: int, body: bytes) -> None:
        if not flags & COMMAND:
            raise ZmtpError("a message arrived before the handshake was over")
        name, data = split_command(body)
        if name == b"ERROR":
            reason = data[1:]
            raise ZmtpError(f"the bus refuses: {_REFUSALS.get(reason) or reason.decode('ascii', 'replace')}")
        answer = self._mechanism.shake(name, data)
        if answer:
            self._reply(answer)
        self.is_ready = self._mechanism.is_ready
        if self.is_ready:
            self._reply(b"".join(self._command(b"SUBSCRIBE", topic) for topic in self._topics))

    def _obey(self, body: bytes) -> None:
        """Unknown commands are ignored: a later version of ZMTP may add some."""
        name, data = split_command(body)
        if name == b"PING":
            self._reply(b"".join(self._mechanism.seal(COMMAND, pong_body(data))))

    def _command(self, name: bytes, data: bytes) -> bytes:
        return b"".join(self._mechanism.seal(COMMAND, command_body(name, data)))
