"""Hears the exchange with a camera, and keeps its beginning. The thread that reads the camera uses it."""

import time
from collections.abc import Callable
from typing import Final

from services.ingest.recording.recording import Event
from services.ingest.sources.exchange_tap import Direction, Listener, Way

MAX_BYTES: Final = 4 * 1024 * 1024
"""A camera of 6 Mbit/s sends as much in five seconds. What comes later is left out."""
EVENT_BYTES: Final = 16
"""What an event takes in the file beside its data."""
OPENING_BYTES: Final = 8 * 1024
"""Of each connection, kept beyond the size: a conversation is not to be missing because a stream came before it."""
OPENINGS_BYTES: Final = 32 * 1024
"""Of all these together."""


class Recorder:
    """A `Tap`. `events` is what it heard, `connections` what each carries. Of each one it is the beginning."""

    def __init__(self, max_bytes: int = MAX_BYTES, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.connections: list[Way] = []
        self.events: list[Event] = []
        self._max_bytes = max_bytes
        self._kept: list[int] = []
        """Bytes of each connection."""
        self.full: set[int] = set()
        """The connections of which nothing more is kept."""
        self._monotonic = monotonic
        self._began_at = monotonic()
        self._ends_at = float("inf")

    @property
    def is_cut(self) -> bool:
        """Whether anything was left out for its size."""
        return bool(self.full)

    def connected(self, way: Way) -> Listener:
        number = len(self.connections)
        self._kept.append(0)
        self.connections.append(way)

        def hear(direction: Direction, data: bytes) -> None:
            self._take(number, direction, data)

        return hear

    def end_after(self, seconds: float) -> None:
        """Keep nothing that comes later than this from now. A later call counts instead."""
        self._ends_at = self._monotonic() + seconds

    def _take(self, connection: int, direction: Direction, data: bytes) -> None:
        now = self._monotonic()
        if now > self._ends_at or connection in self.full:
            return
        size = len(data) + EVENT_BYTES
        if not self._has_room(connection, size):
            self.full.add(connection)
            return
        self._kept[connection] += size
        self.events.append(Event(round((now - self._began_at) * 1000), connection, direction, data))

    def _has_room(self, connection: int, size: int) -> bool:
        total = sum(self._kept) + size
        is_opening = self._kept[connection] + size <= OPENING_BYTES
        return total <= self._max_bytes or (is_opening and total <= self._max_bytes + OPENINGS_BYTES)
