"""Runs one camera: connect, deliver, lose it, reconnect, for ever. Owns the camera's thread.

It knows neither sockets nor settings. Frames and changes of state go to a sink. `renditions.py` decides which frames
are made of a picture, and `state.py` what a loss or a return does to the state.
"""

import random
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from services.ingest.camera.renditions import Renditions
from services.ingest.camera.state import ObservedState, StateTracker
from services.ingest.camera.unreadable import unreadable_error
from services.ingest.decoding import cpu_limit
from services.ingest.decoding.picture_limits import PictureRefusedError, is_lack_of_memory
from services.ingest.decoding.pictures import Picture
from services.ingest.sources import (
    OpenSource,
    Source,
    SourceFacts,
    SourceSilentError,
    SourceUnauthorizedError,
    SourceUnavailableError,
)
from shared.backoff import Backoff
from shared.bus.frames import Frame
from shared.bus.status import MAX_FPS, CameraState
from shared.clock import Clock

FIRST_RETRY_SECONDS: Final = 0.5
LONGEST_RETRY_SECONDS: Final = 30.0
FIRST_UNAUTHORIZED_RETRY_SECONDS: Final = 60.0
LONGEST_UNAUTHORIZED_RETRY_SECONDS: Final = 600.0
"""Cameras that lock clients out do so after some five attempts within half an hour."""
JITTER: Final = 0.2
PROBE_SECONDS: Final = 1.0
STEADY_SECONDS: Final = 5.0
"""After this long with frames, the next loss starts with short retries again."""
DISCONNECT_AFTER_SECONDS: Final = 30.0
FPS_WINDOW_SECONDS: Final = 5.0
FPS_LEAST_SECONDS: Final = 0.2
FACTS_SECONDS: Final = 1.0
DAMAGED: Final = "No clean picture has come for a while: packets are lost on the way from the camera."


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPolicy:
    """How a camera is treated.

    `stall_seconds` without a clean picture are a stall. `frozen_seconds` of an unchanging picture are a freeze; None
    turns that off. `disconnects_when_idle` closes the connection while nobody subscribes. `connects_on_demand` does not
    even open it before somebody does.
    """

    stall_seconds: float = 5.0
    frozen_seconds: float | None = None
    disconnects_when_idle: bool = False
    connects_on_demand: bool = False


class FrameSink(Protocol):
    """Takes a camera's frames and changes of state. Called by the camera's thread only; must not block."""

    def publish(self, frame: Frame) -> None: ...

    def state_changed(self) -> None: ...


