"""A stream whose pictures move, and a check that a client saw them move.

Each picture has one gray, and the next picture has another. A decoded picture is identified by its gray: a picture that
is cut, mixed or from another source has none of these grays.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from types import MappingProxyType
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from shared.bus.frames import Frame
from shared.bus.status import CameraState
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
"""Some clients read JPEG's full range as video's limited range. At 40 and 200 that shifts the gray by 14."""


MOVING: Final = status_of("cam1", width=WIDTH, height=HEIGHT, fps=1 / PERIOD_SECONDS)
OFFLINE: Final = MOVING.model_copy(update={"state": CameraState.OFFLINE, "last_error": "no route to host"})


class MovingCamera:
    """The camera on a bus during a `with` block: its gray changes ten times a second, except while it is off. With one
    level its scene is still.
    """

    def __init__(self, ingest: FakeIngest, levels: Sequence[int] = LEVELS) -> None:
        self._ingest = ingest
        self._levels = levels
        self._is_on = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._is_on.set()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(5)

    def turn_off(self) -> None:
        self._is_on.clear()
        self._ingest.say(OFFLINE)

    def turn_on(self) -> None:
        self._ingest.say(MOVING)
        self._is_on.set()

    def _run(self) -> None:
        jpegs = [jpeg_picture(level, WIDTH, HEIGHT) for level in self._levels]
        for sequence in count(1):
            if self._over.wait(PERIOD_SECONDS):
                return
            jpeg = jpegs[sequence % len(jpegs)]
            if self._is_on.is_set():
                frame = Frame("cam1", "main", sequence, time.time_ns(), WIDTH, HEIGHT, live=True, jpeg=jpeg)
                self._ingest.show(frame)


@dataclass(frozen=True, slots=True)
class MovingStream:
    """The address of a running stream."""

    port: int

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return self.origin + PATH


@contextmanager
def moving_stream(settings: Mapping[str, object] = MappingProxyType({})) -> Iterator[MovingStream]:
    """Run a replica and, on its bus, a camera whose gray changes ten times a second."""
    bus = f"tcp://127.0.0.1:{free_port()}"
    with fake_ingest(bus, MOVING) as ingest, running_replica(bus, settings=settings) as replica:
        wait_until(replica.hub.cameras.in_order, "the camera is known")
        with MovingCamera(ingest):
            yield MovingStream(replica.port)


def level_of(picture: NDArray[np.uint8]) -> int:
    """The gray of this picture. Raises AssertionError if it is not one of the camera's, or not of one gray."""
    mean = float(np.mean(picture))
    nearest = min(LEVELS, key=lambda level: abs(level - mean))
    assert abs(nearest - mean) <= _LEVEL_TOLERANCE, f"a picture of gray {mean:.0f}, which the camera never showed"
    assert float(np.std(picture)) < 4, "the picture is not of one gray"
    return nearest


def level_of_jpeg(jpeg: bytes) -> int:
    """Like `level_of`, for an encoded picture: JPEG or PNG."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None, f"{len(jpeg)} bytes are no picture"
    return level_of(picture)  # type: ignore[arg-type] # cv2 types its arrays loosely


def assert_it_moves(levels: Iterable[int]) -> None:
    """Two different pictures are among the first 25. A stuck stream repeats its picture for ever, hence the limit."""
    seen = set()
    for level in islice(levels, 25):
        seen.add(level)
        if len(seen) == 2:
            return
    raise AssertionError(f"the client showed only these of the camera's pictures: {seen or 'none'}")
