"""Which slots of one camera got no picture, and why. Reports them when the next slot begins."""

from collections.abc import Callable

from services.archiver.base.capture_rule import ALWAYS, CaptureRule
from services.archiver.base.clock_doubt import STEP_SECONDS
from services.archiver.capture.camera_presence import CameraPresence, MissReason
from services.archiver.capture.slots import Slot
from services.archiver.db.intervals import GapReason, Missed, Stretch, joined
from services.archiver.db.slot_report import SlotReport
from shared.clock import NS_PER_SECOND
from shared.logs import get_logger

log = get_logger(__name__)


class MissedSlots:
    """On the loop's thread only. `report` gets each report at once and must not block."""

    def __init__(
        self,
        presence: CameraPresence,
        report: Callable[[SlotReport], None],
        rule: Callable[[], CaptureRule] = lambda: ALWAYS,
    ) -> None:
        self._rule = rule
        self._presence = presence
        self._report_to = report
        self._since: int | None = None
        """The start of the first slot from which on every slot was covered, without a break (epoch seconds)."""
        self._since_offset_ns = 0
        """How far the wall clock was ahead of the time since boot then: it differs once somebody has set the clock."""
        self._camera_reason: MissReason | None = None
        """Why the camera gave no picture for the running slot, at the last check that found a reason."""
        self._obstacle: MissReason | None = None
        """Why a picture of the running slot could not be archived. It goes before the camera's reason."""
        self._missed: tuple[Missed, ...] = ()
        self.count = 0
        """How many slots were missed since this archiver started."""

    def note_presence(self) -> None:
        """Check whether the camera gives pictures, and remember why not. Call it often while a slot waits."""
        self._camera_reason = self._presence.miss_reason() or self._camera_reason

    def note_obstacle(self, reason: GapReason) -> None:
        """A picture came, but could not be archived."""
        self._obstacle = MissReason(reason.value)

    def slot_began(self, slot: Slot, missed: Slot | None) -> None:
        """A slot has begun; `missed` is the one before it if that got no picture.

        The one before may have been cut short, by another interval.
        """
        if self._since is None:
            self._since, self._since_offset_ns = slot.start_seconds, self._offset_ns()
        if missed is not None:
            self._miss(Stretch(missed.start_seconds, min(missed.end_seconds, slot.start_seconds)))
        self._obstacle = self._camera_reason = None
        self.note_presence()
        if not self._presence.is_forgotten:
            self._report(slot.interval_seconds, slot.start_seconds, active=True)

    def camera_left(self, last: Slot | None) -> None:
        """The camera was disabled or removed; `last` is the slot that ran then."""
        if last is not None:
            self._report(last.interval_seconds, last.start_seconds, active=False)
        self._since = None

    def _miss(self, stretch: Stretch) -> None:
        self.count += 1
        why = self._obstacle or self._camera_reason or MissReason(GapReason.NO_FRESH_PICTURE.value)
        log.warning(
            "slot ended without a picture", camera=self._presence.camera_key, slot=stretch.start, why=why.reason
        )
        self._missed = joined(self._missed, [Missed(stretch, why.reason, why.detail)])

    def _report(self, interval_seconds: int, until: int, *, active: bool) -> None:
        presence, missed, self._missed = self._presence, self._missed, ()
        report = SlotReport(
            camera_key=presence.camera_key,
            name=presence.name,
            interval_seconds=interval_seconds,
            since=self._covered_since(until, interval_seconds),
            until=until,
            heard_at=presence.heard_at,
            missed=missed,
            active=active,
            rule=self._rule(),
        )
        self._report_to(report)

    def _covered_since(self, until: int, interval_seconds: int) -> int:
        """Since when every slot was covered, by the wall clock as it is set now: it may have been set since."""
        if self._since is None:
            return until
        set_seconds = round((self._offset_ns() - self._since_offset_ns) / NS_PER_SECOND)
        if abs(set_seconds) <= STEP_SECONDS:
            return self._since
        return min(until, (self._since + set_seconds) // interval_seconds * interval_seconds)

    def _offset_ns(self) -> int:
        return self._presence.clock.utc_ns() - self._presence.clock.boot_ns()
