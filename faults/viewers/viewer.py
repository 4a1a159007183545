"""What all healthy viewers have in common: a thread, a name, and that they come back when they are cut."""

import http.client
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import cv2
import numpy as np

from faults.facts import Sight
from faults.viewers.door import Door
from tests.support.clock import read_clock

AGAIN_SECONDS: Final = 0.5


class Viewer(ABC):
    """Watches one camera at one replica until it is stopped. `note` gets each picture."""

    kind = ""

    def __init__(self, door: Door, camera: str, note: Callable[[Sight], None]) -> None:
        self.name = f"{self.kind} {camera} {door.label}"
        self.camera = camera
        self.door = door
        self.last_live_at = 0.0
        """When it last got a picture that was live and fresh."""
        self._last: Sight | None = None
        self._note = note
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def join(self) -> None:
        self._thread.join(10)

    @abstractmethod
    def watch(self) -> None:
        """Until it is cut or stopped. Raises OSError and the like when it is cut."""

    def see(self, jpeg: bytes, *, live: bool) -> None:
        at = time.time()
        taken_at = taken_at_of(jpeg) if live else None
        if taken_at is not None and at - taken_at < 1.0:
            self.last_live_at = at
        self._last = Sight(self.name, self.camera, at, taken_at, live)
        self._note(self._last)

    def last_words(self) -> str:
        """What it saw last."""
        last = self._last
        if last is None:
            return f"{self.name} (it has seen nothing)"
        age = "without a clock" if last.taken_at is None else f"{last.at - last.taken_at:.1f} s old"
        what = age if last.live else "not live"
        return f"{self.name} (its last picture came {time.time() - last.at:.1f} s ago and was {what})"

    def _run(self) -> None:
        while not self._stop.is_set():
            with suppress(OSError, http.client.HTTPException, AssertionError):  # as browsers do, it tries again
                self.watch()
            self._stop.wait(AGAIN_SECONDS)


def taken_at_of(image: bytes) -> float | None:
    """When the camera painted it (UTC epoch seconds); None when that can't be read."""
    picture = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        return None
    shown_ms = read_clock(np.asarray(picture, np.uint8))
    return None if shown_ms is None else shown_ms / 1000