class Camera:
    """Runs a source for ever. `run` belongs to one thread; any thread may call the rest.

    `probe` says within a second whether anything answers at the camera's address; None if there is no address.
    """

    def __init__(  # noqa: PLR0913 its collaborators, each by name
        self,
        key: str,
        open_source: OpenSource,
        renditions: Renditions,
        *,
        policy: CameraPolicy = CameraPolicy(),
        probe: Callable[[], bool] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.key = key
        self.facts = SourceFacts()
        self._open_source = open_source
        self._renditions = renditions
        self._policy = policy
        self._probe = probe
        self._clock = clock or Clock()
        self._state = StateTracker(key, self._clock)
        self._wanted: frozenset[str] = frozenset()
        self._wanted_more = threading.Event()
        self._source: Source | None = None
        self._retries = Backoff(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS)
        self._unauthorized_retries = Backoff(FIRST_UNAUTHORIZED_RETRY_SECONDS, LONGEST_UNAUTHORIZED_RETRY_SECONDS)
        self._grabbed_at: deque[float] = deque(maxlen=1000)
        self._busy_since: float | None = None
        self._clean_at = 0.0
        self.shows_pictures = False
        """Whether a clean picture came on the present connection."""

    @property
    def observed(self) -> ObservedState:
        return self._state.observed

    @property
    def is_connected(self) -> bool:
        return self._source is not None

    def want(self, renditions: frozenset[str]) -> None:
        """Set which renditions have subscribers. With none, frames are grabbed but not retrieved."""
        has_more = bool(renditions - self._wanted)
        self._wanted = renditions
        if has_more:
            self._wanted_more.set()
            source = self._source
            if source is not None:
                source.interrupt()

    @property
    def fps(self) -> float | None:
        """Frames a second, measured over the last seconds; None if too few arrived, or all of them at once."""
        now = self._clock.monotonic()
        recent = [at for at in tuple(self._grabbed_at) if now - at <= FPS_WINDOW_SECONDS]
        # A reader that has just opened hands out at once what it received meanwhile.
        if not recent or (seconds := recent[-1] - recent[0]) < FPS_LEAST_SECONDS:
            return None
        return round(min((len(recent) - 1) / seconds, MAX_FPS), 1)

    def busy_seconds(self) -> float:
        """How long the current call into the source has taken. Beyond all of the source's time-outs it hangs."""
        since = self._busy_since
        return 0.0 if since is None else self._clock.monotonic() - since

    def run(self, stop: threading.Event, sink: FrameSink) -> None:
        """Connect, deliver and reconnect until `stop` is set."""
        error: SourceUnavailableError | None = None
        while not stop.is_set():
            if self._policy.connects_on_demand and not self._wanted:
                self._sleep_while_unwanted(stop)
                continue
            error = self._connect_and_deliver(error, stop, sink)
            if error is None:
                self._sleep_while_unwanted(stop)
            elif isinstance(error, SourceUnauthorizedError):
                stop.wait(self._unauthorized_retries.next_seconds())
            else:
                self._wait_for_retry(stop, was_silent=isinstance(error, SourceSilentError))

    def _connect_and_deliver(
        self, previous: SourceUnavailableError | None, stop: threading.Event, sink: FrameSink
    ) -> SourceUnavailableError | None:
        """Why the connection was lost; None when it was closed on purpose. `previous` is the same of the last one."""
        source: Source | None = None
        try:
            self._busy_since = self._clock.monotonic()
            source = self._source = self._opened(previous)
            self._deliver(source, stop, sink)
        except (SourceUnavailableError, PictureRefusedError) as reason:
            error = reason if isinstance(reason, SourceUnavailableError) else SourceUnavailableError(str(reason))
            # Before the source is closed: saying goodbye to a camera that is gone may take a while.
            self._lost(self._state_after(error), str(error), sink)
            return error
        except Exception as fault:
            if is_lack_of_memory(fault):
                raise
            unreadable = unreadable_error(self.key, fault)
            self._lost(self._state_after(unreadable), str(unreadable), sink)
            return unreadable
        finally:
            self._source, self.shows_pictures = None, False
            if source is not None:
                source.close()
            self._busy_since = None
        return None

    def _opened(self, previous: SourceUnavailableError | None) -> Source:
        """A source may decode a picture to know what it opens."""
        cpu_limit.begin_picture()
        try:
            return self._open_source(previous)
        finally:
            cpu_limit.end_picture()

    def _state_after(self, error: SourceUnavailableError) -> CameraState:
        if isinstance(error, SourceUnauthorizedError):
            return CameraState.UNAUTHORIZED
        return CameraState.STALLED if self._state.has_pictures else CameraState.OFFLINE

    def _wait_for_retry(self, stop: threading.Event, *, was_silent: bool) -> None:
        """Wait longer after each failure, but stop waiting once a silent camera answers.

        A camera that answered and failed is left alone: it may have few connections, and asking it tells nothing new.
        """
        delay = self._retries.next_seconds()
        until = self._clock.monotonic() + delay * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 no secret
        asks, is_silent = was_silent, False
        while not stop.is_set() and (remaining := until - self._clock.monotonic()) > 0:
            if asks and self._probe is not None and remaining > PROBE_SECONDS:
                answers = self._probe()
                if answers and is_silent:
                    # A camera that has just started may refuse a few more times.
                    self._retries.reset()
                    return
                asks, is_silent = not answers, True
            stop.wait(min(remaining, PROBE_SECONDS))

    def _sleep_while_unwanted(self, stop: threading.Event) -> None:
        while not stop.is_set() and not self._wanted:
            self._wanted_more.wait(PROBE_SECONDS)
            self._wanted_more.clear()

    def _deliver(self, source: Source, stop: threading.Event, sink: FrameSink) -> None:
        """Return when the camera is to be disconnected; raise when the source fails."""
        connected_at = wanted_at = self._clean_at = self._clock.monotonic()
        captured_at_ns: int | None = None
        facts_at = float("-inf")
        self._renditions.begin()
        while not stop.is_set():
            self._busy_since = self._clock.monotonic()
            if source.grab():
                captured_at_ns = self._clock.utc_ns()
                self._grabbed_at.append(self._clock.monotonic())
            now, wanted = self._clock.monotonic(), self._wanted
            if now - facts_at >= FACTS_SECONDS:
                self.facts, facts_at = source.facts(), now
                if now - connected_at >= STEADY_SECONDS:
                    self._retries.reset()
            if captured_at_ns is None:
                continue
            self._unauthorized_retries.reset()
            if wanted:
                wanted_at = now
                if self._renditions.is_due(wanted, now):
                    self._show(source, wanted, captured_at_ns, sink)
            else:
                self._stay_idle(sink)
                if self._policy.disconnects_when_idle and now - wanted_at >= DISCONNECT_AFTER_SECONDS:
                    return

    def _stay_idle(self, sink: FrameSink) -> None:
        """Frames arrive and nobody wants pictures. A camera that was frozen may still be."""
        self._clean_at = self._clock.monotonic()
        if self.observed.state is not CameraState.FROZEN:
            self._delivers(CameraState.IDLE, sink)

    def _show(self, source: Source, wanted: frozenset[str], captured_at_ns: int, sink: FrameSink) -> None:
        cpu_limit.begin_picture()
        try:
            self._publish(source.retrieve(), wanted, captured_at_ns, sink)
        finally:
            cpu_limit.end_picture()

    def _publish(self, picture: Picture | None, wanted: frozenset[str], captured_at_ns: int, sink: FrameSink) -> None:
        now = self._clock.monotonic()
        if picture is None:
            if now - self._clean_at >= self._policy.stall_seconds:
                self._lost(CameraState.STALLED, DAMAGED, sink)
            return
        self._clean_at, self.shows_pictures = now, True
        frames = self._renditions.render(picture, wanted, captured_at_ns, now)
        size = picture.width, picture.height
        limit = self._policy.frozen_seconds
        if limit is not None and now - self._renditions.same_since >= limit:
            self._delivers(CameraState.FROZEN, sink, size)
            return
        self._delivers(CameraState.LIVE, sink, size)
        for frame in frames:
            sink.publish(frame)

    def _delivers(self, state: CameraState, sink: FrameSink, size: tuple[int, int] | None = None) -> None:
        if self._state.delivers(state, size):
            sink.state_changed()

    def _lost(self, state: CameraState, reason: str, sink: FrameSink) -> None:
        if self._state.lost(state, reason):
            sink.state_changed()
