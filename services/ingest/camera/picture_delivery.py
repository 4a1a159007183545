"""What becomes of a camera's pictures: frames for the sink. Where no clean picture comes, it judges why.

It owns neither the connection nor the waiting. `renditions.py` decides which frames are made of a picture,
`picture_wait.py` how long none may come, `state.py` what that does to the state.
"""

from dataclasses import replace
from typing import Final

from services.ingest.camera.frame_sink import FrameSink
from services.ingest.camera.picture_wait import PictureWait
from services.ingest.camera.policy import CameraPolicy
from services.ingest.camera.reader_exchange import ReaderExchange
from services.ingest.camera.renditions import Renditions
from services.ingest.camera.state import ObservedState, StateTracker
from services.ingest.decoding import cpu_limit
from services.ingest.decoding.lateness import LATE_SECONDS
from services.ingest.decoding.pictures import Picture
from services.ingest.sources import Source, SourceFacts, SourceUndecodableError, failure_reasons
from shared.bus.status import CameraState
from shared.clock import NS_PER_SECOND, Clock
from shared.shortage import shortage

TOLD_LATENESS_SECONDS: Final = 0.5
"""A picture's time is corrected by lateness beyond this. Less may be the size of a key frame."""
LONG_WORK_SECONDS: Final = 1.0
"""A picture that takes this long to decode and encode is one for which this computer has no time."""


