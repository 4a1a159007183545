"""What looks at something again and again until it is stopped, each look in a thread of its own."""

import threading
from collections.abc import Callable
from typing import Final

STOP_SECONDS: Final = 10


class Watch:
    """Each of `loops` runs until `_stop` is set."""

    def __init__(self, *loops: Callable[[], None]) -> None:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=loop, daemon=True) for loop in loops]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS)
