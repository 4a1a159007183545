"""One camera's life: connect, deliver, lose it, come back, for ever. Owns the camera's thread and its condition.

It knows neither sockets nor settings: frames go to an outlet, the condition to whoever reads `condition`. What is
published when, and what is not since nothing has changed, is `rendering.py`'s business.
"""

import random
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from services.ingest.camera_state import CameraCondition
from services.ingest.decoding.pictures import Picture
from services.ingest.renditions import Renderer
from services.ingest.sources import OpenSource, Source, SourceFacts, SourceUnauthorizedError, SourceUnavailableError
from shared.backoff import backoff_seconds
from shared.bus.frames import Frame
from shared.bus.status import CameraState
from shared.clock import Clock
from shared.logs import get_logger

FIRST_RETRY_SECONDS: Final = 0.5
LONGEST_RETRY_SECONDS: Final = 30.0
FIRST_UNAUTHORIZED_RETRY_SECONDS: Final = 60.0
LONGEST_UNAUTHORIZED_RETRY_SECONDS: Final = 600.0
"""Cameras that lock out do so after some five attempts within half an hour."""
JITTER: Final = 0.2
PROBE_SECONDS: Final = 1.0
STEADY_SECONDS: Final = 5.0
"""Frames for so long, and the next loss begins with short retries again."""
DISCONNECT_AFTER_SECONDS: Final = 30.0
FPS_WINDOW_SECONDS: Final = 5.0
FACTS_SECONDS: Final = 1.0
DELIVERING: Final = (CameraState.LIVE, CameraState.IDLE)
DAMAGED: Final = "No clean picture has come for a while: packets are lost on the way from the camera."
FROZEN: Final = "The camera sends the same picture again and again. Restart it if the scene should move."
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CameraPolicy:
    """How a camera is treated: seconds of silence that are a stall, of an unchanging picture that are a freeze (None:
    never), and whether it is disconnected while nobody subscribes."""

    stall_seconds: float = 5.0
    frozen_seconds: float | None = None
    disconnects: bool = False


class FrameSink(Protocol):
    """Where a camera's frames and changes go. Called by the camera's thread only; must not block."""

    def publish(self, frame: Frame) -> None: ...

    def condition_changed(self) -> None: ...


