"""A camera's way to the bus: frames out, subscriptions in, a status every second and on every change."""

import threading
from collections.abc import Callable
from typing import Final

from services.ingest.camera.demand import viewer_count, wanted_renditions
from services.ingest.camera.streams import CameraStreams
from shared.bus.frames import Frame, encode_frame
from shared.bus.publisher import Publisher
from shared.bus.status import CameraStatus, encode_status
from shared.clock import Clock

STATUS_SECONDS: Final = 1.0


class BusPublisher:
    """Publishes one camera; it is that camera's `FrameSink`. `run` needs a thread of its own.

    Each stream's thread sends its frames and its changes of state itself. So no frame overtakes the status before it,
    and no frame has to wake another thread. `status` makes the status for a number of viewers, on any of these threads.
    """

    def __init__(
        self,
        publisher: Publisher,
        streams: CameraStreams,
        widths: tuple[int, ...],
        status: Callable[[int], CameraStatus],
        clock: Clock | None = None,
    ) -> None:
        self._publisher = publisher
        self._streams = streams
        self._widths = widths
        self._status = status
        self._clock = clock or Clock()
        self._status_lock = threading.Lock()
        """Several threads send statuses: the newer one must be sent last."""

    def run(self, stop: threading.Event) -> None:
        """Follow the subscriptions and send the status, until `stop` is set."""
        status_due_at = self._clock.monotonic()
        while not stop.is_set():
            now = self._clock.monotonic()
            changed = self._publisher.read_subscriptions()
            if changed:
                self._streams.want(wanted_renditions(self._streams.key, self._widths, self._publisher.topics))
            if changed or now >= status_due_at:
                self._send_status()
                status_due_at = now + STATUS_SECONDS
            self._publisher.wait(status_due_at - self._clock.monotonic())

    def publish(self, frame: Frame) -> None:
        self._publisher.send(encode_frame(frame))

    def state_changed(self) -> None:
        self._send_status()

    def _send_status(self) -> None:
        with self._status_lock:
            viewers = viewer_count(self._streams.key, self._publisher.topics)
            self._publisher.send(encode_status(self._status(viewers)))
