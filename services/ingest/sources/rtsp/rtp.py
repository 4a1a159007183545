"""RTP packets, put in order and put together into access units, and every lost one known. Pure.

What a payload means is its format's business (`payload_formats.py`); here it is bytes.
"""

import struct
from collections.abc import Callable
from typing import Final, Protocol

from services.ingest.decoding.access_unit import AccessUnit, Buffer

HEADER_BYTES: Final = 12
_PLAIN: Final = 0x80  # version 2, no padding, no extension, no contributing sources
_VERSION, _PADDING, _EXTENSION, _SOURCES = 0xC0, 0x20, 0x10, 0x0F
_MARKER, _TYPE = 0x80, 0x7F
_SEQUENCES: Final = 1 << 16
_BEHIND: Final = 1 << 15
_FIELDS: Final = struct.Struct("!HII")
MAX_UNIT_BYTES: Final = 16 * 1024 * 1024
"""A picture can't be larger; what goes on beyond this is garbage, and is dropped."""
LATE_BEFORE_RESTART: Final = 32
"""So many packets in a row that seem long past mean that the camera began to count anew."""


class UnitShape(Protocol):
    """What must be known of a payload to tell where a picture begins and ends."""

    def is_picture(self, payload: Buffer) -> bool:
        """Whether it holds a piece of a picture, and not only what describes it."""

    def continues_picture(self, payload: Buffer) -> bool:
        """Whether it surely holds a later piece of a picture, not its first."""

    def starts_unit(self, payload: Buffer) -> bool:
        """Whether nothing of its picture can have come before it."""


def payload_of(data: Buffer, start: int, end: int) -> Buffer | None:
    """What the packet at `data[start:end]` carries; None when that is no RTP packet."""
    if end - start < HEADER_BYTES:
        return None
    first = data[start]
    if first == _PLAIN:
        return data[start + HEADER_BYTES : end]
    if first & _VERSION != _PLAIN:
        return None
    begin = start + HEADER_BYTES + 4 * (first & _SOURCES)
    if first & _EXTENSION:
        if begin + 4 > end:
            return None
        begin += 4 + 4 * int.from_bytes(data[begin + 2 : begin + 4], "big")
    if first & _PADDING:
        end -= data[end - 1]
    return data[begin:end] if begin <= end else None


