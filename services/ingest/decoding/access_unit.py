"""An access unit: one coded picture as it arrived, and what must be known of its codec to keep and decode it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from shared.errors import FramecastError

Buffer = bytes | bytearray | memoryview
START_CODE: Final = b"\0\0\0\1"
"""Begins each NAL unit of H.264 and H.265 in a byte stream (annex B of both standards)."""


PAYLOAD_BYTES: Final = 128
UNIT_BYTES: Final = 1024
"""What a payload and a unit cost beside their bytes: Python's objects, or FFmpeg's packet."""
MAX_UNIT_BYTES: Final = 16 * 1024 * 1024
"""Of memory, objects included. A picture can't be larger; anything longer is garbage, and is dropped."""


@dataclass(slots=True)
class AccessUnit:
    """One picture as it arrived: the payloads of its packets, in order."""

    timestamp: int
    payloads: list[Buffer] = field(default_factory=list)
    is_damaged: bool = False
    memory_bytes: int = UNIT_BYTES
    """What it costs, at most. A camera may send payloads of one byte each."""
    is_continued: bool = False
    """Whether it was given out before, without its last pieces."""
    is_after_loss: bool = False
    """Whether something before it is missing: it may be whole, but only a key frame can be decoded."""
    taken_at: float = math.inf
    """When the camera took it, in monotonic seconds of ours; infinite where nothing tells."""
    arrived_at: float = math.inf
    """When it was read, in the same seconds."""

    def add(self, payload: Buffer) -> None:
        self.payloads.append(payload)
        self.memory_bytes += len(payload) + PAYLOAD_BYTES
        if self.memory_bytes > MAX_UNIT_BYTES:
            self.clear()

    def clear(self) -> None:
        """Keep nothing of it."""
        self.payloads.clear()
        self.memory_bytes = UNIT_BYTES
        self.is_damaged = True


class DamagedUnitError(FramecastError):
    """Raised when payloads make no access unit. Drop it."""


@dataclass(frozen=True, slots=True)
class UnitHead:
    """What an access unit says before its first slice."""

    is_key: bool
    """Whether decoding can begin here."""
    parameter_sets: bytes
    """A byte stream of all that a decoder must know after this unit."""


class UnitFormat(Protocol):
    """What must be known of a codec's access units to keep the right ones and to decode them."""

    codec: str
    """In lower case, such as `h264`, `hevc`, `mjpeg`."""

    def head_of(self, payloads: Sequence[Buffer], known: bytes = b"") -> UnitHead:
        """What the unit says before its first slice. Every unit is asked, so this looks at no more than it must.

        The parameter sets are those in the unit and those `known` before: `known` itself if the unit has none.
        """

    def assemble(self, payloads: Sequence[Buffer]) -> bytes:
        """The access unit in the form that a decoder takes.

        Raises:
            DamagedUnitError: when the payloads make none.
        """
