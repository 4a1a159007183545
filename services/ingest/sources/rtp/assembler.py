"""RTP packets, put together into access units, with every lost packet counted. Pure.

The assembler handles payloads as bytes. Their meaning belongs to the payload formats (`payload_formats.py`).
"""

from collections.abc import Callable
from typing import Final, Protocol

from services.ingest.decoding.access_unit import AccessUnit, Buffer
from services.ingest.sources.rtp.packet import (
    BEHIND,
    FIELDS,
    LATE_BEFORE_RESTART,
    MARKER,
    PAYLOAD_TYPE,
    SEQUENCES,
    payload_of,
)

MAX_UNIT_BYTES: Final = 16 * 1024 * 1024
"""Of memory, objects included. A picture can't be larger; anything longer is garbage, and is dropped."""


class UnitShape(Protocol):
    """What must be known of a payload to tell where a picture begins and ends."""

    def is_picture(self, payload: Buffer) -> bool:
        """Whether it holds a piece of a picture, rather than only a description of one."""

    def continues_picture(self, payload: Buffer) -> bool:
        """Whether it certainly holds a later piece of a picture, not its first."""

    def starts_unit(self, payload: Buffer) -> bool:
        """Whether it certainly is the first of its access unit."""


class Assembler:
    """Takes packets in order and calls `on_unit` with each access unit.

    An access unit ends at a packet's marker, or when the time stamp changes. If a camera sets markers too early, that
    is detected, and from then on only its time stamps count. `lost` counts packets, `byte_count` bytes received.
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
        self._is_cut = False  # whether something is missing before the next packet

    @property
    def highest(self) -> int:
        """The newest packet's number, counted on beyond 16 bits; 0 before the first packet."""
        return self._cycles * SEQUENCES + (self._expected or 1) - 1

    def take(self, data: Buffer, start: int, end: int) -> None:
        """Take the packet at `data[start:end]`. Anything else there is ignored."""
        payload = payload_of(data, start, end)
        if not payload:
            # An empty packet keeps a firewall open, and its number counts. None is no packet at all.
            if payload is not None and data[start + 1] & PAYLOAD_TYPE == self._payload_type:
                self._is_next(*FIELDS.unpack_from(data, start + 2)[::2])
            return
        kind = data[start + 1]
        if kind & PAYLOAD_TYPE != self._payload_type:
            return
        sequence, timestamp, sender = FIELDS.unpack_from(data, start + 2)
        if (sequence != self._expected or sender != self._sender) and not self._is_next(sequence, sender):
            return
        self._expected = (sequence + 1) % SEQUENCES
        self._cycles += not sequence
        self._late = 0
        self.byte_count += end - start
        self._add(payload, timestamp)
        if kind & MARKER and self._trusts_markers:
            self._finish()
            self._marked_at = timestamp

    def cut(self) -> None:
        """Note that something is missing here, although no number may tell: the connection was garbled."""
        self._is_cut = True
        if self._unit is not None:
            self._unit.is_damaged = True

    def _is_next(self, sequence: int, sender: int) -> bool:
        """Whether the packet can be used; counts the packets missing before it."""
        if self._expected is None or sender != self._sender:
            self._cut(0 if self._expected is None else None)
        else:
            ahead = (sequence - self._expected) % SEQUENCES
            if ahead >= BEHIND:
                self._late += 1
                if self._late < LATE_BEFORE_RESTART:
                    return False
                self._cut(None)
            elif ahead:
                self._cut(ahead)
        self._sender = sender
        self._expected = (sequence + 1) % SEQUENCES
        return True

    def _cut(self, missing: int | None) -> None:
        """Note that `missing` packets are missing here; None for a number that can't be known."""
        if missing == 0:
            return
        self.lost += missing or 1
        self.cut()

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
        if unit.memory_bytes > MAX_UNIT_BYTES:
            unit.payloads.clear()
            unit.byte_count = 0
            unit.is_damaged = True

    def _finish(self) -> None:
        """Give out the access unit, unless it only describes a picture that is still to come."""
        unit = self._unit
        if unit is None or not (unit.is_damaged or self._shape.is_picture(unit.payloads[-1])):
            return
        self._unit = None
        self._on_unit(unit)
