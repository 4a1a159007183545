"""A camera on the bus without ingest. It publishes prepared pictures on time, so a measurement of stream does not
depend on ingest. It runs on a thread; start it inside `on_core` to choose its core.
"""

import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from shared.bus.frames import Frame, encode_frame
from shared.bus.publisher import Publisher
from shared.bus.status import encode_status
from tests.support.bus import status_of

CAMERA_KEY: Final = "camera_1"
STATUS_SECONDS: Final = 1.0


class BusCamera:
    """Publishes `jpegs` in a loop, `fps` per second. Each frame's capture time is the moment it is sent."""

    def __init__(self, address: str, jpegs: Sequence[bytes], size: tuple[int, int], fps: float) -> None:
        self._address = address
        self._jpegs = itertools.cycle(jpegs)
        self._size = size
        self._period = 1 / fps
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.sent = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        publisher = Publisher(self._address)
        width, height = self._size
        status_at, due_at = float("-inf"), time.monotonic()
        while not self._stop.is_set():
            publisher.wait(due_at - time.monotonic())
            heard_somebody = publisher.read_subscriptions()
            now = time.monotonic()
            if heard_somebody or now >= status_at + STATUS_SECONDS:
                publisher.send(encode_status(status_of(CAMERA_KEY, width=width, height=height)))
                status_at = now
            if now >= due_at:
                due_at = max(due_at + self._period, now)
                self.sent += 1
                jpeg = next(self._jpegs)
                frame = Frame(CAMERA_KEY, "main", self.sent, time.time_ns(), width, height, live=True, jpeg=jpeg)
                publisher.send(encode_frame(frame))
        publisher.close()


@contextmanager
def bus_camera(
    address: str, jpegs: Sequence[bytes], size: tuple[int, int] = (640, 360), fps: float = 30
) -> Iterator[BusCamera]:
    camera = BusCamera(address, jpegs, size, fps)
    camera.start()
    try:
        yield camera
    finally:
        camera.stop()
