"""Hears the exchange with a camera, and keeps its beginning. The thread that reads the camera uses it."""

import time
from collections.abc import Callable
from typing import Final

from services.ingest.recording.recording import Event
from services.ingest.sources.exchange_tap import Direction, Listener, Way

MAX_BYTES: Final = 4 * 1024 * 1024
"""A camera of 6 Mbit/s sends as much in five seconds. What comes later is left out."""


class Recorder:
    """A `Tap`. `events` is what it heard, `connections` what each connection carries."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.connections: list[Way] = []
        self.events: list[Event] = []
        self.is_cut = False
        """Whether anything was left out for its size."""
        self._byte_count = 0
        self._monotonic = monotonic
        self._began_at = monotonic()
        self._ends_at = float("inf")

    def connected(self, way: Way) -> Listener:
        number = len(self.connections)
        self.connections.append(way)

        def hear(direction: Direction, data: bytes) -> None:
            self._take(number, direction, data)

        return hear

    def end_after(self, seconds: float) -> None:
        """Keep nothing that comes later than this from now. A later call counts instead."""
        self._ends_at = self._monotonic() + seconds

    def _take(self, connection: int, direction: Direction, data: bytes) -> None:
        now = self._monotonic()
        if now > self._ends_at or self.is_cut:
            return
        if self._byte_count + len(data) > MAX_BYTES:
            self.is_cut = True
            return
        self._byte_count += len(data)
        self.events.append(Event(round((now - self._began_at) * 1000), connection, direction, data))
