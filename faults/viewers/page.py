"""An open page: what it can show of trouble, from the same addresses that the status page and the element ask."""

import http.client
import itertools
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from faults.facts import Leak, Told
from faults.secrets import leaks_in
from faults.viewers.door import Door
from faults.viewers.watch import Watch

LOOK_SECONDS: Final = 0.5


class Page(Watch):
    """Two looks a second, one at the replica and one at the archive: the pages `page LABEL` and `archive page LABEL`.

    Each look has its own thread, as one that is not answered must not hold up the other.
    """

    def __init__(self, door: Door, note: Callable[[Told | Leak], None]) -> None:
        super().__init__(
            partial(self._run, f"page {door.label}", self._replica),
            partial(self._run, f"archive page {door.label}", self._archive),
        )
        self._door = door
        self._note = note
        self._others = itertools.cycle(("/api/devices", "/readyz", "/api/camera/frames?limit=5"))

    def _run(self, name: str, look: Callable[[], tuple[str, ...]]) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                words = look()
            except (OSError, http.client.HTTPException, ValueError, KeyError):
                self._note(Told(name, time.time(), (), answered=False))
            else:
                self._note(Told(name, time.time(), words))

    def _replica(self) -> tuple[str, ...]:
        status = self._answer("/api/status")
        self._answer(next(self._others))  # nothing secret may stand there either
        return tuple(status["problems"])

    def _archive(self) -> tuple[str, ...]:
        status = self._answer("/api/camera/frames/status")
        return tuple(status["problems"]) if "problems" in status else (status["detail"],)

    def _answer(self, path: str) -> dict[str, Any]:
        body = self._door.get(path)[1]
        for leak in leaks_in(f"the answer to {path}", body):
            self._note(leak)
        answer: dict[str, Any] = json.loads(body)
        return answer
