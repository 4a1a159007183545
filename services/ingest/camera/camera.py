"""Runs one camera: connect, deliver, lose it, reconnect, for ever. Owns the camera's thread.

It knows neither sockets nor settings. Frames and changes of state go to a sink. `picture_delivery.py` makes frames of
the pictures, `state.py` decides what a loss or a return does to the state, `retries.py` how long a pause is,
`reader_exchange.py` when another reader has its turn.
"""

import gc
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from services.ingest.camera.connection_failure import connection_failure
from services.ingest.camera.frame_rate import FrameRate
from services.ingest.camera.frame_sink import FrameSink
from services.ingest.camera.opening import Opening
from services.ingest.camera.picture_delivery import PictureDelivery
from services.ingest.camera.policy import USUAL_POLICY, CameraPolicy
from services.ingest.camera.reader_exchange import ReaderExchange
from services.ingest.camera.renditions import Renditions
from services.ingest.camera.retries import FIRST_RETRY_SECONDS, Retries
from services.ingest.camera.state import ObservedState, StateTracker
from services.ingest.camera.wanted import WantedRenditions
from services.ingest.decoding import cpu_limit
from services.ingest.sources import (
    OpenSource,
    Source,
    SourceFacts,
    SourceUnauthorizedError,
    SourceUnavailableError,
    SourceUndecodableError,
    Verdict,
    failure_reasons,
)
from shared.bus.status import CameraState
from shared.clock import Clock

STEADY_SECONDS: Final = 5.0
"""After this long with frames, the next loss starts with short retries again."""
DISCONNECT_AFTER_SECONDS: Final = 30.0
FACTS_SECONDS: Final = 1.0


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
        policy: CameraPolicy = USUAL_POLICY,
        probe: Callable[[], bool] | None = None,
        clock: Clock | None = None,
        in_words: Callable[[str], str] = str,
    ) -> None:
        self.key = key
        self.facts = SourceFacts()
        self._open_source = open_source
        self._policy = policy
        self._clock = clock or Clock()
        self._in_words = in_words
        self._state = StateTracker(key, self._clock, in_words)
        self._exchange = ReaderExchange(
            open_source, self._clock, capture_interval_seconds=policy.capture_interval_seconds
        )
        self._delivery = PictureDelivery(
            renditions, state=self._state, exchange=self._exchange, policy=policy, clock=self._clock
        )
        self._retries = Retries(self._clock, probe)
        self._rate = FrameRate()
        self._wanted = WantedRenditions()
        self._opening = Opening(self._clock, in_words(failure_reasons.STILL_OPENING.format(policy.open_seconds)))
        self._source: Source | None = None
        self._busy_since: float | None = None

    @property
    def observed(self) -> ObservedState:
        """The camera's state as of now."""
        return self._delivery.told(self._opening.told(self._state.observed))

    @property
    def shows_pictures(self) -> bool:
        """Whether a clean picture came on the present connection."""
        return self._exchange.shows_pictures

    @property
    def is_connected(self) -> bool:
        return self._source is not None

    def want(self, renditions: frozenset[str]) -> None:
        """Set which renditions have subscribers. With none, frames are grabbed but not retrieved."""
        has_more, source = self._wanted.set(renditions), self._source
        if has_more and source is not None:
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
            # What the last connection had, decoders too, is held in circles by its error: some MB each time, for which
            # the collector would not come for many minutes.
            gc.collect()
            self._run_once(stop, sink)

    def _run_once(self, stop: threading.Event, sink: FrameSink) -> None:
        """One connection, and the wait for the next."""
        if self._policy.connects_on_demand and not self._wanted.renditions:
            self._wanted.wait_for_any(stop)
            return
        error, verdict = self._connect_and_deliver(stop, sink)
        if verdict.tries_another:
            stop.wait(FIRST_RETRY_SECONDS)  # the camera may be busy with our goodbye
        elif error is not None:
            self._retries.wait_after(error, stop)
        elif not self._exchange.is_under_way:
            self._wanted.wait_for_any(stop)

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
            except Exception as fault:  # noqa: BLE001 a parser raises what it stumbles over
                error = connection_failure(self.key, fault)
            # Before the source is closed: saying goodbye to a camera that is gone may take a while.
            return error, self._conclude(error, sink)
        finally:
            self._source = None
            self._opening.end()
            self._exchange.connection_ended()
            if source is not None:
                source.close()
            self._busy_since = None

    def _conclude(self, error: SourceUnavailableError | None, sink: FrameSink) -> Verdict:
        """Tell why the connection ended, unless another reader may come before anybody misses a picture."""
        verdict = self._open_source.ended(error)
        if error is None:
            return verdict
        is_missed = self._state.has_pictures and not self._exchange.is_under_way
        is_told = is_missed or not verdict.tries_another
        if is_told and self._state.lost(self._state_after(error), verdict.words):
            sink.state_changed()
        if not verdict.tries_another:
            self._exchange.is_under_way = False
            if isinstance(error, SourceUndecodableError):
                self._delivery.note_undecodable()
        return verdict

    def _opened(self) -> Source:
        """A source may decode a picture to know what it opens."""
        cpu_limit.begin_picture()
        self._opening.begin()
        try:
            return self._open_source()
        finally:
            cpu_limit.end_picture()

    def _state_after(self, error: SourceUnavailableError) -> CameraState:
        if isinstance(error, SourceUnauthorizedError):
            return CameraState.UNAUTHORIZED
        has_stream = self._state.has_pictures or isinstance(error, SourceUndecodableError)
        return CameraState.STALLED if has_stream else CameraState.OFFLINE

    def _deliver(self, source: Source, stop: threading.Event, sink: FrameSink) -> None:
        """Return when the camera is to be disconnected; raise when the source fails."""
        connected_at = wanted_at = self._clock.monotonic()
        captured_at_ns: int | None = None
        facts_at = float("-inf")
        self._delivery.begin()
        while not stop.is_set():
            self._busy_since = self._clock.monotonic()
            if source.grab():
                captured_at_ns = self._clock.utc_ns()
                self._rate.count(self._clock.monotonic())
            now, wanted = self._clock.monotonic(), self._wanted.renditions
            if now - facts_at >= FACTS_SECONDS:
                self.facts, facts_at = self._facts_of(source), now
                if now - connected_at >= STEADY_SECONDS and not self._exchange.needs_proof:
                    self._retries.note_steady()
            if captured_at_ns is None:
                continue
            self._opening.end()
            self._retries.note_accepted()
            if wanted:
                wanted_at = now
                self._delivery.show_if_due(source, wanted, captured_at_ns, sink)
            elif self._exchange.needs_proof:
                self._delivery.show(source, wanted, captured_at_ns, sink)
            else:
                self._delivery.stay_idle(sink)
                if self._is_to_be_closed(now - wanted_at):
                    return

    def _is_to_be_closed(self, idle_seconds: float) -> bool:
        """Whether to let the camera go while nobody wants pictures: until somebody does, or to try another reader."""
        if self._exchange.begin_if_due(idle_seconds):
            return True
        return self._policy.disconnects_when_idle and idle_seconds >= DISCONNECT_AFTER_SECONDS

    def _facts_of(self, source: Source) -> SourceFacts:
        facts = source.facts()
        self._delivery.lacks_cpu_time = facts.lacks_cpu_time
        lateness = self._delivery.lateness_notice(facts)
        notices = " ".join(filter(None, (self._open_source.notice, facts.notice, lateness)))
        return replace(facts, notice=self._in_words(notices) or None)
