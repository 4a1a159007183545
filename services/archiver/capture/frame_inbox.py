"""One camera's newest frame, and the demand for its frames. Ingest encodes them only while somebody demands them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from shared.bus.frames import Frame
from shared.bus.topics import CAPTURE, frame_topic


class Demand(Protocol):
    """Subscribes to topics of the bus. A topic subscribed twice must be unsubscribed twice."""

    def subscribe(self, topic: bytes) -> None: ...
    def unsubscribe(self, topic: bytes) -> None: ...


class FrameInbox:
    """Holds one frame; a newer one replaces it. On the loop's thread only."""

    def __init__(self, camera_key: str, demand: Demand) -> None:
        self.changed = asyncio.Event()
        """Set when a frame comes. Its owner clears it, and may set it for reasons of its own."""
        self._topic = frame_topic(camera_key, CAPTURE)
        self._demand = demand
        self._is_open = False
        self._frame: Frame | None = None

    def offer(self, frame: Frame) -> None:
        """A frame has come. It is dropped unless the inbox is open."""
        if self._is_open:
            self._frame = frame
            self.changed.set()

    def take(self) -> Frame | None:
        """The newest frame, once; None when no other has come."""
        frame, self._frame = self._frame, None
        return frame

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Demand the camera's frames during the block."""
        self._frame = None
        self._is_open = True
        self._demand.subscribe(self._topic)
        try:
            yield
        finally:
            self._demand.unsubscribe(self._topic)
            self._is_open = False
            self._frame = None
