"""A camera's way to the bus: frames out, subscriptions in, a status every second and on every change."""

import threading
from collections.abc import Callable
from typing import Final

from services.ingest.camera import Camera
from services.ingest.demand import viewer_count, wanted_renditions
from shared.bus.frames import Frame, encode_frame
from shared.bus.publisher import Publisher
from shared.bus.status import CameraStatus, encode_status
from shared.clock import Clock

STATUS_SECONDS: Final = 1.0


class BusLoop:
    """`run` is a thread of its own. It is the camera's outlet, too: frames, and the status of a camera whose condition
    changed, are sent by the camera's thread itself, so no frame overtakes the status, and none wakes another thread.
    """

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
        self._telling = threading.Lock()
        """Of two statuses the newer is sent last."""

    def run(self, stop: threading.Event) -> None:
        status_due_at = self._clock.monotonic()
        while not stop.is_set():
            now = self._clock.monotonic()
            changed = self._publisher.read_subscriptions()
            if changed:
                self._camera.want(wanted_renditions(self._camera.key, self._widths, self._publisher.topics))
            if changed or now >= status_due_at:
                self._tell()
                status_due_at = now + STATUS_SECONDS
            self._publisher.wait(status_due_at - self._clock.monotonic())

    def publish(self, frame: Frame) -> None:
        self._publisher.send(encode_frame(frame))

    def condition_changed(self) -> None:
        self._tell()

    def _tell(self) -> None:
        with self._telling:
            viewers = viewer_count(self._camera.key, self._publisher.topics)
            self._publisher.send(encode_status(self._status(viewers)))