class Assembler:
    """Packets in, access units out by `on_unit`. An access unit ends at the marker, or when the time stamp changes.

    A camera whose markers come too early is found out, and from then on only its time stamps count.
    """

    def __init__(self, payload_type: int, shape: UnitShape, on_unit: Callable[[AccessUnit], None]) -> None:
        self.lost = 0
        self.byte_count = 0
        self._payload_type = payload_type
        self._shape = shape
        self._on_unit = on_unit
        self._unit: AccessUnit | None = None
        self._expected: int | None = None
        self._sender: int | None = None
        self._late = 0
        self._cycles = 0
        self._marked_at: int | None = None
        self._trusts_markers = True
        self._is_cut = False  # whether something before the next packet is missing

    @property
    def highest(self) -> int:
        """The newest packet's number, going on where the 16 bits begin anew; 0 before the first."""
        return self._cycles * _SEQUENCES + (self._expected or 1) - 1

    def take(self, data: Buffer, start: int, end: int) -> None:
        """The packet at `data[start:end]`."""
        payload = payload_of(data, start, end)
        if not payload:
            # An empty packet keeps a firewall open, or it is none at all. Its number still counts.
            if payload is not None and data[start + 1] & _TYPE == self._payload_type:
                self._is_next(*_FIELDS.unpack_from(data, start + 2)[::2])
            return
        kind = data[start + 1]
        if kind & _TYPE != self._payload_type:
            return
        sequence, timestamp, sender = _FIELDS.unpack_from(data, start + 2)
        if (sequence != self._expected or sender != self._sender) and not self._is_next(sequence, sender):
            return
        self._expected = (sequence + 1) % _SEQUENCES
        self._cycles += not sequence
        self._late = 0
        self.byte_count += end - start
        self._add(payload, timestamp)
        if kind & _MARKER and self._trusts_markers:
            self._finish()
            self._marked_at = timestamp

    def _is_next(self, sequence: int, sender: int) -> bool:
        """Whether the packet may be used; counts what is missing before it."""
        if self._expected is None or sender != self._sender:
            self._cut(0 if self._expected is None else None)
        else:
            ahead = (sequence - self._expected) % _SEQUENCES
            if ahead >= _BEHIND:
                self._late += 1
                if self._late < LATE_BEFORE_RESTART:
                    return False
                self._cut(None)
            elif ahead:
                self._cut(ahead)
        self._sender = sender
        self._expected = (sequence + 1) % _SEQUENCES
        return True

    def _cut(self, missing: int | None) -> None:
        """So many packets are missing here; None for a number that nobody can know."""
        if missing == 0:
            return
        self.lost += missing or 1
        self._is_cut = True
        if self._unit is not None:
            self._unit.is_damaged = True

    def _add(self, payload: Buffer, timestamp: int) -> None:
        unit = self._unit
        if unit is not None and unit.timestamp != timestamp:
            self._finish()
            unit = self._unit
        if unit is None:
            if timestamp == self._marked_at and self._shape.continues_picture(payload):
                self._trusts_markers = False
                self._is_cut = True
            unit = self._unit = AccessUnit(timestamp)
        if self._is_cut:
            self._is_cut = False
            unit.is_damaged |= not (self._shape.starts_unit(payload) and not unit.payloads)
        unit.timestamp = timestamp
        unit.payloads.append(payload)
        unit.byte_count += len(payload)
        if unit.byte_count > MAX_UNIT_BYTES:
            unit.payloads.clear()
            unit.byte_count = 0
            unit.is_damaged = True

    def _finish(self) -> None:
        """The access unit is whole, unless it only describes a picture that is still to come."""
        unit = self._unit
        if unit is None or not (unit.is_damaged or self._shape.is_picture(unit.payloads[-1])):
            return
        self._unit = None
        self._on_unit(unit)


class ReorderBuffer:
    """Puts a datagram's packets into order. A missing packet is waited for while at most `max_packets` come after it,
    and for `max_seconds`; then it is lost.
    """

    def __init__(self, *, max_packets: int = 64, max_seconds: float = 0.1) -> None:
        self._max_packets = max_packets
        self._max_seconds = max_seconds
        self._next: int | None = None
        self._held: dict[int, bytes] = {}
        self._waiting_since = 0.0
        self._late = 0

    @property
    def is_waiting(self) -> bool:
        return bool(self._held)

    def put(self, packet: bytes, now: float) -> list[bytes]:
        """The packets whose turn has come, oldest first; `now` is in seconds of any clock."""
        if len(packet) < HEADER_BYTES:
            return []
        sequence = int.from_bytes(packet[2:4], "big")
        if self._next is None or sequence == self._next:
            self._late = 0
            self._next = (sequence + 1) % _SEQUENCES
            return [packet, *self._follow(now)] if self._held else [packet]
        if (sequence - self._next) % _SEQUENCES >= _BEHIND:
            self._late += 1
            if self._late >= LATE_BEFORE_RESTART:
                self._next = None
            return [packet]  # too late, or the camera counts anew: the assembler knows
        if not self._held:
            self._waiting_since = now
        self._held[sequence] = packet
        return self.expire(now)

    def expire(self, now: float) -> list[bytes]:
        """What was held long enough, or too much of."""
        ready: list[bytes] = []
        while self._held and (len(self._held) > self._max_packets or now - self._waiting_since >= self._max_seconds):
            self._next = min(self._held, key=lambda sequence: (sequence - (self._next or 0)) % _SEQUENCES)
            ready += self._follow(now)
        return ready

    def _follow(self, now: float) -> list[bytes]:
        ready: list[bytes] = []
        while self._next in self._held:
            ready.append(self._held.pop(self._next))
            self._next = (self._next + 1) % _SEQUENCES
        self._waiting_since = now
        return ready
