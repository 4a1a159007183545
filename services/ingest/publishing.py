"""The bus thread of ingest: frames out, subscriptions in, a status every second and on every change."""

import threading
from collections.abc import Callable
from typing import Final

from services.ingest.camera import Camera
from services.ingest.demand import viewer_count, wanted_renditions
from shared.clock import Clock
from shared.frames import Frame, encode_frame
from shared.status import CameraStatus, encode_status
from shared.transport import HandoffProducer, Publisher

STATUS_SECONDS: Final = 1.0
_CONDITION_CHANGED: Final = [b""]


class CameraOutlet:
    """The camera thread's way to the bus thread. Belongs to the camera's thread."""

    def __init__(self, producer: HandoffProducer) -> None:
        self._producer = producer

    def publish(self, frame: Frame) -> None:
        self._producer.put(encode_frame(frame))

    def condition_changed(self) -> None:
        # Should it be dropped, the next status tells within a second.
        self._producer.put(_CONDITION_CHANGED)


class BusLoop:
    """Owns the publisher. `run` is its thread's, from the first message to the last."""

    def __init__(
        self,
        publisher: Publisher,
        camera: Camera,
        widths: tuple[int, ...],
        status: Callable[[int], CameraStatus],
        clock: Clock | None = None,
    ) -> None:
        self._publisher = publisher
        self._camera = camera
        self._widths = widths
        self._status = status
        self._clock = clock or Clock()

    def run(self, stop: threading.Event) -> None:
        status_due_at = self._clock.monotonic()
        while not stop.is_set():
            now = self._clock.monotonic()
            changed = self._forward()
            if self._publisher.read_subscriptions():
                self._camera.want(wanted_renditions(self._camera.key, self._widths, self._publisher.topics))
                changed = True
            if changed or now >= status_due_at:
                viewers = viewer_count(self._camera.key, self._publisher.topics)
                self._publisher.send(encode_status(self._status(viewers)))
                status_due_at = now + STATUS_SECONDS
            self._publisher.wait(status_due_at - self._clock.monotonic())

    def _forward(self) -> bool:
        """Publish what the camera handed over; whether its condition changed, of which the status tells before any
        frame that came after it.
        """
        while (parts := self._publisher.handoff.take()) is not None:
            if parts == _CONDITION_CHANGED:
                return True
            self._publisher.send(parts)
        return False
