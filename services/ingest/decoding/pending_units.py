"""The access units that wait to be decoded: those since the last key frame. Pure."""

from dataclasses import dataclass
from typing import Final

from services.ingest.decoding.access_unit import AccessUnit, UnitFormat

MAX_KEPT_BYTES: Final = 32 * 1024 * 1024
"""Far above what cameras send between two key frames: 10 s at 25 Mbit/s."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to be decoded, oldest first. `is_new_start`: the decoder must forget what it had."""

    units: list[AccessUnit]
    is_new_start: bool
    parameter_sets: bytes
    """What the decoder must know then, if the units do not say it themselves."""


class PendingUnits:
    """A key frame makes all that waits before it needless, so the newest picture is never far.

    After anything damaged, or more than `max_bytes` without a key frame, nothing is kept until the next key frame:
    `is_holding`, also before the first.
    """

    def __init__(self, unit_format: UnitFormat, parameter_sets: bytes, *, max_bytes: int = MAX_KEPT_BYTES) -> None:
        self._format = unit_format
        self._sets = parameter_sets
        self._max_bytes = max_bytes
        self._units: list[AccessUnit] = []
        self._bytes = 0
        self._is_new_start = True
        self.is_holding = True

    def put(self, unit: AccessUnit) -> None:
        if unit.is_damaged:
            self.hold()
        elif self._format.is_key(unit.payloads):
            self._sets = self._format.parameter_sets(unit.payloads) or self._sets
            self._is_new_start |= self.is_holding or bool(self._units)
            self.is_holding = False
            self._units, self._bytes = [unit], unit.byte_count
        elif not self.is_holding:
            self._units.append(unit)
            self._bytes += unit.byte_count
            if self._bytes > self._max_bytes:
                self.hold()

    def take(self) -> Batch:
        """All that waits; then nothing does."""
        batch = Batch(self._units, self._is_new_start, self._sets)
        if self._units:
            self._units, self._bytes, self._is_new_start = [], 0, False
        return batch

    def hold(self) -> None:
        """Keep nothing until the next key frame."""
        self._units, self._bytes, self._is_new_start, self.is_holding = [], 0, True, True
