"""A computer whose clock the test sets, with the archive that it keeps."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.archiver.base.clock_doubt import Moment
from services.archiver.base.epoch import EPOCH
from services.archiver.base.trusted_clock import TrustedClock
from services.archiver.db.clock_rows import new_row
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import FrameFiles, StoredFrame
from services.archiver.files.paths import FrameName
from services.archiver.files.webp import Label, WebpOptions, encode_webp
from shared.clock import NS_PER_SECOND, Clock
from tests.support.archive import picture_of

HOUR_SECONDS = 3600


@dataclass
class World:
    """Time passes by `advance`; `set` sets the wall clock alone. `at` is what it shows."""

    at: datetime
    up: timedelta = timedelta(hours=1)
    boots: int = 1
    clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = Clock(
            lambda: ((self.at - EPOCH) // timedelta(microseconds=1)) * 1000,
            lambda: self.up.total_seconds(),  # noqa: PLW0108 `up` changes
            lambda: round(self.up.total_seconds() * NS_PER_SECOND),
        )

    def advance(self, span: timedelta) -> None:
        self.at += span
        self.up += span

    def set(self, at: datetime) -> None:
        self.at = at

    def reboot(self) -> None:
        self.boots += 1
        self.up = timedelta(seconds=20)

    def trusted_clock(self) -> TrustedClock:
        """Of an archiver that starts now; not judged yet."""
        return TrustedClock(self.clock, f"{self.boots:036x}")


def capture(
    clock: TrustedClock, frame_files: FrameFiles, frame_rows: FrameRows, interval_seconds: int = HOUR_SECONDS
) -> ArchivedFrame:
    """A frame of the running slot, as the archiver keeps it: with its moment, and its row by the clock's doubt."""
    stored = save(clock, frame_files, interval_seconds)
    row = new_row(stored, clock)
    row.created_at += timedelta(milliseconds=1)  # the world stands still meanwhile
    frame_rows.add(row)
    found = frame_rows.by_path(stored.name.path)
    assert found is not None
    return found


def save(clock: TrustedClock, frame_files: FrameFiles, interval_seconds: int = HOUR_SECONDS) -> StoredFrame:
    """The file of such a frame, which has no row yet."""
    utc_ns = clock.clock.utc_ns()
    at = EPOCH + timedelta(microseconds=utc_ns // 1000)
    moment: Moment = clock.moment_at(utc_ns)
    webp = encode_webp(picture_of(at), Label("camera_1", at, interval_seconds, moment=moment), WebpOptions(method=0))
    seconds = utc_ns // NS_PER_SECOND
    return frame_files.save(FrameName("camera_1", seconds // interval_seconds * interval_seconds), webp)
