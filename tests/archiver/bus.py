"""A bus with scripted cameras: a real publisher on a thread, whose statuses and frames are as ingest's."""

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from shared.bus.frames import Frame, encode_frame
from shared.bus.publisher import Publisher
from shared.bus.status import CameraState, CameraStatus, encode_status
from shared.bus.topics import CAPTURE, frame_topic
from tests.support.bus import status_of

STATUS_SECONDS: Final = 0.05
FRAME_SECONDS: Final = 0.05


@dataclass
class ScriptedCamera:
    """Publishes its JPEGs in turn, the last one for ever, as long as anybody subscribes to them."""

    jpegs: Iterable[bytes]
    key: str = "camera_1"
    interval_seconds: int = 2
    state: CameraState = CameraState.LIVE
    live: bool = True
    insists: bool = False
    """Sends frames whatever its state is."""
    last_error: str | None = None
    utc_ns: Callable[[], int] = time.time_ns
    under_way_seconds: int = 0
    """How old its frames are when they are sent."""
    frames_sent: int = 0
    times_demanded: int = 0
    demanded: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        jpegs = list(self.jpegs)
        self._turn: Iterator[bytes] = itertools.chain(jpegs, itertools.repeat(jpegs[-1]))

    @property
    def topic(self) -> bytes:
        return frame_topic(self.key, CAPTURE)

    def status(self) -> CameraStatus:
        return status_of(
            self.key,
            self.state,
            last_error=self.last_error,
            capture_interval_seconds=self.interval_seconds,
            sent_at_ns=self.utc_ns(),
        )

    def next_frame(self) -> Frame:
        self.frames_sent += 1
        return Frame(
            camera_key=self.key,
            rendition=CAPTURE,
            sequence=self.frames_sent,
            captured_at_ns=self.utc_ns() - self.under_way_seconds * 10**9,
            width=64,
            height=48,
            live=self.live,
            jpeg=next(self._turn),
        )

    def see_demand(self, topics: frozenset[bytes]) -> None:
        demanded = self.topic in topics
        self.times_demanded += demanded and not self.demanded
        self.demanded = demanded


class ScriptedBus:
    """The publisher's thread."""

    def __init__(self, address: str, cameras: list[ScriptedCamera]) -> None:
        self.address = address
        self.cameras = cameras
        self._extra: list[list[bytes]] = []
        self._repeated: list[list[bytes]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scripted-bus")

    def repeat(self, messages: list[list[bytes]]) -> None:
        """From now on, with all statuses: the first ones may be sent before anybody listens."""
        self._repeated = messages

    def send_once(self, messages: list[list[bytes]]) -> None:
        """Soon, with the next statuses."""
        self._extra.extend(messages)

    @contextmanager
    def running(self) -> Iterator["ScriptedBus"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            self._thread.join(5)

    def _run(self) -> None:
        publisher = Publisher(self.address)
        status_due = frame_due = time.monotonic()
        try:
            while not self._stop.is_set():
                publisher.wait(0.005)
                publisher.read_subscriptions()
                for camera in self.cameras:
                    camera.see_demand(publisher.topics)
                now = time.monotonic()
                if now >= status_due:
                    status_due = now + STATUS_SECONDS
                    for camera in self.cameras:
                        publisher.send(encode_status(camera.status()))
                    for parts in self._repeated:
                        publisher.send(parts)
                    while self._extra:
                        publisher.send(self._extra.pop())
                if now >= frame_due:
                    frame_due = now + FRAME_SECONDS
                    for camera in self.cameras:
                        if camera.demanded and (camera.insists or camera.state is CameraState.LIVE):
                            publisher.send(encode_frame(camera.next_frame()))
        finally:
            publisher.close()
