"""RTP packets, put together into access units, with every lost packet counted. Pure.

Here a packet's header is read: is the packet ours, and is one missing before it? `unit_builder.py` puts the payloads
together.
"""

from collections.abc import Callable
from typing import Final

from services.ingest.decoding.access_unit import AccessUnit, Buffer
from services.ingest.sources.rtp.numbered_units import unit_builder
from services.ingest.sources.rtp.own_sender import OwnSender
from services.ingest.sources.rtp.packet import (
    BEHIND,
    EXTENSION,
    FIELDS,
    HEADER_BYTES,
    LATE_BEFORE_RESTART,
    MARKER,
    PAYLOAD_TYPE,
    PLAIN,
    SEQUENCES,
    extension_of,
    payload_of,
)
from services.ingest.sources.rtp.unit_builder import UnitShape

NEAR_TICKS: Final = 10 * 90_000
"""Two time stamps of one clock are nearer than this, unless the camera paused for 10 s."""
_TIMES: Final = 1 << 32
_OTHER_TYPES: Final = range(96, 128)
"""The payload types that a description gives a meaning. A camera may announce one of them and send another."""


class Assembler:
    """Takes packets in order and calls `on_unit` with each access unit.

    Over TCP (`is_lossless`) nothing can be lost on the way, so numbers are not believed there: cameras begin them anew,
    repeat them, or share them with their sound. Over UDP a missing number is a lost packet.

    `lost` counts packets, `byte_count` bytes received.
    """

    def __init__(
        self, payload_type: int, shape: UnitShape, on_unit: Callable[[AccessUnit], None], *, is_lossless: bool = False
    ) -> None:
        self.lost = 0
        self.byte_count = 0
        self.is_lossless = is_lossless
        self.announced_type = payload_type
        self.payload_type = payload_type
        """The type that is taken: another one than was announced, if the camera sends only that."""
        self._shape = shape
        self._builder = unit_builder(shape, on_unit)
        self._own = OwnSender()
        self._sender: int | None = None
        self._expected: int | None = None
        self._late = 0
        self._cycles = 0
        self._last_before: AccessUnit | None = None  # the last unit before the sender changed

    @property
    def highest(self) -> int:
        """The newest packet's number, counted on beyond 16 bits; 0 before the first packet."""
        return self._cycles * SEQUENCES + (self._expected or 1) - 1

    @property
    def sender(self) -> int | None:
        """The SSRC of the newest packet; None before the first."""
        return self._sender

    def promise_sender(self, sender: int | None) -> None:
        """Note which SSRC the camera announced, if it did."""
        self._own.promised = sender

    def is_own(self, packet: Buffer) -> bool:
        """Whether the packet's type and sender are those that are taken now."""
        return (
            packet[1] & PAYLOAD_TYPE == self.payload_type
            and int.from_bytes(packet[8:HEADER_BYTES], "big") == self._sender
        )

    def take(self, data: Buffer, start: int, end: int) -> None:
        """Take the packet at `data[start:end]`. Anything else there is ignored."""
        if end - start < HEADER_BYTES:
            return
        first, kind = data[start], data[start + 1]
        payload = data[start + HEADER_BYTES : end] if first == PLAIN else payload_of(data, start, end)
        if payload is None or (kind & PAYLOAD_TYPE != self.payload_type and not self._is_other_type(kind, payload)):
            return
        sequence, timestamp, sender = FIELDS.unpack_from(data, start + 2)
        if sequence == self._expected and sender == self._sender:
            if not sequence:
                self._cycles += 1
        elif not self._is_next(payload, sequence, timestamp, sender):
            return
        self._expected = (sequence + 1) % SEQUENCES
        self._late = 0
        self.byte_count += end - start
        if first & EXTENSION and (described := self._shape.extension_payload(extension_of(data, start))):
            self._builder.add(described, timestamp, 0)
        if payload:  # an empty packet keeps a firewall open, and only its number counts
            self._builder.add(payload, timestamp, kind & MARKER)

    def cut(self) -> None:
        """Note that something is missing here, although no number may tell: the connection was garbled."""
        self._builder.cut()

    def _is_other_type(self, kind: int, payload: Buffer) -> bool:
        """Whether to take a packet of another type than is taken now."""
        kind &= PAYLOAD_TYPE
        if kind == self.announced_type:
            self._builder.drop()
        elif (
            self._expected is not None or kind not in _OTHER_TYPES or not (payload and self._shape.starts_unit(payload))
        ):
            return False
        self.payload_type = kind
        return True

    def _is_next(self, payload: Buffer, sequence: int, timestamp: int, sender: int) -> bool:
        """Whether the packet can be used; counts the packets missing before it."""
        expected = self._expected
        ahead = 0 if expected is None else (sequence - expected) % SEQUENCES
        if sender != self._sender:
            return self._is_of_new_sender(payload, sequence, timestamp, sender)
        if self.is_lossless:
            if ahead == SEQUENCES - 1 and self._builder.repeats(payload, timestamp):
                return False
            if ahead < BEHIND:
                self._builder.note_gap()
        elif ahead >= BEHIND:
            self._late += 1
            if self._late < LATE_BEFORE_RESTART:
                return False
            self._cut(1)
            return True
        elif ahead:
            self._cut(ahead)
        self._cycles += ahead < BEHIND and sequence < (expected or 0)
        return True

    def _is_of_new_sender(self, payload: Buffer, sequence: int, timestamp: int, sender: int) -> bool:
        is_back = self._own.is_back(sender, sequence)
        is_next = sequence == self._expected
        fits = is_next or self._is_near(timestamp) or self._is_new_beginning(payload)
        if not self._own.takes(sender, sequence, self._expected, fits=fits, heard=self.byte_count):
            return False
        is_first = self._sender is None
        self._sender = sender
        if is_back or (sender == self._own.promised and not fits):
            if self._builder.last is not self._last_before:
                self._builder.cut()  # its pictures came between ours
            self._builder.drop()
        elif not (is_first or is_next or self.is_lossless):
            self._cut(1)
        self._last_before = self._builder.last
        return True

    def _is_near(self, timestamp: int) -> bool:
        newest = self._builder.newest
        return newest is not None and (timestamp - newest.timestamp + NEAR_TICKS) % _TIMES < 2 * NEAR_TICKS

    def _is_new_beginning(self, payload: Buffer) -> bool:
        return bool(payload) and self._builder.is_between and self._shape.starts_unit(payload)

    def _cut(self, missing: int) -> None:
        """Note that at least `missing` packets are missing here."""
        self.lost += missing
        self._builder.cut()
