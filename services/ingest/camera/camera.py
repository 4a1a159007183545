"""Runs one camera: connect, deliver, lose it, reconnect, for ever. Owns the camera's thread.

It knows neither sockets nor settings. Frames and changes of state go to a sink. `renditions.py` decides which frames
are made of a picture, `state.py` what a loss or a return does to the state, `retries.py` how long a pause is.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol

from services.ingest.camera.frame_rate import FrameRate
from services.ingest.camera.picture_wait import PictureWait
from services.ingest.camera.renditions import Renditions
from services.ingest.camera.retries import FIRST_RETRY_SECONDS, PROBE_SECONDS, Retries
from services.ingest.camera.state import ObservedState, StateTracker
from services.ingest.camera.unreadable import unreadable_error
from services.ingest.decoding import cpu_limit
from services.ingest.decoding.picture_limits import PictureRefusedError, is_lack_of_memory
from services.ingest.decoding.pictures import Picture
from services.ingest.sources import (
    OpenSource,
    Source,
    SourceFacts,
    SourceRefusedError,
    SourceUnauthorizedError,
    SourceUnavailableError,
    SourceUndecodableError,
    Verdict,
    failure_reasons,
)
from shared.bus.frames import Frame
from shared.bus.status import CameraState
from shared.clock import Clock

NS_PER_SECOND: Final = 1_000_000_000
STEADY_SECONDS: Final = 5.0
"""After this long with frames, the next loss starts with short retries again."""
DISCONNECT_AFTER_SECONDS: Final = 30.0
FACTS_SECONDS: Final = 1.0
TELL_OPENING_SECONDS: Final = 3.0
CAPTURE_MARGIN_SECONDS: Final = 60.0
"""No reader is exchanged for this long before the next archived picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPolicy:
    """How a camera is treated.

    `stall_seconds` without a clean picture are a stall. `frozen_seconds` of an unchanging picture are a freeze; None
    turns that off. `disconnects_when_idle` closes the connection while nobody subscribes. `connects_on_demand` does not
    even open it before somebody does. `open_seconds` is how long a source may take to open, and
    `capture_interval_seconds` how often a picture is archived: at its multiples, in UTC.
    """

    stall_seconds: float = 5.0
    open_seconds: float = 15.0
    capture_interval_seconds: int = 3600
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
    `in_words` turns the names of settings, in all that is told, into those that the user knows.
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
        in_words: Callable[[str], str] = str,
    ) -> None:
        self.key = key
        self.facts = SourceFacts()
        self._open_source = open_source
        self._renditions = renditions
        self._policy = policy
        self._clock = clock or Clock()
        self._in_words = in_words
        self._state = StateTracker(key, self._clock)
        self._wanted: frozenset[str] = frozenset()
        self._wanted_more = threading.Event()
        self._source: Source | None = None
        self._retries = Retries(self._clock, probe)
        self._rate = FrameRate()
        self._busy_since: float | None = None
        self._opening_since: float | None = None
        self._picture_wait = PictureWait(stall_seconds=policy.stall_seconds, open_seconds=policy.open_seconds)
        self.shows_pictures = False
        """Whether a clean picture came on the present connection."""
        self._is_exchange = False
        """Whether the reader was exchanged while nobody needed a picture, so that its failure is nobody's news."""

    @property
    def observed(self) -> ObservedState:
        """A first opening that takes a while is told as such while it lasts."""
        observed, since = self._state.observed, self._opening_since
        is_first = observed.state is CameraState.CONNECTING and observed.last_error is None
        if not is_first or since is None or self._clock.monotonic() - since < TELL_OPENING_SECONDS:
            return observed
        words = failure_reasons.STILL_OPENING.format(self._policy.open_seconds)
        return replace(observed, last_error=self._in_words(words))

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
        return self._rate.per_second(self._clock.monotonic())

    def busy_seconds(self) -> float:
        """How long the current call into the source has taken. Beyond all of the source's time-outs it hangs."""
        since = self._busy_since
        return 0.0 if since is None else self._clock.monotonic() - since

    def run(self, stop: threading.Event, sink: FrameSink) -> None:
        """Connect, deliver and reconnect until `stop` is set."""
        while not stop.is_set():
            if self._policy.connects_on_demand and not self._wanted:
                self._sleep_while_unwanted(stop)
                continue
            error, verdict = self._connect_and_deliver(stop, sink)
            if verdict.tries_another:
                stop.wait(FIRST_RETRY_SECONDS)  # the camera may be busy with our goodbye
            elif error is not None:
                self._retries.wait_after(error, stop)
            elif not self._is_exchange:
                self._sleep_while_unwanted(stop)

    def _connect_and_deliver(
        self, stop: threading.Event, sink: FrameSink
    ) -> tuple[SourceUnavailableError | None, Verdict]:
        """Why the connection was lost, None for on purpose; and what follows from it."""
        source: Source | None = None
        try:
            self._busy_since = self._clock.monotonic()
            error: SourceUnavailableError | None = None
            try:
                source = self._source = self._opened()
                self._deliver(source, stop, sink)
            except SourceUnavailableError as reason:
                error = reason
            except PictureRefusedError as reason:
                error = SourceRefusedError(str(reason))
            except Exception as fault:
                if is_lack_of_memory(fault):
                    raise
                error = unreadable_error(self.key, fault)
            # Before the source is closed: saying goodbye to a camera that is gone may take a while.
            return error, self._conclude(error, sink)
        finally:
            self._source = self._opening_since = None
            self.shows_pictures = False
            if source is not None:
                source.close()
            self._busy_since = None

    def _conclude(self, error: SourceUnavailableError | None, sink: FrameSink) -> Verdict:
        """Tell why the connection ended, unless another reader may come before anybody misses a picture."""
        verdict = self._open_source.ended(error)
        if error is None:
            return verdict
        is_missed = self._state.has_pictures and not self._is_exchange
        if is_missed or not verdict.tries_another:
            self._lost(self._state_after(error), verdict.words, sink)
        if not verdict.tries_another:
            self._is_exchange = False
            if isinstance(error, SourceUndecodableError):
                self._picture_wait.lengthen()
        return verdict

    def _opened(self) -> Source:
        """A source may decode a picture to know what it opens."""
        cpu_limit.begin_picture()
        self._opening_since = self._clock.monotonic()
        try:
            return self._open_source()
        finally:
            cpu_limit.end_picture()

    def _state_after(self, error: SourceUnavailableError) -> CameraState:
        if isinstance(error, SourceUnauthorizedError):
            return CameraState.UNAUTHORIZED
        has_stream = self._state.has_pictures or isinstance(error, SourceUndecodableError)
        return CameraState.STALLED if has_stream else CameraState.OFFLINE

    def _sleep_while_unwanted(self, stop: threading.Event) -> None:
        while not stop.is_set() and not self._wanted:
            self._wanted_more.wait(PROBE_SECONDS)
            self._wanted_more.clear()

    def _deliver(self, source: Source, stop: threading.Event, sink: FrameSink) -> None:
        """Return when the camera is to be disconnected; raise when the source fails."""
        connected_at = wanted_at = self._clock.monotonic()
        captured_at_ns: int | None = None
        facts_at = float("-inf")
        self._picture_wait.begin(connected_at)
        self._renditions.begin()
        while not stop.is_set():
            self._busy_since = self._clock.monotonic()
            if source.grab():
                captured_at_ns = self._clock.utc_ns()
                self._rate.count(self._clock.monotonic())
            now, wanted = self._clock.monotonic(), self._wanted
            if now - facts_at >= FACTS_SECONDS:
                self.facts, facts_at = self._facts_of(source), now
                if now - connected_at >= STEADY_SECONDS and not self._needs_proof:
                    self._retries.note_steady()
            if captured_at_ns is None:
                continue
            self._opening_since = None
            self._retries.note_accepted()
            if wanted:
                wanted_at = now
                if self._renditions.is_due(wanted, now):
                    self._show(source, wanted, captured_at_ns, sink)
            elif self._needs_proof:
                self._show(source, wanted, captured_at_ns, sink)
            else:
                self._stay_idle(sink)
                if self._is_to_be_closed(now - wanted_at):
                    return

    @property
    def _needs_proof(self) -> bool:
        """Whether a picture is needed to know that this is the right reader, though nobody wants one."""
        return self._open_source.has_choice and not self.shows_pictures

    def _stay_idle(self, sink: FrameSink) -> None:
        """Frames arrive and nobody wants pictures. A camera that was frozen may still be."""
        self._picture_wait.begin(self._clock.monotonic())
        self._renditions.rest()
        if self.observed.state is not CameraState.FROZEN:
            self._delivers(CameraState.IDLE, sink)

    def _is_to_be_closed(self, idle_seconds: float) -> bool:
        """Whether to let the camera go while nobody wants pictures: until somebody does, or to try another reader.

        Another reader needs the first one closed, because a camera may allow one session at a time.
        """
        interval = self._policy.capture_interval_seconds
        capture_in_seconds = interval - self._clock.utc_ns() / NS_PER_SECOND % interval
        self._is_exchange = (
            self._open_source.prefers_another
            and capture_in_seconds > CAPTURE_MARGIN_SECONDS
            and idle_seconds >= STEADY_SECONDS
        )
        return self._is_exchange or (self._policy.disconnects_when_idle and idle_seconds >= DISCONNECT_AFTER_SECONDS)

    def _facts_of(self, source: Source) -> SourceFacts:
        facts = source.facts()
        notices = " ".join(filter(None, (self._open_source.notice, facts.notice)))
        return replace(facts, notice=self._in_words(notices) or None)

    def _show(self, source: Source, wanted: frozenset[str], captured_at_ns: int, sink: FrameSink) -> None:
        cpu_limit.begin_picture()
        try:
            picture = source.retrieve()
            if picture is None:
                self._judge(source, sink)
            else:
                self._publish(picture, wanted, captured_at_ns, sink)
        finally:
            cpu_limit.end_picture()

    def _judge(self, source: Source, sink: FrameSink) -> None:
        """There is no clean picture."""
        now = self._clock.monotonic()
        if not self._picture_wait.is_late(now):
            return
        facts = source.facts()
        if self._open_source.has_choice and self._picture_wait.is_hopeless(facts, now):
            raise SourceUndecodableError(self._picture_wait.failure(facts))
        if self._is_exchange:
            return
        problem = self._picture_wait.problem(facts)
        if facts.waits_for_key_frame and not facts.lost_packets and not self._state.has_pictures:
            if self._state.waits(self._in_words(problem)):
                sink.state_changed()
        else:
            self._lost(CameraState.STALLED, problem, sink)

    def _publish(self, picture: Picture, wanted: frozenset[str], captured_at_ns: int, sink: FrameSink) -> None:
        now = self._clock.monotonic()
        self._picture_wait.begin(now)
        if not self.shows_pictures:
            self.shows_pictures, self._is_exchange = True, False
            self._open_source.worked()
        if not wanted:
            return
        frames = self._renditions.render(picture, wanted, captured_at_ns, now)
        size = self._renditions.size
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
        if self._state.lost(state, self._in_words(reason)):
            sink.state_changed()
