"""ZMTP 3.1 as an XPUB socket speaks it to a SUB socket. Pure: bytes in, subscriptions out.

The protocol is RFC 37 (ZMTP 3.1); subscriptions as messages are RFC 23 (ZMTP 3.0). `subscriber_server` reads the
connection.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from shared.bus.mechanism import Mechanism
from shared.bus.topics import MAX_TOPIC_BYTES
from shared.bus.zmtp import (
    COMMAND,
    GREETING_BYTES,
    LONG,
    MECHANISM_PLACE,
    MORE,
    Buffer,
    RefusedPeerError,
    ZmtpError,
    head_at,
    mechanism_in,
    pong_body,
    split_command,
)

MAX_FRAME_BYTES: Final = 512
"""A subscription has at most 266 bytes, in a box 299; a handshake with a name for the socket about 300."""
NO_KEYS: Final = "it came without keys, or left before it had shown them"


class DemandChange(NamedTuple):
    """A subscription (`is_wanted`), or its cancellation."""

    is_wanted: bool
    topic: bytes


class ZmtpPeer:
    """The state of one subscriber's connection. Its owner sends the mechanism's `greeting`; `reply` gets more bytes to
    send.
    """

    def __init__(self, mechanism: Mechanism, reply: Callable[[bytes], None]) -> None:
        self.is_ready = False
        """Whether the handshake is over."""
        self.is_plain = mechanism.is_plain
        """Whether a message has the same bytes for each subscriber."""
        self._mechanism = mechanism
        self._reply = reply
        self._is_greeted = False
        self._is_first_part = True
        self._rest = b""

    def frames(self, parts: list[Buffer]) -> list[Buffer]:
        """A message's parts as ZMTP frames, ready for `sendmsg`."""
        seal, last = self._mechanism.seal, len(parts) - 1
        return [buffer for index, part in enumerate(parts) for buffer in seal(0 if index == last else MORE, part)]

    def received(self, data: bytes) -> list[DemandChange]:
        """The subscriptions and cancellations that end in `data`, in their order.

        Raises:
            ZmtpError: the bytes make no sense, or the peer is no subscriber.
        """
        data = self._rest + data
        start = self._read_greeting(data)
        changes: list[DemandChange] = []
        while self._is_greeted and (head := head_at(data, start, len(data))):
            flags, size, begin = head
            if flags & ~(MORE | LONG | COMMAND) or size > MAX_FRAME_BYTES:
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
        mechanism = mechanism_in(data)
        if mechanism is None:
            return 0
        if mechanism != self._mechanism.greeting[MECHANISM_PLACE]:
            raise ZmtpError("it shows keys, but the bus has none") if self.is_plain else RefusedPeerError(NO_KEYS)
        self._is_greeted = True
        opening = self._mechanism.greeted()
        if opening:
            self._reply(opening)
        return GREETING_BYTES

    def _read_frame(self, flags: int, body: bytes) -> DemandChange | None:
        if not self.is_ready:
            self._shake(flags, body)
            return None
        flags, body = self._mechanism.open(flags, body)
        if flags & COMMAND:
            return self._obey(body)
        is_first_part, self._is_first_part = self._is_first_part, not flags & MORE
        if is_first_part and body[:1] in {b"\x00", b"\x01"}:
            return self._change(body[:1] == b"\x01", body[1:])
        return None

    def _shake(self, flags: int, body: bytes) -> None:
        if not flags & COMMAND:
            raise ZmtpError("it sent a message before the handshake was over")
        answer = self._mechanism.shake(*split_command(body))
        if answer:
            self._reply(answer)
        self.is_ready = self._mechanism.is_ready

    def _obey(self, body: bytes) -> DemandChange | None:
        """Unknown commands are ignored: a later version of ZMTP may add some."""
        name, data = split_command(body)
        if name == b"SUBSCRIBE":
            return self._change(True, data)
        if name == b"CANCEL":
            return self._change(False, data)
        if name == b"PING":
            self._reply(b"".join(self._mechanism.seal(COMMAND, pong_body(data))))
        return None

    def _change(self, is_wanted: bool, topic: bytes) -> DemandChange:
        if len(topic) > MAX_TOPIC_BYTES:
            raise ZmtpError(f"a topic of {len(topic)} bytes is too long")
        return DemandChange(is_wanted, topic)