class PictureDelivery:
    """Delivers the pictures of one connection after the other. Used by the camera's thread only, except for `told`."""

    def __init__(
        self,
        renditions: Renditions,
        *,
        state: StateTracker,
        exchange: ReaderExchange,
        policy: CameraPolicy,
        clock: Clock,
    ) -> None:
        self._renditions = renditions
        self._state = state
        self._exchange = exchange
        self._stall_seconds = policy.stall_seconds
        self._frozen_seconds = policy.frozen_seconds
        self._late_seconds = 0.0
        """How late the newest picture was."""
        self._newest_at = float("inf")
        """When the newest picture was taken, by the monotonic clock."""
        self._working_since: float | None = None
        self._overdue: ObservedState | None = None
        """The state that was told while a picture was worked on for too long."""
        self.lacks_cpu_time = False
        """As the source said last."""
        self._clock = clock
        self._wait = PictureWait(stall_seconds=policy.stall_seconds, open_seconds=policy.open_seconds)

    def begin(self) -> None:
        """A connection begins."""
        self._wait.begin(self._clock.monotonic())
        self._renditions.begin()

    def note_undecodable(self) -> None:
        """The connection ended because no reader made a picture of what arrived."""
        self._wait.lengthen()

    def show_if_due(self, source: Source, wanted: frozenset[str], captured_at_ns: int, sink: FrameSink) -> None:
        """Deliver the source's newest frame, captured at `captured_at_ns` (UTC), as the `wanted` renditions."""
        if self._renditions.is_due(wanted, self._clock.monotonic()):
            self.show(source, wanted, captured_at_ns, sink)

    def show(self, source: Source, wanted: frozenset[str], captured_at_ns: int, sink: FrameSink) -> None:
        """The same without pacing. With nothing `wanted`, the picture only proves that the reader works.

        Raises:
            SourceUndecodableError: when another reader should have its turn.
        """
        cpu_limit.begin_picture()
        self._working_since = self._clock.monotonic()
        try:
            picture = source.retrieve()
            if picture is None:
                self._judge(source, sink)
            else:
                self._late_seconds = source.late_seconds()
                self._publish(source, picture, wanted, captured_at_ns, sink)
        finally:
            self._working_since = None
            cpu_limit.end_picture()

    def told(self, observed: ObservedState) -> ObservedState:
        """`observed`, or stalled: a live camera's newest picture is too old, for this computer has no time. Any thread.

        The camera's own thread can't tell: a computer with too much to do keeps it in the midst of a picture, or of
        reading what has arrived.
        """
        since, now = self._working_since, self._clock.monotonic()
        old_seconds = now - self._newest_at - self._renditions.period_seconds
        is_busy = self.lacks_cpu_time or (since is not None and now - since >= LONG_WORK_SECONDS)
        if observed.state is not CameraState.LIVE or not is_busy or old_seconds < self._stall_seconds:
            return observed
        if self._overdue is None:
            words = self._state.in_words(failure_reasons.TOO_SLOW.format(old_seconds, shortage()))
            self._overdue = replace(
                observed, state=CameraState.STALLED, since_ns=self._clock.utc_ns(), last_error=words
            )
        return self._overdue

    def lateness_notice(self, facts: SourceFacts) -> str | None:
        """What to tell while pictures come late, if they do."""
        return self._lateness_words(facts) if self._late_seconds > LATE_SECONDS else None

    def stay_idle(self, sink: FrameSink) -> None:
        """Frames arrive and nobody wants pictures. A camera that was frozen may still be."""
        self._late_seconds = 0.0
        self._wait.begin(self._clock.monotonic())
        self._renditions.rest()
        if self._state.observed.state is not CameraState.FROZEN:
            self._delivers(CameraState.IDLE, sink)

    def _judge(self, source: Source, sink: FrameSink) -> None:
        """There is no clean picture."""
        now = self._clock.monotonic()
        if not self._wait.is_late(now):
            return
        facts = source.facts()
        if self._exchange.has_choice and self._wait.is_hopeless(facts, now):
            raise SourceUndecodableError(self._wait.failure(facts))
        if self._exchange.is_under_way:
            return
        problem = self._wait.problem(facts)
        if facts.waits_for_key_frame and not facts.lost_packets and not self._state.has_pictures:
            is_news = self._state.waits(problem)
        else:
            is_news = self._state.lost(CameraState.STALLED, problem)
        if is_news:
            sink.state_changed()

    def _publish(
        self, source: Source, picture: Picture, wanted: frozenset[str], captured_at_ns: int, sink: FrameSink
    ) -> None:
        now = self._clock.monotonic()
        self._wait.begin(now)
        self._exchange.picture_came()
        if not wanted or self._is_too_late(source, sink):
            return
        self._newest_at = now - self._late_seconds
        if self._late_seconds >= TOLD_LATENESS_SECONDS:
            captured_at_ns = self._clock.utc_ns() - round(self._late_seconds * NS_PER_SECOND)
        frames = self._renditions.render(picture, wanted, captured_at_ns, now)
        size = self._renditions.size_of(picture)
        if self._frozen_seconds is not None and now - self._renditions.same_since >= self._frozen_seconds:
            self._delivers(CameraState.FROZEN, sink, size)
            return
        self._late_seconds = self._clock.monotonic() - self._newest_at
        if self._is_too_late(source, sink):
            self._renditions.begin()  # what was encoded meanwhile goes nowhere
            return
        self._delivers(CameraState.LIVE, sink, size)
        for frame in frames:
            sink.publish(frame)

    def _is_too_late(self, source: Source, sink: FrameSink) -> bool:
        """Whether the picture is too old to be shown. Then it is said."""
        if self._late_seconds < self._stall_seconds:
            return False
        if self._state.lost(CameraState.STALLED, self._lateness_words(source.facts())):
            sink.state_changed()
        return True

    def _lateness_words(self, facts: SourceFacts) -> str:
        if facts.lacks_cpu_time:
            return failure_reasons.TOO_SLOW.format(self._late_seconds, shortage())
        return failure_reasons.COME_LATE.format(self._late_seconds)

    def _delivers(self, state: CameraState, sink: FrameSink, size: tuple[int, int] | None = None) -> None:
        was_overdue, self._overdue = self._overdue is not None, None
        if self._state.delivers(state, size) or was_overdue:
            sink.state_changed()
