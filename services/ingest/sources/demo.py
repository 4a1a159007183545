"""The demo scene as a camera: a newcomer sees it until a camera is set."""

import time
from typing import Final

from services.ingest.decoding.pictures import BgrPicture
from services.ingest.demo_scene import DemoScene
from services.ingest.sources import SourceFacts

FPS: Final = 15


class DemoSource:
    """Draws a frame only when one is retrieved; a grab only keeps the pace of `FPS` frames a second."""

    def __init__(self) -> None:
        self._scene = DemoScene()
        self._due_at = time.monotonic()
        self._grabbed_at = time.time()

    def open(self) -> None:
        self._due_at = time.monotonic()

    def grab(self) -> bool:
        self._due_at = max(self._due_at + 1 / FPS, time.monotonic() - 1 / FPS)
        time.sleep(max(0.0, self._due_at - time.monotonic()))
        self._grabbed_at = time.time()
        return True

    def retrieve(self) -> BgrPicture:
        return BgrPicture(self._scene.draw(self._grabbed_at))

    def late_seconds(self) -> float:
        """It is drawn when it is asked for."""
        return 0.0

    def interrupt(self) -> None:
        """Not needed: a grab takes at most one frame's time."""

    def facts(self) -> SourceFacts:
        return SourceFacts()

    def close(self) -> None:
        """Nothing to release."""
