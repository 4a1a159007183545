"""The bytes of ZMTP 3.1: greeting, frames, commands. What a connection does with them is its two ends' business:
`zmtp_subscriber` is a SUB socket's, `zmtp_peer` an XPUB socket's.

The protocol is RFC 37 (ZMTP 3.1).
"""

import struct
from typing import Final

from shared.errors import FramecastError

Buffer = bytes | memoryview
SIGNATURE: Final = b"\xff\x00\x00\x00\x00\x00\x00\x00\x00\x7f"
OLDEST_MAJOR_VERSION: Final = 3
GREETING_BYTES: Final = 64
MECHANISM_PLACE: Final = slice(12, 32)
"""Where a greeting names its mechanism."""
MORE, LONG, COMMAND = 1, 2, 4
"""A frame's flags."""
SHORT_HEAD_BYTES, LONG_HEAD_BYTES = 2, 9
MAX_SHORT_BODY_BYTES: Final = 255
MAX_PING_CONTEXT_BYTES: Final = 16
PING_TIME_TO_LIVE_BYTES: Final = 2
_pack_long: Final = struct.Struct("!BQ").pack
long_size: Final = struct.Struct("!Q").unpack_from


class ZmtpError(FramecastError):
    """Raised when the peer's bytes make no sense; the message is for the log. The catcher closes the connection."""


class RefusedPeerError(ZmtpError):
    """Raised when a client has no right to be here. The catcher sends `answer`, closes the connection and counts it."""

    def __init__(self, reason: str, answer: bytes = b"") -> None:
        super().__init__(reason)
        self.answer = answer


def greeting(mechanism: bytes, *, as_server: bool = False) -> bytes:
    """What each end sends first."""
    return SIGNATURE + b"\x03\x01" + mechanism.ljust(20, b"\0") + bytes((as_server,)) + bytes(31)


GREETING: Final = greeting(b"NULL")


def mechanism_in(data: Buffer | bytearray) -> bytes | None:
    """What the greeting at the beginning of `data` names, filled up with zeros; None while that is not whole.

    Raises:
        ZmtpError: it is none, or of a version that we don't speak.
    """
    if data[:1] != SIGNATURE[: len(data[:1])]:
        raise ZmtpError("the other end does not speak ZeroMQ")
    if len(data) < GREETING_BYTES:
        return None
    if data[9] != SIGNATURE[9] or data[10] < OLDEST_MAJOR_VERSION:
        raise ZmtpError("the other end speaks an old version of ZMTP")
    return bytes(data[MECHANISM_PLACE])


def head(flags: int, size: int) -> bytes:
    """What precedes a frame's body of `size` bytes."""
    return bytes((flags, size)) if size <= MAX_SHORT_BODY_BYTES else _pack_long(flags | LONG, size)


def frame(flags: int, body: bytes) -> bytes:
    """One ZMTP frame, as bytes to send."""
    return head(flags, len(body)) + body


def head_at(data: Buffer | bytearray, start: int, end: int) -> tuple[int, int, int] | None:
    """The flags of the frame whose head is at `start` of `data`, the size of its body in bytes, and where that begins.
    None while the head is not whole at `end`.
    """
    if end - start < SHORT_HEAD_BYTES:
        return None
    flags = data[start]
    if not flags & LONG:
        return flags, data[start + 1], start + SHORT_HEAD_BYTES
    if end - start < LONG_HEAD_BYTES:
        return None
    return flags, *long_size(data, start + 1), start + LONG_HEAD_BYTES


def command_body(name: bytes, data: bytes) -> bytes:
    return bytes((len(name),)) + name + data


def command(name: bytes, data: bytes) -> bytes:
    return frame(COMMAND, command_body(name, data))


def split_command(body: bytes) -> tuple[bytes, bytes]:
    """A command's name and its data."""
    return (body[1 : 1 + body[0]], body[1 + body[0] :]) if body else (b"", b"")


def pong_body(ping: bytes) -> bytes:
    """The body of the command that answers a PING with this data: its context, which is bounded."""
    return command_body(b"PONG", ping[PING_TIME_TO_LIVE_BYTES:][:MAX_PING_CONTEXT_BYTES])


def subscribe(topic: bytes) -> bytes:
    return command(b"SUBSCRIBE", topic)


def cancel(topic: bytes) -> bytes:
    return command(b"CANCEL", topic)
