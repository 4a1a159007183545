"""An access unit: one coded picture as it came, and what must be known of a codec's units to keep and decode them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

Buffer = bytes | bytearray | memoryview
START_CODE: Final = b"\0\0\0\1"


@dataclass(slots=True)
class AccessUnit:
    """One picture as it came: the payloads of its packets, in order."""

    timestamp: int
    payloads: list[Buffer] = field(default_factory=list)
    is_damaged: bool = False
    byte_count: int = 0


class DamagedUnitError(Exception):
    """Raised when payloads make no access unit. Drop it."""


class UnitFormat(Protocol):
    """What must be known of access units to keep the right ones and decode them."""

    codec: str
    """In lower case, as `SourceFacts` has it."""

    def is_key(self, payloads: Sequence[Buffer]) -> bool:
        """Whether decoding can begin here. Looks at no more than it must."""

    def parameter_sets(self, payloads: Sequence[Buffer]) -> bytes:
        """What a decoder must have been told before, as far as it is in here; empty if nothing is."""

    def assemble(self, payloads: Sequence[Buffer]) -> bytes:
        """The access unit as a decoder takes it.

        Raises:
            DamagedUnitError: when the payloads make none.
        """
