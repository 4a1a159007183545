"""ZMTP 3.1 as sockets speak it that ask and answer: whole messages in and out, at either end. Pure.

The protocol is RFC 37 (ZMTP 3.1); what a REQ, DEALER and ROUTER put before a message's last part is RFC 28.
"""

from collections.abc import Callable, Sequence
from typing import Final

from shared.bus.mechanism import Mechanism
from shared.bus.zmtp import (
    COMMAND,
    GREETING_BYTES,
    LONG,
    MECHANISM_PLACE,
    MORE,
    PING_TIME_TO_LIVE_BYTES,
    Buffer,
    RefusedPeerError,
    ZmtpError,
    command_body,
    head_at,
    mechanism_in,
    pong_body,
    split_command,
)

MAX_HANDSHAKE_BYTES: Final = 1024
"""For a frame of the handshake: with keys, and a name of 255 bytes for the socket, it has some 550."""
MAX_PARTS: Final = 8
MAX_ENVELOPE_BYTES: Final = 2048
"""For all parts of a message but the last. Each socket that passes a request on puts up to 255 bytes before it."""
_BOX_BYTES: Final = 64
"""A box is longer than what is in it by a little less."""


class ZmtpMessages:
    """The state of one connection, from the peer's greeting on. Its owner sends the mechanism's `greeting`; `reply`
    gets more bytes to send. A message may have `max_bytes` behind its envelope.
    """

    def __init__(self, mechanism: Mechanism, max_bytes: int, reply: Callable[[bytes], None]) -> None:
        self.is_ready = False
        """Whether the handshake is over."""
        self._mechanism = mechanism
        self._max_bytes = max_bytes + MAX_ENVELOPE_BYTES
        self._reply = reply
        self._is_greeted = False
        self._parts: list[bytes] = []
        self._parts_bytes = 0
        self._unread = bytearray()

    def frames(self, parts: Sequence[Buffer]) -> bytes:
        """A message as bytes to send."""
        seal, last = self._mechanism.seal, len(parts) - 1
        sealed = (seal(0 if index == last else MORE, part) for index, part in enumerate(parts))
        return b"".join(buffer for buffers in sealed for buffer in buffers)

    def ping(self) -> bytes:
        """A question whether the other end lives, as bytes to send. It answers at once, whatever else it does."""
        return self._sealed(command_body(b"PING", bytes(PING_TIME_TO_LIVE_BYTES)))

    def received(self, data: Buffer) -> list[list[bytes]]:
        """The parts of each message that ends in `data`, in their order.

        Raises:
            ZmtpError: the bytes make no sense, or the peer is no socket that fits.
        """
        unread = self._unread
        unread += data
        start = self._read_greeting()
        messages: list[list[bytes]] = []
        while self._is_greeted and (head := head_at(unread, start, len(unread))):
            flags, size, begin = head
            self._check(flags, size)
            if begin + size > len(unread):
                break
            start = begin + size
            if self._take(flags, bytes(memoryview(unread)[begin:start])):
                messages.append(self._parts)
                self._parts, self._parts_bytes = [], 0
        del unread[:start]
        return messages

    def _read_greeting(self) -> int:
        """The offset of the first frame; 0 while the greeting is not whole, and after it was read."""
        mechanism = None if self._is_greeted else mechanism_in(self._unread)
        if mechanism is None:
            return 0
        if mechanism != self._mechanism.greeting[MECHANISM_PLACE]:
            name = mechanism.rstrip(bytes(1)).decode("ascii", "replace")
            raise RefusedPeerError(f"one end has keys and the other has not: it speaks {name}")
        self._is_greeted = True
        if opening := self._mechanism.greeted():
            self._reply(opening)
        return GREETING_BYTES

    def _check(self, flags: int, size: int) -> None:
        is_short = flags & COMMAND or not self.is_ready
        most = MAX_HANDSHAKE_BYTES if is_short else self._max_bytes - self._parts_bytes + _BOX_BYTES
        if flags & ~(MORE | LONG | COMMAND) or size > most:
            raise ZmtpError(f"a frame with flags {flags} and {size} bytes is too large, or makes no sense")

    def _take(self, flags: int, body: bytes) -> bool:
        """Take in a frame; whether it ends a message."""
        if not self.is_ready:
            self._shake(flags, body)
            return False
        flags, body = self._mechanism.open(flags, body)
        if flags & COMMAND:
            self._obey(body)
            return False
        if len(self._parts) == MAX_PARTS:
            raise ZmtpError(f"a message has more than {MAX_PARTS} parts")
        self._parts.append(body)
        self._parts_bytes += len(body)
        return not flags & MORE

    def _shake(self, flags: int, body: bytes) -> None:
        if not flags & COMMAND:
            raise ZmtpError("it sent a message before the handshake was over")
        name, data = split_command(body)
        if name == b"ERROR":
            raise RefusedPeerError("it does not let this client's key in")
        answer = self._mechanism.shake(name, data)
        if answer:
            self._reply(answer)
        self.is_ready = self._mechanism.is_ready

    def _obey(self, body: bytes) -> None:
        """Unknown commands are ignored: a later version of ZMTP may add some."""
        name, data = split_command(body)
        if name == b"PING":
            self._reply(self._sealed(pong_body(data)))

    def _sealed(self, body: bytes) -> bytes:
        return b"".join(self._mechanism.seal(COMMAND, body))
