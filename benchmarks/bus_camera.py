"""Cameras on the bus without ingest. They publish prepared pictures on time, so a measurement of stream does not
depend on ingest. They run on a thread; start it inside `on_core` to choose its core. `cameras_apart` runs them in a
process of their own, for a measurement whose own work would hold them up.
"""

import itertools
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

from benchmarks.cores import go_first
from shared.bus.frames import Frame, encode_frame
from shared.bus.publisher import Publisher
from shared.bus.status import encode_status
from shared.bus.topics import CAPTURE, MAIN
from tests.support.bus import status_of

CAMERA_KEY: Final = "camera_1"
STATUS_SECONDS: Final = 1.0


Size = tuple[int, int]


class BusCamera:
    """Publishes `jpegs` in a loop, `fps` per second. Each frame's capture time is the moment it is sent.

    With several `keys` there are as many cameras, all with the same pictures. `smaller` has pictures of further
    widths. The archiver's rendition is sent once a second.
    """

    def __init__(  # noqa: PLR0913 - each is the cameras' own
        self,
        address: str,
        jpegs: Sequence[bytes],
        size: Size,
        fps: float,
        *,
        keys: Sequence[str] = (CAMERA_KEY,),
        smaller: Mapping[Size, Sequence[bytes]] = MappingProxyType({}),
    ) -> None:
        self._address = address
        self._size = size
        self._period = 1 / fps
        self._keys = keys
        self._renditions = {MAIN: (size, itertools.cycle(jpegs))}
        for narrower, pictures in smaller.items():
            self._renditions[str(narrower[0])] = (narrower, itertools.cycle(pictures))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.sent = 0

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        publisher = Publisher(self._address)
        turns = itertools.cycle(self._keys)
        status_at, due_at = dict.fromkeys(self._keys, float("-inf")), time.monotonic()
        while not self._stop.is_set():
            publisher.wait(due_at - time.monotonic())
            heard_somebody = publisher.read_subscriptions()
            now = time.monotonic()
            if heard_somebody:
                status_at = dict.fromkeys(self._keys, float("-inf"))
            if now >= due_at:
                # One camera at a time: a burst of all would not fit into a subscriber's queue.
                due_at = max(due_at + self._period / len(self._keys), now)
                key = next(turns)
                is_status_due = now >= status_at[key] + STATUS_SECONDS
                if is_status_due:
                    self._send_status(publisher, key)
                    status_at[key] = now
                self._send_frames(publisher, key, with_capture=is_status_due)
        publisher.close()

    def _send_status(self, publisher: Publisher, key: str) -> None:
        width, height = self._size
        order = self._keys.index(key)
        widths = tuple(int(name) for name in self._renditions if name != MAIN)
        status = status_of(key, order=order, is_default=order == 0, width=width, height=height, widths=widths)
        publisher.send(encode_status(status))

    def _send_frames(self, publisher: Publisher, key: str, *, with_capture: bool) -> None:
        self.sent += 1
        for rendition, ((width, height), jpegs) in self._renditions.items():
            jpeg = next(jpegs)
            names = (MAIN, CAPTURE) if rendition == MAIN and with_capture else (rendition,)
            for name in names:
                frame = Frame(key, name, self.sent, time.time_ns(), width, height, live=True, jpeg=jpeg)
                publisher.send(encode_frame(frame))


@contextmanager
def bus_camera(  # noqa: PLR0913 - each is the cameras' own
    address: str,
    jpegs: Sequence[bytes],
    size: Size = (640, 360),
    fps: float = 30,
    *,
    keys: Sequence[str] = (CAMERA_KEY,),
    smaller: Mapping[Size, Sequence[bytes]] = MappingProxyType({}),
) -> Iterator[BusCamera]:
    camera = BusCamera(address, jpegs, size, fps, keys=keys, smaller=smaller)
    camera.start()
    try:
        yield camera
    finally:
        camera.stop()


@contextmanager
def cameras_apart(make: Callable[[], BusCamera]) -> Iterator[None]:
    """The cameras that `make` makes, in a process of their own. It goes before all else on the machine if it may.

    `make` travels to that process, so it is a `partial` of `BusCamera`.
    """
    process = multiprocessing.get_context("spawn").Process(target=_publish, args=(make,), daemon=True)
    process.start()
    assert process.pid is not None
    go_first(process.pid)
    try:
        yield
    finally:
        process.terminate()
        process.join(5)


def _publish(make: Callable[[], BusCamera]) -> None:
    camera = make()
    camera.start()
    camera.join()
