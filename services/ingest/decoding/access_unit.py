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


@dataclass(slots=True)
class AccessUnit:
    """One picture as it arrived: the payloads of its packets, in order."""

    timestamp: int
    payloads: list[Buffer] = field(default_factory=list)
    is_damaged: bool = False
    byte_count: int = 0
    is_continued: bool = False
    """Whether it was given out before, without its last pieces."""
    is_after_loss: bool = False
    """Whether something before it is missing: it may be whole, but only a key frame can be decoded."""
    taken_at: float = math.inf
    """When the camera took it, in monotonic seconds of ours; infinite where nothing tells."""

    @property
    def memory_bytes(self) -> int:
        """What it costs in memory, at most. A camera may send payloads of one byte each."""
        return self.byte_count + PAYLOAD_BYTES * len(self.payloads) + UNIT_BYTES


class DamagedUnitError(FramecastError):
    """Raised when payloads make no access unit. Drop it."""


class UnitFormat(Protocol):
    """What must be known of a codec's access units to keep the right ones and to decode them."""

    codec: str
    """In lower case, such as `h264`, `hevc`, `mjpeg`."""

    def is_key(self, payloads: Sequence[Buffer]) -> bool:
        """Whether decoding can begin here. Looks at no more than it must."""

    def parameter_sets(self, payloads: Sequence[Buffer], known: bytes = b"") -> bytes:
        """The parameter sets that a decoder must know after this unit: those in it, and those `known` before.

        `known` itself if there are none in the unit. A byte stream.
        """

    def assemble(self, payloads: Sequence[Buffer]) -> bytes:
        """The access unit in the form that a decoder takes.

        Raises:
            DamagedUnitError: when the payloads make none.
        """
