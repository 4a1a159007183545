"""An ingest of the tests' own: a real publisher on a real socket. The test decides what it sends."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from shared.bus.frames import Frame, encode_frame
from shared.bus.publisher import Publisher
from shared.bus.status import CameraState, CameraStatus, encode_status

STATUS_SECONDS = 0.2


def jpeg_picture(level: int = 128, width: int = 64, height: int = 48) -> bytes:
    """A JPEG of one shade of gray."""
    _, jpeg = cv2.imencode(".jpg", np.full((height, width, 3), level, np.uint8))
    return jpeg.tobytes()


def frame_of(
    camera_key: str, sequence: int = 1, *, rendition: str = "main", live: bool = True, level: int = 128
) -> Frame:
    width = 64 if rendition == "main" else int(rendition)
    jpeg = jpeg_picture(level, width, width * 3 // 4)
    return Frame(camera_key, rendition, sequence, time.time_ns(), width, width * 3 // 4, live, jpeg)


def status_of(camera_key: str, state: CameraState = CameraState.LIVE, **members: object) -> CameraStatus:
    usual: dict[str, object] = {
        "camera": camera_key,
        "name": camera_key.title(),
        "order": 0,
        "is_default": True,
        "source": "rtsp",
        "state": state,
        "since_ns": 1_795_363_200_000_000_000,
        "last_error": None,
        "reconnects": 0,
        "width": 64,
        "height": 48,
        "fps": 30.0,
        "widths": (16, 32),
        "viewer_count": 0,
        "capture_interval_seconds": 3600,
        "sent_at_ns": time.time_ns(),
    }
    return CameraStatus.model_validate(usual | members)


class FakeIngest:
    """Repeats its statuses several times a second; sends frames at once. Any thread may call `say` and `show`."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._statuses: dict[str, CameraStatus] = {}
        self._outgoing: list[list[bytes]] = []
        self.topics: frozenset[bytes] = frozenset()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def say(self, *statuses: CameraStatus) -> None:
        with self._lock:
            for status in statuses:
                self._statuses[status.camera] = status
                self._outgoing.append(encode_status(status))

    def show(self, *frames: Frame) -> None:
        self.send(*(encode_frame(frame) for frame in frames))

    def send(self, *messages: list[bytes]) -> None:
        with self._lock:
            self._outgoing.extend(messages)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        publisher = Publisher(self._address)
        due_at = 0.0
        while not self._stop.is_set():
            publisher.wait(0.01)
            heard_somebody = publisher.read_subscriptions()
            self.topics = publisher.topics
            with self._lock:
                outgoing, self._outgoing = self._outgoing, []
                if heard_somebody or time.monotonic() >= due_at:
                    outgoing += [encode_status(status) for status in self._statuses.values()]
                    due_at = time.monotonic() + STATUS_SECONDS
            for message in outgoing:
                publisher.send(message)
        publisher.close()


@contextmanager
def fake_ingest(address: str, *statuses: CameraStatus) -> Iterator[FakeIngest]:
    ingest = FakeIngest(address)
    ingest.say(*statuses)
    ingest.start()
    try:
        yield ingest
    finally:
        ingest.stop()
