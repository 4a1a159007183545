"""NAL units that carry a number, put into the order of their numbers. Pure.

Such numbers (DON, decoding order number) have 16 bits and begin anywhere. A camera may leave some out, and may give
several units one number: those stay as they arrived.
"""

from bisect import insort
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.ingest.decoding.access_unit import PAYLOAD_BYTES, Buffer

NUMBERS: Final = 1 << 16
MAX_DEPTH: Final = 512
"""A camera may announce 32,767."""
MAX_HELD_BYTES: Final = 16 * 1024 * 1024
"""Of memory, objects included. Beyond it everything goes on as it is."""
_HALF: Final = NUMBERS // 2


class Piece(NamedTuple):
    """A NAL unit, or a fragment of one, as a payload of the plain kinds.

    `number` is None where the camera tells none: the piece belongs behind the one before.
    """

    payload: Buffer
    timestamp: int
    number: int | None = None
    is_slice: bool = False


@dataclass(slots=True)
class _Held:
    """A NAL unit that waits, perhaps in pieces."""

    number: int
    is_slice: bool
    pieces: list[Piece]
    memory_bytes: int = 0


class DecodingOrder:
    """`depth` is how many slices may arrive before one that precedes them all. With 0 nothing is held back."""

    def __init__(self, depth: int) -> None:
        self._depth = min(depth, MAX_DEPTH)
        self._held: list[_Held] = []
        self._newest: _Held | None = None  # the unit that arrived last, if it is held back
        self._passed: int | None = None
        self._slices = self._memory_bytes = 0

    def put(self, piece: Piece) -> list[Piece]:
        """Take the next piece that arrived. Returns those that are next in order."""
        if not self._depth:
            return [piece]
        ready: list[Piece] = []
        if piece.number is not None:
            self._newest = None  # the unit before is complete
            ready = self._next()
            if self._passed is not None and _distance(self._passed, piece.number) < -MAX_DEPTH:
                ready += self.flush()  # the camera counts anew
            self._newest = self._hold(_Held(piece.number, piece.is_slice, []))
        if self._newest is None:
            return [*ready, piece]
        size = len(piece.payload) + PAYLOAD_BYTES
        self._newest.pieces.append(piece)
        self._newest.memory_bytes += size
        self._memory_bytes += size
        return ready + (self.flush() if self._memory_bytes > MAX_HELD_BYTES else self._next())

    def flush(self) -> list[Piece]:
        """All that is held back. The next number may be any."""
        pieces = [piece for held in self._held for piece in held.pieces]
        self._held.clear()
        self._newest = self._passed = None
        self._slices = self._memory_bytes = 0
        return pieces

    def _hold(self, held: _Held) -> _Held:
        start = self._passed
        if start is None:
            start = self._held[0].number if self._held else held.number
        insort(self._held, held, key=lambda one: _distance(start, one.number))
        self._slices += held.is_slice
        return held

    def _next(self) -> list[Piece]:
        """The units whose turn it is. One that arrived too late has no better place than this."""
        ready: list[Piece] = []
        while self._held and (self._slices > self._depth or self._is_next(self._held[0].number)):
            first = self._held.pop(0)
            if self._passed is None or _distance(self._passed, first.number) > 0:
                self._passed = first.number
            self._slices -= first.is_slice
            self._memory_bytes -= first.memory_bytes
            ready += first.pieces
            if first is self._newest:
                self._newest = None
                break  # more fragments of it may follow
        return ready

    def _is_next(self, number: int) -> bool:
        return self._passed is not None and _distance(self._passed, number) <= 1


def _distance(start: int, number: int) -> int:
    """How many numbers lie from `start` to `number`; negative for one before it."""
    return (number - start + _HALF) % NUMBERS - _HALF
