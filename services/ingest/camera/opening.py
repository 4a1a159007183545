"""An opening of the camera's source that takes a while, which the user is told while it lasts."""

from dataclasses import replace
from typing import Final

from services.ingest.camera.state import ObservedState
from shared.bus.status import CameraState
from shared.clock import Clock

TELL_SECONDS: Final = 3.0


class Opening:
    """From the attempt to connect until the first frame. The camera's thread calls it; any thread may call `told`.

    `words` tell the user of it.
    """

    def __init__(self, clock: Clock, words: str) -> None:
        self._clock = clock
        self._words = words
        self._since: float | None = None

    def begin(self) -> None:
        self._since = self._clock.monotonic()

    def end(self) -> None:
        self._since = None

    def told(self, observed: ObservedState) -> ObservedState:
        """`observed`, which says that the camera still opens where that is its first time and takes a while."""
        since = self._since
        is_first = observed.state is CameraState.CONNECTING and observed.last_error is None
        if not is_first or since is None or self._clock.monotonic() - since < TELL_SECONDS:
            return observed
        return replace(observed, last_error=self._words)
