"""A stream whose pictures move, and the test whether a client saw them do so.

Each picture is one gray, and the next is another. What a client decoded is told by its gray: pictures cut, mixed or
from nowhere have none of these.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.bus.frames import Frame
from tests.support.bus import FakeIngest, fake_ingest, jpeg_picture, status_of
from tests.support.ports import free_port
from tests.support.replica import running_replica
from tests.support.waiting import wait_until

LEVELS: Final = (40, 120, 200)
WIDTH: Final = 320
HEIGHT: Final = 240
PERIOD_SECONDS: Final = 0.1
PATH: Final = "/api/camera/stream"
_LEVEL_TOLERANCE: Final = 16
"""Some clients take JPEG's full range for video's limited one; at 40 and 200 that is a shift of 14."""


@dataclass(frozen=True, slots=True)
class MovingStream:
    """Where it is."""

    port: int

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return self.origin + PATH


@contextmanager
def moving_stream(settings: Mapping[str, object] = MappingProxyType({})) -> Iterator[MovingStream]:
    """A replica and, on the bus behind it, a camera whose gray changes ten times a second."""
    bus = f"tcp://127.0.0.1:{free_port()}"
    camera = status_of("cam1", width=WIDTH, height=HEIGHT, fps=1 / PERIOD_SECONDS)
    over = threading.Event()
    with fake_ingest(bus, camera) as ingest, running_replica(bus, settings=settings) as replica:
        wait_until(replica.hub.cameras.in_order, "the camera is known")
        showing = threading.Thread(target=_show, args=(ingest, over))
        showing.start()
        try:
            yield MovingStream(replica.port)
        finally:
            over.set()
            showing.join(5)


def _show(ingest: FakeIngest, over: threading.Event) -> None:
    jpegs = [jpeg_picture(level, WIDTH, HEIGHT) for level in LEVELS]
    for sequence in count(1):
        if over.wait(PERIOD_SECONDS):
            return
        jpeg = jpegs[sequence % len(jpegs)]
        ingest.show(Frame("cam1", "main", sequence, time.time_ns(), WIDTH, HEIGHT, live=True, jpeg=jpeg))


def level_of(picture: NDArray[np.uint8]) -> int:
    """Which of the camera's pictures this is, whole and of one gray."""
    mean = float(np.mean(picture))
    nearest = min(LEVELS, key=lambda level: abs(level - mean))
    assert abs(nearest - mean) <= _LEVEL_TOLERANCE, f"a picture of gray {mean:.0f}, which the camera never showed"
    assert float(np.std(picture)) < 4, "the picture is not of one gray"
    return nearest


def level_of_jpeg(jpeg: bytes) -> int:
    """The same of a picture that is not decoded yet; PNG will do as well."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None, f"{len(jpeg)} bytes are no picture"
    return level_of(picture)  # type: ignore[arg-type] # cv2 types its arrays loosely


def assert_it_moves(levels: Iterable[int]) -> None:
    """Two different pictures come before they end, and among the first 25: a still picture is repeated each second."""
    seen = set()
    for level in islice(levels, 25):
        seen.add(level)
        if len(seen) == 2:
            return
    raise AssertionError(f"of the camera's pictures it showed only {seen or 'none'}")
