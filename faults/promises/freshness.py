"""Nobody is shown the past: a live picture is never older than promised, and neither is an archived one."""

from collections.abc import Iterator
from typing import Final

from faults.audience import parts_behind, parts_behind_archive
from faults.facts import Sight
from faults.promises.breach import Breach
from faults.record import Record

LIVE_SECONDS: Final = 5.0
"""A picture may be CAMERA_STALL_SECONDS (2 here) late. If it is the camera's last one, the camera is marked as stalled
after as long, and until then the picture is repeated each second as a still one."""
ARCHIVED_SECONDS: Final = 5.0
"""The archive takes what counts as live."""
CLOCK_ERROR_SECONDS: Final = 0.5
"""A picture can't be from the future, except by what two readings of one clock differ."""


class LiveIsFresh:
    """Judges each picture by the time that the camera painted into it."""

    name = "a picture that is marked live is fresh"

    def breaches(self, record: Record) -> Iterator[Breach]:
        for sight in record.sights:
            if not sight.live or sight.taken_at is None:
                continue
            age = sight.at - sight.taken_at - self._slack_seconds(record, sight)
            if age > LIVE_SECONDS and age > LIVE_SECONDS + self._late_seconds(record, sight, sight.taken_at):
                words = f"{sight.viewer} got a picture that is {sight.at - sight.taken_at:.1f} s old and marked live"
                yield Breach(self.name, sight.viewer, sight.at, words)
            elif sight.at - sight.taken_at < -CLOCK_ERROR_SECONDS:
                yield Breach(self.name, sight.viewer, sight.at, f"{sight.viewer} got a picture from the future")
        yield from self._archived(record)

    def _late_seconds(self, record: Record, sight: Sight, since: float) -> float:
        return record.late_seconds(since, sight.at, parts_behind(sight.viewer))

    def _slack_seconds(self, record: Record, sight: Sight) -> float:
        covering = (window for window in record.windows_of(sight.viewer) if window.covers(sight.at))
        return max((window.promise.live_slack_seconds for window in covering), default=0.0)

    def _archived(self, record: Record) -> Iterator[Breach]:
        for picture in record.archived:
            if picture.taken_at is None:
                continue
            parts = parts_behind_archive(picture.camera)
            since, until = sorted((picture.taken_at, picture.captured_at))
            allowed = ARCHIVED_SECONDS + record.late_seconds(since, until, parts)
            late = max(picture.captured_at, picture.slot_start) - picture.taken_at
            early = picture.taken_at - min(picture.captured_at, picture.slot_start + picture.slot_seconds)
            for seconds, how in ((late - _ahead_seconds(record, picture.taken_at), "late"), (early, "early")):
                if seconds > allowed:
                    words = f"the archive dates a picture of {picture.camera} {seconds:.1f} s too {how}"
                    yield Breach(self.name, f"archive of {picture.camera}", picture.taken_at, words)


def _ahead_seconds(record: Record, taken_at: float) -> float:
    """By how much a clock that is ahead may have dated the picture too late. A clock in doubt excuses none: when the
    doubt ends, its pictures are dated anew.
    """
    covering = (window for window in record.windows if window.covers(taken_at))
    return max((window.promise.dates_ahead_seconds for window in covering), default=0.0)
