"""What was last heard of one camera, and so why it may give no picture."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.archiver.base.epoch import from_ns
from services.archiver.capture.slots import Slot, slot_at
from services.archiver.db.intervals import GapReason
from services.archiver.db.models import ArchiveCamera
from shared.bus.status import CameraState, CameraStatus
from shared.clock import Clock
from shared.remote_clock import RemoteClock

SILENT_SECONDS: Final = 5.0
"""Statuses come every second."""
FORGET_AFTER: Final = timedelta(days=7)
"""A camera without a status for so long was probably removed while nobody listened."""


@dataclass(frozen=True, slots=True)
class MissReason:
    """Why there is no picture: a gap's reason, and the error in the camera's own status."""

    reason: str
    detail: str | None = None


class CameraPresence:
    """One camera's statuses. On the loop's thread only.

    `loop_seconds` is the time that silence is judged by (`LoopClock`). `ingest_silent_seconds` gives the seconds since
    the last status of any camera; None when none ever came. `known` is the camera as an earlier archiver remembered it.
    """

    def __init__(
        self,
        camera_key: str,
        clock: Clock,
        loop_seconds: Callable[[], float],
        ingest_silent_seconds: Callable[[], float | None],
        known: ArchiveCamera | None = None,
    ) -> None:
        self.camera_key = camera_key
        self.name = known.name if known else camera_key
        self.interval_seconds: int | None = known.interval_seconds if known else None
        """None while nothing is to be captured: the camera is disabled or removed."""
        self.is_streaming = False
        self.clock = clock
        """This host's clock, which decides which slot runs."""
        self.remote_clock = RemoteClock(clock)
        """The clock of ingest's host, which may be wrong."""
        self._loop_seconds = loop_seconds
        self._ingest_silent_seconds = ingest_silent_seconds
        self._status: CameraStatus | None = None
        self._heard_loop_seconds = float("-inf")
        self._heard_at = known.heard_at if known else from_ns(clock.utc_ns())

    @property
    def heard_at(self) -> datetime:
        """When the last status came."""
        return self._heard_at

    @property
    def is_configured(self) -> bool:
        """Whether ingest reports the camera now. A camera that is switched off is reported, too."""
        is_heard = self._loop_seconds() - self._heard_loop_seconds <= SILENT_SECONDS
        return is_heard and self._status is not None and self._status.state is not CameraState.REMOVED

    @property
    def is_forgotten(self) -> bool:
        """Whether the last status came so long ago that no more gaps are reported until another one comes."""
        return from_ns(self.clock.utc_ns()) - self._heard_at > FORGET_AFTER

    def running_slot(self) -> Slot | None:
        """The slot that runs now; None while the camera is disabled or removed."""
        return None if self.interval_seconds is None else slot_at(self.clock.utc_ns(), self.interval_seconds)

    def hear(self, status: CameraStatus) -> None:
        """A status of this camera has come."""
        self._status = status
        self.remote_clock.observe(status.sent_at_ns)
        self._heard_loop_seconds = self._loop_seconds()
        self._heard_at = from_ns(self.clock.utc_ns())
        self.name = _storable(status.name)
        self.is_streaming = status.is_streaming
        away = status.state in (CameraState.DISABLED, CameraState.REMOVED)
        self.interval_seconds = None if away else status.capture_interval_seconds

    def miss_reason(self) -> MissReason | None:
        """Why the camera gives no picture at the moment; None when it should give one."""
        if self._status is None or self._loop_seconds() - self._heard_loop_seconds > SILENT_SECONDS:
            ingest_silent = self._ingest_silent_seconds()
            gone = ingest_silent is None or ingest_silent > SILENT_SECONDS
            return MissReason((GapReason.INGEST_UNREACHABLE if gone else GapReason.NOT_REPORTED).value)
        if not self._status.is_streaming:
            return MissReason(f"camera {self._status.state.value}", _storable(self._status.last_error or "") or None)
        return None


def _storable(text: str) -> str:
    """The text without the one character that PostgreSQL refuses."""
    return text.replace("\0", "")
