"""How long one camera, though live, has owed the archive a picture: for `/readyz?strict` and for people."""

from collections.abc import Callable
from typing import Final

from services.archiver.capture.camera_presence import CameraPresence

INTERVALS: Final = 2
"""This many slots without a picture are too many."""
LEAST_SECONDS: Final = 10.0
"""Intervals of a second or two are missed now and then on a busy machine."""
GRACE_SECONDS: Final = 60.0
"""What an earlier archiver missed counts only when this one, too, has got nothing for so long."""


class CaptureProgress:
    """Counts the time in which pictures were due and the camera was live. It counts on the loop's thread only.

    A camera that is away owes nothing meanwhile; but being away for a moment does not pay what it owed before.
    `loop_seconds` is the time of the loop (`LoopClock`), so a wall clock that jumps changes nothing.
    """

    def __init__(self, presence: CameraPresence, loop_seconds: Callable[[], float], is_due: Callable[[], bool]) -> None:
        self._presence = presence
        self._is_due = is_due
        self._loop_seconds = loop_seconds
        self._noted_at = loop_seconds()
        self._owed_seconds = 0.0
        self._inherited_seconds = 0.0

    def note(self) -> None:
        """Count the time since the last call. Call it often."""
        now = self._loop_seconds()
        if self._owes():
            self._owed_seconds += now - self._noted_at
        self._noted_at = now

    def inherit(self, seconds: float) -> None:
        """Count what nobody got before this archiver started: else one that crashes again and again owes nothing."""
        self._inherited_seconds = max(0.0, seconds)

    def archived(self) -> None:
        """A picture is stored."""
        self._noted_at = self._loop_seconds()
        self._owed_seconds = self._inherited_seconds = 0.0

    def overdue_seconds(self) -> float | None:
        """For how long nothing was archived though it should have been; None unless that is too long, and lasts.

        From any thread.
        """
        interval = self._presence.interval_seconds
        if interval is None or not self._owes():
            return None
        most = max(float(INTERVALS * interval), LEAST_SECONDS)
        owed = self._owed_seconds + self._inherited_seconds
        return owed if owed >= most and self._owed_seconds >= min(most, GRACE_SECONDS) else None

    def _owes(self) -> bool:
        presence = self._presence
        return presence.interval_seconds is not None and presence.miss_reason() is None and self._is_due()
