"""One camera's life: connect, deliver, lose it, come back, for ever. Owns the camera's thread and its condition.

It knows neither sockets nor settings: frames go to `publish`, the condition to whoever reads `condition`.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from services.ingest.encoding import encode_jpeg, scale_to_width
from services.ingest.sources import Picture, Source, SourceUnauthorizedError, SourceUnavailableError
from shared.clock import Clock
from shared.frames import Frame
from shared.logs import get_logger
from shared.pacing import Pacer
from shared.status import CameraState
from shared.topics import MAIN

FIRST_RETRY_SECONDS: Final = 0.5
LONGEST_RETRY_SECONDS: Final = 30.0
UNAUTHORIZED_RETRY_SECONDS: Final = 60.0
FPS_WINDOW_SECONDS: Final = 5.0
DELIVERING: Final = (CameraState.LIVE, CameraState.IDLE)
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CameraCondition:
    """What the camera's thread knows of it, as of its last change. Replaced whole, so any thread may read it."""

    state: CameraState
    since_ns: int
    last_error: str | None = None
    reconnects: int = 0
    width: int | None = None
    height: int | None = None


class Outlet(Protocol):
    """Where a camera's frames and changes go. Called by the camera's thread only; must not block."""

    def publish(self, frame: Frame) -> None: ...

    def condition_changed(self) -> None: ...


class Camera:
    """Runs a source for ever. `run` is one thread's; everything else may be called from any."""

    def __init__(
        self,
        key: str,
        open_source: Callable[[], Source],
        *,
        max_fps: float,
        jpeg_quality: int,
        clock: Clock | None = None,
    ) -> None:
        self.key = key
        self._open_source = open_source
        self._max_fps = max_fps
        self._jpeg_quality = jpeg_quality
        self._clock = clock or Clock()
        self._wanted: frozenset[str] = frozenset()
        self._sequences: Counter[str] = Counter()
        self._failures = 0
        self._grabbed_at: deque[float] = deque(maxlen=1000)
        self.condition = CameraCondition(CameraState.CONNECTING, self._clock.utc_ns())

    def want(self, renditions: frozenset[str]) -> None:
        """Say which renditions anybody subscribes to. With none, frames are grabbed but not retrieved."""
        self._wanted = renditions

    @property
    def fps(self) -> float | None:
        """Frames a second as they came over the last seconds; None when too few did."""
        now = self._clock.monotonic()
        recent = [at for at in tuple(self._grabbed_at) if now - at <= FPS_WINDOW_SECONDS]
        if len(recent) < 2:  # noqa: PLR2004 a rate needs two instants
            return None
        return round((len(recent) - 1) / max(recent[-1] - recent[0], 1e-6), 1)

    def run(self, stop: threading.Event, outlet: Outlet) -> None:
        """Connect, deliver and reconnect until told to stop."""
        source = self._open_source()
        while not stop.is_set():
            try:
                source.open()
                self._deliver(source, stop, outlet)
            except SourceUnauthorizedError as error:
                self._lost(CameraState.UNAUTHORIZED, error, outlet)
                stop.wait(UNAUTHORIZED_RETRY_SECONDS)
            except SourceUnavailableError as error:
                had_pictures = self.condition.state in DELIVERING
                self._lost(CameraState.STALLED if had_pictures else CameraState.OFFLINE, error, outlet)
                stop.wait(min(FIRST_RETRY_SECONDS * 2**self._failures, LONGEST_RETRY_SECONDS))
                self._failures += 1
            finally:
                source.close()

    def _deliver(self, source: Source, stop: threading.Event, outlet: Outlet) -> None:
        pacer = Pacer(self._max_fps)
        while not stop.is_set():
            source.grab()
            captured_at_ns, now = self._clock.utc_ns(), self._clock.monotonic()
            self._failures = 0
            self._grabbed_at.append(now)
            wanted = self._wanted
            if not wanted:
                self._delivers(CameraState.IDLE, outlet)
            elif pacer.admits(now):
                picture = source.retrieve()
                self._delivers(CameraState.LIVE, outlet, picture.shape[1], picture.shape[0])
                for rendition in wanted:
                    outlet.publish(self._frame(picture, rendition, captured_at_ns))

    def _frame(self, picture: Picture, rendition: str, captured_at_ns: int) -> Frame:
        if rendition != MAIN:
            picture = scale_to_width(picture, int(rendition))
        height, width = picture.shape[:2]
        self._sequences[rendition] += 1
        return Frame(
            camera_key=self.key,
            rendition=rendition,
            sequence=self._sequences[rendition],
            captured_at_ns=captured_at_ns,
            width=width,
            height=height,
            live=True,
            jpeg=encode_jpeg(picture, self._jpeg_quality),
        )

    def _delivers(
        self, state: CameraState, outlet: Outlet, width: int | None = None, height: int | None = None
    ) -> None:
        """Frames come. Cheap when nothing changed, for it is called with each."""
        before = self.condition
        size = (width or before.width, height or before.height)
        if before.state is state and (before.width, before.height) == size:
            return
        came_back = before.state not in (*DELIVERING, CameraState.CONNECTING)
        if came_back:
            log.info("camera is back", camera=self.key)
        # Watched or not is no event in the camera's life: it has been delivering since the same instant.
        since_ns = before.since_ns if before.state in DELIVERING else self._clock.utc_ns()
        self.condition = CameraCondition(
            state, since_ns, reconnects=before.reconnects + came_back, width=size[0], height=size[1]
        )
        outlet.condition_changed()

    def _lost(self, state: CameraState, error: SourceUnavailableError, outlet: Outlet) -> None:
        before = self.condition
        if (before.state, before.last_error) == (state, str(error)):
            return
        log.warning("camera lost", camera=self.key, state=state.value, reason=str(error))
        # A stalled camera that then can't be reached has been away since it stalled.
        is_same_outage = before.state is CameraState.STALLED and state is CameraState.OFFLINE
        self.condition = replace(
            before,
            state=state,
            since_ns=before.since_ns if is_same_outage else self._clock.utc_ns(),
            last_error=str(error),
        )
        outlet.condition_changed()
