"""A camera's state: what was last observed of it, and how the next observation changes that.

It imports nothing that decodes, because ingest's parent process uses these values too.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from shared.bus.status import CameraState
from shared.clock import Clock
from shared.logs import get_logger

DELIVERING: Final = (CameraState.LIVE, CameraState.IDLE)
MAX_NEWS: Final = 10
NEWS_SECONDS: Final = 10.0
"""A camera whose trouble has ever new words is heard no more often. Each of them is a log line, a status on the bus and
a placeholder that stream draws."""
FROZEN: Final = "The camera sends the same picture again and again. Restart it if the scene should move."
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ObservedState:
    """A camera's state as of its last change. It is replaced whole, so any thread may read it.

    `since_ns` is in UTC epoch nanoseconds, `width` and `height` in pixels; None until there was a picture.
    """

    state: CameraState
    since_ns: int
    last_error: str | None = None
    reconnects: int = 0
    width: int | None = None
    height: int | None = None


class StateTracker:
    """Turns the camera thread's reports into its state. Only that thread reports; any thread may read `observed`.

    `in_words` turns the names of settings in a reason into those that the user knows.
    """

    def __init__(self, camera_key: str, clock: Clock, in_words: Callable[[str], str] = str) -> None:
        self._camera_key = camera_key
        self._clock = clock
        self._told_at: deque[float] = deque(maxlen=MAX_NEWS)
        self.in_words = in_words
        self.observed = ObservedState(CameraState.CONNECTING, clock.utc_ns())

    @property
    def has_pictures(self) -> bool:
        """Whether pictures came until now, even if they were always the same one."""
        return self.observed.state in (*DELIVERING, CameraState.FROZEN)

    def delivers(self, state: CameraState, size: tuple[int, int] | None = None) -> bool:
        """Frames arrive, of `size` (width and height in pixels) if one was decoded. True if that is news.

        It is called for every frame, so it is cheap when nothing changed.
        """
        before = self.observed
        width, height = size or (before.width, before.height)
        if before.state is state and (before.width, before.height) == (width, height):
            return False
        came_back = not self.has_pictures and before.state is not CameraState.CONNECTING
        if came_back:
            log.info("camera is back", camera=self._camera_key)
        # Whether somebody subscribes is no event for the camera: it has delivered since the same instant.
        same_time = before.state is state or (before.state in DELIVERING and state in DELIVERING)
        self.observed = ObservedState(
            state,
            before.since_ns if same_time else self._clock.utc_ns(),
            last_error=FROZEN if state is CameraState.FROZEN else None,
            reconnects=before.reconnects + came_back,
            width=width,
            height=height,
        )
        return True

    def waits(self, reason: str) -> bool:
        """There is no picture yet, for `reason` (words for the user), and nothing is wrong. True if that is news."""
        reason = self.in_words(reason)
        if self.observed.last_error == reason or not self._may_tell():
            return False
        log.info("camera gives no picture yet", camera=self._camera_key, reason=reason)
        self.observed = replace(self.observed, last_error=reason)
        return True

    def lost(self, state: CameraState, reason: str) -> bool:
        """No pictures, for `reason` (words for the user). True if that is news."""
        reason, before = self.in_words(reason), self.observed
        if (before.state, before.last_error) == (state, reason):
            return False
        if before.state is state and not self._may_tell():
            return False
        log.warning("camera lost", camera=self._camera_key, state=state.value, reason=reason)
        # A stalled camera that then can't be reached has been away since it stalled.
        is_same_outage = before.state is CameraState.STALLED and state is CameraState.OFFLINE
        self.observed = replace(
            before,
            state=state,
            since_ns=before.since_ns if is_same_outage else self._clock.utc_ns(),
            last_error=reason,
        )
        return True

    def _may_tell(self) -> bool:
        """Whether other words for the same trouble are news. The last ones are told in the end: they are said again."""
        now = self._clock.monotonic()
        if len(self._told_at) == MAX_NEWS and now - self._told_at[0] < NEWS_SECONDS:
            return False
        self._told_at.append(now)
        return True