class Camera:
    """Runs a source for ever. `run` is one thread's; everything else may be called from any.

    `answers` says whether anything answers at the camera's address, within a second; None where there is none to ask.
    """

    def __init__(  # noqa: PLR0913 its collaborators, each by name
        self,
        key: str,
        open_source: OpenSource,
        renderer: Renderer,
        *,
        habits: CameraPolicy = CameraPolicy(),
        answers: Callable[[], bool] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.key = key
        self.facts = SourceFacts()
        self._open_source = open_source
        self._renderer = renderer
        self._habits = habits
        self._answers = answers
        self._clock = clock or Clock()
        self._wanted: frozenset[str] = frozenset()
        self._woken = threading.Event()
        self._source: Source | None = None
        self._failures = 0
        self._refusals = 0
        self._grabbed_at: deque[float] = deque(maxlen=1000)
        self._busy_since: float | None = None
        self._clean_at = 0.0
        self.condition = CameraCondition(CameraState.CONNECTING, self._clock.utc_ns())

    def want(self, renditions: frozenset[str]) -> None:
        """Say which renditions anybody subscribes to. With none, frames are grabbed but not retrieved."""
        has_more = bool(renditions - self._wanted)
        self._wanted = renditions
        if has_more:
            self._woken.set()
            source = self._source
            if source is not None:
                source.interrupt()

    @property
    def fps(self) -> float | None:
        """Frames a second as they came over the last seconds; None when too few did."""
        now = self._clock.monotonic()
        recent = [at for at in tuple(self._grabbed_at) if now - at <= FPS_WINDOW_SECONDS]
        if len(recent) < 2:  # noqa: PLR2004 a rate needs two instants
            return None
        return round((len(recent) - 1) / max(recent[-1] - recent[0], 1e-6), 1)

    def busy_seconds(self) -> float:
        """How long the source has been at one call: beyond all time-outs of its own it hangs."""
        since = self._busy_since
        return 0.0 if since is None else self._clock.monotonic() - since

    def run(self, stop: threading.Event, outlet: FrameSink) -> None:
        """Connect, deliver and reconnect until told to stop."""
        error: SourceUnavailableError | None = None
        while not stop.is_set():
            error = self._connect_and_deliver(error, stop, outlet)
            if error is None:
                self._sleep_while_unwanted(stop)
            elif isinstance(error, SourceUnauthorizedError):
                delay = backoff_seconds(
                    FIRST_UNAUTHORIZED_RETRY_SECONDS, LONGEST_UNAUTHORIZED_RETRY_SECONDS, self._refusals
                )
                self._refusals += 1
                stop.wait(delay)
            else:
                self._back_off(stop)

    def _connect_and_deliver(
        self, previous: SourceUnavailableError | None, stop: threading.Event, outlet: FrameSink
    ) -> SourceUnavailableError | None:
        """Why it was lost; None when it was let go. `previous` is why the last one was."""
        source: Source | None = None
        try:
            self._busy_since = self._clock.monotonic()
            source = self._source = self._open_source(previous)
            self._deliver(source, stop, outlet)
        except SourceUnavailableError as error:
            # First of all, for to say goodbye to a camera that is gone may take a while.
            self._lost(self._state_after(error), error, outlet)
            return error
        finally:
            self._source = None
            if source is not None:
                source.close()
            self._busy_since = None
        return None

    def _state_after(self, error: SourceUnavailableError) -> CameraState:
        if isinstance(error, SourceUnauthorizedError):
            return CameraState.UNAUTHORIZED
        had_pictures = self.condition.state in (*DELIVERING, CameraState.FROZEN)
        return CameraState.STALLED if had_pictures else CameraState.OFFLINE

    def _back_off(self, stop: threading.Event) -> None:
        """Wait before the next try: longer with each failure, but not beyond a silent camera's first answer."""
        delay = backoff_seconds(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS, self._failures)
        self._failures += 1
        until = self._clock.monotonic() + delay * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 no secret
        was_silent = False
        while not stop.is_set() and (rest := until - self._clock.monotonic()) > 0:
            if self._answers is not None and rest > PROBE_SECONDS:
                answers = self._answers()
                if answers and was_silent:
                    # One that has just started may refuse a few times more.
                    self._failures = 0
                    return
                was_silent = was_silent or not answers
            stop.wait(min(rest, PROBE_SECONDS))

    def _sleep_while_unwanted(self, stop: threading.Event) -> None:
        while not stop.is_set() and not self._wanted:
            self._woken.wait(PROBE_SECONDS)
            self._woken.clear()

    def _deliver(self, source: Source, stop: threading.Event, outlet: FrameSink) -> None:
        """Until it fails, or is to be disconnected."""
        connected_at = wanted_at = self._clean_at = self._clock.monotonic()
        captured_at_ns: int | None = None
        facts_at = float("-inf")
        self._renderer.begin()
        while not stop.is_set():
            self._busy_since = self._clock.monotonic()
            if source.grab():
                captured_at_ns = self._clock.utc_ns()
                self._grabbed_at.append(self._clock.monotonic())
            now, wanted = self._clock.monotonic(), self._wanted
            if now - facts_at >= FACTS_SECONDS:
                self.facts, facts_at = source.facts(), now
                self._failures = 0 if now - connected_at >= STEADY_SECONDS else self._failures
            if captured_at_ns is None:
                continue
            self._refusals = 0
            if wanted:
                wanted_at = now
                if self._renderer.is_due(wanted, now):
                    self._show(source.retrieve(), wanted, captured_at_ns, outlet)
            else:
                self._rest(outlet)
                if self._habits.disconnects and now - wanted_at >= DISCONNECT_AFTER_SECONDS:
                    return

    def _rest(self, outlet: FrameSink) -> None:
        """Frames come, and nobody wants pictures. One that was frozen when last looked at may still be."""
        self._clean_at = self._clock.monotonic()
        if self.condition.state is not CameraState.FROZEN:
            self._delivers(CameraState.IDLE, outlet)

    def _show(self, picture: Picture | None, wanted: frozenset[str], captured_at_ns: int, outlet: FrameSink) -> None:
        now = self._clock.monotonic()
        if picture is None:
            if now - self._clean_at >= self._habits.stall_seconds:
                self._lost(CameraState.STALLED, SourceUnavailableError(DAMAGED), outlet)
            return
        self._clean_at = now
        frames = self._renderer.render(picture, wanted, captured_at_ns, now)
        limit = self._habits.frozen_seconds
        if limit is not None and now - self._renderer.same_since >= limit:
            self._delivers(CameraState.FROZEN, outlet, picture.width, picture.height)
            return
        self._delivers(CameraState.LIVE, outlet, picture.width, picture.height)
        for frame in frames:
            outlet.publish(frame)

    def _delivers(
        self, state: CameraState, outlet: FrameSink, width: int | None = None, height: int | None = None
    ) -> None:
        """Frames come. Cheap when nothing changed, for it is called with each."""
        before = self.condition
        size = (width or before.width, height or before.height)
        if before.state is state and (before.width, before.height) == size:
            return
        came_back = before.state not in (*DELIVERING, CameraState.CONNECTING, CameraState.FROZEN)
        if came_back:
            log.info("camera is back", camera=self.key)
        # Watched or not is no event in the camera's life: it has been delivering since the same instant.
        same_time = before.state is state or (before.state in DELIVERING and state in DELIVERING)
        self.condition = CameraCondition(
            state,
            before.since_ns if same_time else self._clock.utc_ns(),
            last_error=FROZEN if state is CameraState.FROZEN else None,
            reconnects=before.reconnects + came_back,
            width=size[0],
            height=size[1],
        )
        outlet.condition_changed()

    def _lost(self, state: CameraState, error: SourceUnavailableError, outlet: FrameSink) -> None:
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
