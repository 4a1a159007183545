"""Tells apart what a camera sends over its RTSP connection: messages, the packets between them, and garbage.

Some cameras cut a packet short, leave its header out, or put bytes between packets that are none. Then the next sound
header is looked for, so that one such accident costs a few packets and not the connection.
"""

import re
from collections.abc import Callable
from typing import Final

from services.ingest.sources.rtsp.message import (
    HEAD_END,
    MAX_MESSAGE_BYTES,
    Message,
    MessageError,
    body_bytes,
    parse_message,
)

BUFFER_BYTES: Final = 256 * 1024
MAX_GARBAGE_BYTES: Final = 128 * 1024
"""So much in a row is no accident: it is twice the longest packet."""
DOLLAR: Final = 0x24
_HEADER_BYTES: Final = 4
_SHORTEST_PACKET: Final = 8
"""An empty report. RTP's own header is longer."""
_VERSION, _VERSION_2 = 0xC0, 0x80
_LONGEST_START: Final = 16
_STARTS: Final = (b"RTSP/", b"HTTP/", *(
    method + b" " for method in (b"OPTIONS", b"ANNOUNCE", b"DESCRIBE", b"GET_PARAMETER", b"SET_PARAMETER", b"REDIRECT",
                                 b"TEARDOWN", b"PLAY_NOTIFY", b"PLAY", b"PAUSE", b"SETUP", b"RECORD")))  # fmt: skip
"""How a message begins. A web server's answer is recognized, to be refused."""
_FOLLOWING: Final = frozenset(b"$\r\n" + bytes(start[0] for start in _STARTS))
"""What may come after a packet."""
_RESUMPTION: Final = re.compile(rb"\$|RTSP/\d")
PacketHandler = Callable[[bytearray, int, int], None]


