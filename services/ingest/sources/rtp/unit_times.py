"""When the camera took each access unit that arrived, by the time stamps and by the camera's clock. Pure."""

from collections.abc import Callable

from services.ingest.decoding.access_unit import AccessUnit
from services.ingest.decoding.lateness import CameraClock
from services.ingest.sources.rtp.timestamps import RtpTimestamps


class UnitTimes:
    """Call `note` with each unit that arrives, and `end_read` when all of a read's units are noted. One thread.

    Units that were read together waited in the socket for as long as the reader slept, or had no CPU. The newest of
    them waited least. So it alone is compared with the camera's clock, and the others are dated by it.
    """

    def __init__(self, is_starved: Callable[[], bool]) -> None:
        self._timestamps = RtpTimestamps()
        self._clock = CameraClock(is_starved)
        self._sender: int | None = None
        self._undated: list[AccessUnit] = []

    def note(self, unit: AccessUnit, arrived_at: float) -> None:
        """The unit was read at `arrived_at`, in monotonic seconds. Its `taken_at` is known after `end_read`."""
        unit.arrived_at = arrived_at
        self._undated.append(unit)

    def note_report(self, wall_seconds: float, timestamp: int) -> None:
        """The camera reports that its wall clock showed `wall_seconds` at this time stamp."""
        self._clock.note_report(wall_seconds, self._timestamps.peek(timestamp))

    def end_read(self, sender: int | None) -> None:
        """Date the units noted since the last call. `sender` is the SSRC of the newest."""
        if not self._undated:
            return
        if sender != self._sender:
            self._sender = sender
            self._clock.restart()
        newest = self._undated.pop()
        seconds = self._timestamps.seconds(newest.timestamp)
        newest.taken_at = self._clock.taken_at(seconds, newest.arrived_at)
        for unit in self._undated:
            before = seconds - self._timestamps.peek(unit.timestamp) if self._clock.is_believed else 0.0
            unit.taken_at = newest.taken_at - before
        self._undated.clear()
