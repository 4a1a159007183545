"""Which of a camera's renditions have subscribers now."""

import threading
from typing import Final

LOOK_SECONDS: Final = 1.0
"""How often a wait looks whether ingest is to stop."""


class WantedRenditions:
    """One thread sets them; the camera's thread reads them and waits."""

    def __init__(self) -> None:
        self.renditions: frozenset[str] = frozenset()
        self._more = threading.Event()

    def set(self, renditions: frozenset[str]) -> bool:
        """Whether one is wanted that was not before."""
        has_more = bool(renditions - self.renditions)
        self.renditions = renditions
        if has_more:
            self._more.set()
        return has_more

    def wait_for_any(self, stop: threading.Event) -> None:
        """Return once something is wanted, or `stop` is set."""
        while not stop.is_set() and not self.renditions:
            self._more.wait(LOOK_SECONDS)
            self._more.clear()