class Demultiplexer:
    """The caller writes into `room()`, then calls `advance` with the count of bytes written.

    `channels` maps each interleaved channel to the handler of its packets. A handler gets a buffer with the packet's
    start and end, valid only during the call. `on_message` gets each message. `on_garbage` is called each time that
    bytes were skipped, before anything that comes after them. `on_failure` is called when nothing can be made of the
    bytes; once, and nothing is handed on after it.

    Nothing is skipped before the camera's first message: what begins with garbage is no RTSP server.
    """

    def __init__(
        self, on_message: Callable[[Message], None], on_garbage: Callable[[], None], on_failure: Callable[[], None]
    ) -> None:
        self.channels: dict[int, PacketHandler] = {}
        self.is_full = False
        """Whether the last call of `advance` found the buffer full: there may be more to read."""
        self.garbage_bytes = 0
        """How many bytes were skipped since the last packet or message."""
        self._on_message = on_message
        self._on_garbage = on_garbage
        self._on_failure = on_failure
        self._buffer = bytearray(BUFFER_BYTES)
        self._room = memoryview(self._buffer)
        self._filled = 0
        self._has_begun = False
        self._has_failed = False

    def room(self) -> memoryview:
        return self._room[self._filled :]

    def advance(self, count: int) -> None:
        buffer, filled = self._buffer, self._filled + count
        self.is_full = filled == BUFFER_BYTES
        start = 0
        while start < filled and not self._has_failed:
            if self.garbage_bytes:
                end = self._resume(start, filled)
            elif buffer[start] == DOLLAR:
                end = self._packet(start, filled)
            else:
                end = self._message(start, filled)
            if end is None:
                break
            start = end
        rest = 0 if self._has_failed else filled - start
        if rest and start:
            buffer[:rest] = buffer[start:filled]
        self._filled = rest

    def flush(self) -> None:
        """Take a message whose head is complete as it is: no more of its body will arrive."""
        data = bytes(self._buffer[: self._filled])
        if data.startswith(b"RTSP/") and HEAD_END.search(data):
            self._filled = 0
            self._take(data)

    def _packet(self, start: int, filled: int) -> int | None:
        """Hand on the packet at `start`. Returns where it ends; None if it has not arrived as a whole."""
        buffer, begin = self._buffer, start + _HEADER_BYTES
        if begin > filled:
            return None
        end = begin + (buffer[start + 2] << 8 | buffer[start + 3])
        handler = self.channels.get(buffer[start + 1])
        if handler is None and end > begin and begin < filled and buffer[begin] & _VERSION != _VERSION_2:
            return self._skip(start, start + 1)
        if end > filled:
            return None
        if end < filled and buffer[end] not in _FOLLOWING:
            if (inner := self._inner_header(start + 1, end, filled)) is not None:
                # The packet was cut short, and the next one is inside it.
                self._skip(start, inner)
                self.garbage_bytes = 0
                return inner
            if begin < end and buffer[begin] & _VERSION != _VERSION_2:
                return self._skip(start, start + 1)
        if handler is not None:
            handler(buffer, begin, end)
        return end

    def _inner_header(self, begin: int, end: int, filled: int) -> int | None:
        at = self._buffer.find(DOLLAR, begin, end)
        while at >= 0 and not self._is_header(at, filled):
            at = self._buffer.find(DOLLAR, at + 1, end)
        return at if at >= 0 else None

    def _is_header(self, at: int, filled: int) -> bool | None:
        """Whether a packet begins at `at`, by all that can be told; None if more bytes must arrive first."""
        buffer, begin = self._buffer, at + _HEADER_BYTES
        if begin >= filled:
            return None
        length = buffer[at + 2] << 8 | buffer[at + 3]
        if buffer[at + 1] not in self.channels or length < _SHORTEST_PACKET or buffer[begin] & _VERSION != _VERSION_2:
            return False
        end = begin + length
        if end > filled:
            return None
        return end == filled or buffer[end] in _FOLLOWING

    def _resume(self, start: int, filled: int) -> int | None:
        """Skip to the next packet or answer. Returns where it begins, or where to look on; None to wait for more."""
        found = _RESUMPTION.search(self._buffer, start, filled)
        if found is None:
            end = max(start, filled - _LONGEST_START)
            self._skip(start, end)
            return None if end == start else end
        at = found.start()
        self._skip(start, at)
        is_header = self._buffer[at] != DOLLAR or self._is_header(at, filled)
        if is_header is None:
            return at if at > start else None
        if is_header:
            self.garbage_bytes = 0
            return at
        return self._skip(at, at + 1)

    def _message(self, start: int, filled: int) -> int | None:
        """Hand on the message at `start`. Returns where it ends; None if it has not arrived as a whole."""
        buffer = self._buffer
        if buffer[start] in b"\r\n":  # some cameras send empty lines between messages
            return start + 1
        begun = bytes(buffer[start : min(filled, start + _LONGEST_START)])
        if not any(begun.startswith(one) or one.startswith(begun) for one in _STARTS):
            return self._skip(start, start + 1)
        head_end = HEAD_END.search(buffer, start, filled)
        if head_end is not None:
            return self._whole_message(start, head_end, filled)
        return self._skip(start, start + 1) if filled - start > MAX_MESSAGE_BYTES else None

    def _whole_message(self, start: int, head_end: "re.Match[bytes]", filled: int) -> int | None:
        try:
            length = body_bytes(bytes(self._buffer[start : head_end.start()]))
        except MessageError:
            if not self.channels:
                self._fail()
            return self._skip(start, head_end.end())
        if length is None:
            return self._skip(start, start + 1) if filled - start > MAX_MESSAGE_BYTES else None
        end = head_end.end() + length
        if end > filled:
            return None
        self._take(bytes(self._buffer[start:end]))
        return end

    def _take(self, data: bytes) -> None:
        try:
            message = parse_message(data)
        except MessageError:
            self._skip(0, len(data))
            return
        self._has_begun = True
        self._on_message(message)

    def _skip(self, start: int, end: int) -> int:
        """Count the bytes from `start` to `end` as garbage. Returns `end`."""
        if end == start:
            return end
        if not self.garbage_bytes and self._has_begun:
            self._on_garbage()
        self.garbage_bytes += end - start
        if not self._has_begun or self.garbage_bytes > MAX_GARBAGE_BYTES:
            self._fail()
        return end

    def _fail(self) -> None:
        if not self._has_failed:
            self._has_failed = True
            self._on_failure()
