"""What a replica tells the gateway, and how a connection is passed on. Pure.

The Unix socket is of type SEQPACKET, so every message arrives whole. The gateway sends one byte with one open file, the
viewer's connection. The replica sends `News`. Both numbers are totals, so a lost or a late message does no harm.
"""

from dataclasses import dataclass
from struct import Struct
from typing import Final, Self

PASSED_ON: Final = b"c"
"""The byte that a connection comes with: without any the kernel would pass on no file."""
_LAYOUT: Final = Struct("!QQ")
MAX_BYTES: Final = _LAYOUT.size


@dataclass(frozen=True, slots=True)
class News:
    """Connections that the replica has `taken` since it reached the gateway, and those that it has `open` now."""

    taken: int
    open: int

    def encode(self) -> bytes:
        return _LAYOUT.pack(self.taken, self.open)

    @classmethod
    def decode(cls, message: bytes) -> Self | None:
        """The news; None where the message is none."""
        return cls(*_LAYOUT.unpack(message)) if len(message) == _LAYOUT.size else None
