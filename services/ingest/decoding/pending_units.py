"""The access units that wait to be decoded: those since the last key frame. Pure."""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from services.ingest.decoding.access_unit import AccessUnit, UnitFormat

MAX_KEPT_BYTES: Final = 32 * 1024 * 1024
"""Of memory, objects included. Far above what cameras send between two key frames: 10 s at 25 Mbit/s."""

KEYS_MEASURED: Final = 8
"""So many of the newest tell their distance. Units that are read together have one time: fewer tell too little."""
FEWEST_KEYS: Final = 3


@dataclass(frozen=True, slots=True)
class Batch:
    """The units to decode, oldest first."""

    units: list[AccessUnit]
    is_new_start: bool
    """The decoder must forget all earlier units."""
    parameter_sets: bytes
    """What the decoder must know at a new start, in case the units themselves do not carry it."""


class PendingUnits:
    """Keeps what must be decoded to show the newest picture. Each key frame makes everything before it needless.

    `is_holding` is True when nothing is kept until the next key frame: at the start, after a damaged unit, and after
    more than `max_bytes` without a key frame.
    """

    def __init__(self, unit_format: UnitFormat, parameter_sets: bytes, *, max_bytes: int = MAX_KEPT_BYTES) -> None:
        self._format = unit_format
        self._sets = parameter_sets
        self._max_bytes = max_bytes
        self._units: list[AccessUnit] = []
        self._bytes = 0
        self._is_new_start = True
        self._begins_with_key = False
        self._keys_at: deque[float] = deque(maxlen=KEYS_MEASURED)
        self.is_holding = True

    @property
    def has_units(self) -> bool:
        return bool(self._units)

    @property
    def key_frame_seconds(self) -> float | None:
        """How far apart the key frames came, on average of the last ones; None while there were few."""
        if len(self._keys_at) < FEWEST_KEYS:
            return None
        return (self._keys_at[-1] - self._keys_at[0]) / (len(self._keys_at) - 1)

    def put(self, unit: AccessUnit) -> None:
        """Add the next unit that arrived, or the last one again with more of it."""
        head = self._format.head_of(unit.payloads, self._sets)
        self._sets = head.parameter_sets
        if head.is_key and not unit.is_damaged:
            self._is_new_start |= self.is_holding or bool(self._units)
            self.is_holding = False
            self._begins_with_key = True
            self._units, self._bytes = [unit], unit.memory_bytes
            if not unit.is_continued and math.isfinite(unit.arrived_at):
                self._keys_at.append(unit.arrived_at)
        elif unit.is_damaged or unit.is_continued or unit.is_after_loss:
            self.hold()
        elif not self.is_holding:
            self._units.append(unit)
            self._bytes += unit.memory_bytes
            if self._bytes > self._max_bytes:
                self.hold()

    def take(self) -> Batch:
        """Remove and return everything that waits."""
        batch = Batch(self._units, self._is_new_start, self._sets)
        if self._units:
            self._units, self._bytes, self._is_new_start = [], 0, False
            self._begins_with_key = False
        return batch

    def take_key(self) -> Batch:
        """Remove the key frame that waits, and return it; nothing where none waits.

        What follows it is kept, in case that there is time again. Behind a picture that was left out nothing is kept
        until the next key frame.
        """
        if not self._begins_with_key:
            self.hold()
            return Batch([], True, self._sets)
        key, *self._units = self._units
        self._bytes -= key.memory_bytes
        self._is_new_start = self._begins_with_key = False
        return Batch([key], True, self._sets)

    def hold(self) -> None:
        """Keep nothing until the next key frame."""
        self._units, self._bytes, self._is_new_start, self.is_holding = [], 0, True, True
        self._begins_with_key = False
