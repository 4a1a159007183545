"""What each camera's archive takes, and what will be deleted of it in the days to come: for people, in round terms.

By age this is exact for the frames there are. Beyond a limit it supposes that frames go on to come as in the last 30
days.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.archiver.base.local_time import ONE_DAY
from services.archiver.retention.forecast import Forecast, Forecaster, excess_of, total_of
from services.archiver.retention.plan import FrameInfo
from services.archiver.retention.queries import Intake, Usage

MEASURED: Final = timedelta(days=30)
"""The time from which the intake is taken."""
YEAR_SECONDS: Final = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Deletion:
    """Frames of one camera that will go, captured from `oldest` to `newest`; the first of them goes at `first_at`."""

    is_by_age: bool
    frames: int
    bytes: int
    oldest: datetime
    newest: datetime
    first_at: datetime


@dataclass(frozen=True, slots=True)
class CameraOutlook:
    """One camera. `bytes_a_year` is 0 when nothing was captured lately."""

    camera_key: str
    used: Usage
    bytes_a_year: int
    deletions: tuple[Deletion, ...]


class Outlook:
    """Of the cameras in `usage`, for some days from now. `forecast` is the one of the same days. Blocks.

    Every method raises DatabaseUnavailableError when the database is unavailable.
    """

    def __init__(
        self, forecaster: Forecaster, usage: Mapping[str, Usage], forecast: Forecast, now: datetime, days: int
    ) -> None:
        self._forecaster = forecaster
        self._usage = usage
        self._now = now
        self._seconds = days * ONE_DAY.total_seconds()
        self._going: dict[tuple[str, bool], list[tuple[FrameInfo, datetime]]] = defaultdict(list)
        """By camera and whether it is by age: the frames that go, and when."""
        for each in forecast.all:
            self._going[each.frame.camera_key, True].append((each.frame, max(each.until, now)))

    def cameras(self) -> list[CameraOutlook]:
        """One for each camera, in the order of their keys."""
        usage, rates = self._usage, self._rates()
        for key, used in usage.items():
            self._make_room(key, used, rates.get(key, 0.0), self._forecaster.rules.rule_of(key).max_bytes)
        self._make_room(None, total_of(usage), sum(rates.values()), self._forecaster.max_bytes)
        return [
            CameraOutlook(key, used, int(rates.get(key, 0.0) * YEAR_SECONDS), tuple(self._deletions(key)))
            for key, used in usage.items()
        ]

    def _rates(self) -> dict[str, float]:
        """In bytes a second, by camera."""
        intake = self._forecaster.intake(self._now - MEASURED, self._now)
        return {key: _rate(each, self._now) for key, each in intake.items()}

    def _make_room(self, camera_key: str | None, used: Usage, rate: float, max_bytes: int) -> None:
        """Let the oldest go that the limit of the camera, or of all, will have no room for in the end."""
        if not max_bytes:
            return
        change_bytes = int(rate * self._seconds) - sum(frame.byte_count for frame in self._frames_going(camera_key))
        future = Usage(used.frames, used.bytes + change_bytes, used.kept_frames, used.kept_bytes)
        room_bytes = max(max_bytes - used.bytes, 0)
        at = self._now + timedelta(seconds=min(room_bytes / rate, self._seconds) if rate else 0)
        gone = {frame.id for frame in self._frames_going(None)}
        for each in self._forecaster.beyond(camera_key, excess_of(future, max_bytes), self._forecaster.newest(), gone):
            self._going[each.frame.camera_key, False].append((each.frame, at))

    def _frames_going(self, camera_key: str | None) -> Iterator[FrameInfo]:
        """Of the camera, or of all."""
        for (key, _), going in self._going.items():
            if camera_key in (None, key):
                yield from (frame for frame, _ in going)

    def _deletions(self, camera_key: str) -> Iterator[Deletion]:
        for is_by_age in (True, False):
            going = self._going.get((camera_key, is_by_age))
            if going:
                captured = [frame.captured_at for frame, _ in going]
                size = sum(frame.byte_count for frame, _ in going)
                first_at = min(at for _, at in going)
                yield Deletion(is_by_age, len(going), size, min(captured), max(captured), first_at)


def _rate(intake: Intake, now: datetime) -> float:
    """Bytes a second since the first frame. One that has just come stands for its whole slot."""
    seconds = max((now - intake.first_at).total_seconds(), intake.frames * intake.interval_seconds, 1.0)
    return intake.bytes / seconds
