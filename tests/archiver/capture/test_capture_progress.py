"""When a camera that is live counts as one whose pictures do not arrive."""

from datetime import UTC, datetime

from services.archiver.capture.camera_presence import CameraPresence
from services.archiver.capture.capture_progress import CaptureProgress
from shared.bus.status import CameraState
from tests.archiver.capture.clock import FakeClock
from tests.support.bus import status_of

AT = datetime(2026, 11, 22, 14, tzinfo=UTC)
HOUR = 3600


class Watched:
    """A camera whose slots are hours, and what is counted of it each second of the archiver's loop."""

    def __init__(self) -> None:
        self.time = FakeClock(AT)
        self.is_due = True
        self.presence = CameraPresence("camera_1", self.time.clock, self.time.clock.monotonic, lambda: 0.0)
        self.progress = CaptureProgress(self.presence, self.time.clock.monotonic, lambda: self.is_due)

    def goes_on(self, seconds: float, state: CameraState = CameraState.LIVE) -> float | None:
        """Its statuses come in the meantime; how long it is overdue at the end."""
        for _ in range(20):
            self.time.advance(seconds / 20)
            sent_at_ns = self.time.clock.utc_ns()
            self.progress.note()
            self.presence.hear(status_of("camera_1", state, capture_interval_seconds=HOUR, sent_at_ns=sent_at_ns))
        return self.progress.overdue_seconds()


def live() -> Watched:
    watched = Watched()
    watched.goes_on(0.02)
    return watched


def test_two_intervals_without_a_picture_are_too_long_and_a_picture_ends_it() -> None:
    """One is not: the picture may come late in its slot."""
    watched = Watched()
    watched.presence.miss_reason = lambda: None  # type: ignore[method-assign] # statuses come far apart here
    assert watched.goes_on(1.9 * HOUR) is None
    overdue = watched.goes_on(0.3 * HOUR)
    assert overdue is not None
    assert 2 * HOUR <= overdue <= 2.3 * HOUR
    watched.progress.archived()
    assert watched.goes_on(0.5 * HOUR) is None


def test_a_camera_that_is_away_owes_nothing_meanwhile() -> None:
    """It is offline, or switched off, or not due."""
    for state in (CameraState.OFFLINE, CameraState.DISABLED):
        watched = live()
        for _ in range(3 * HOUR // 60):
            assert watched.goes_on(60, state) is None
    watched = live()
    watched.is_due = False
    for _ in range(3 * HOUR // 60):
        assert watched.goes_on(60) is None


def test_a_camera_that_comes_and_goes_still_owes_its_pictures() -> None:
    """Else bad Wi-Fi would hide a full disk for ever."""
    watched = live()
    for _ in range(4 * 60 + 10):
        watched.goes_on(30)
        overdue = watched.goes_on(30, CameraState.OFFLINE)
        assert overdue is None
    assert watched.goes_on(30) is not None


def test_what_an_earlier_archiver_missed_counts_once_this_one_gets_nothing_either() -> None:
    """Else one that crashes every ten minutes would owe nothing."""
    watched = live()
    watched.progress.inherit(5 * HOUR)
    assert watched.goes_on(30) is None
    overdue = watched.goes_on(40)
    assert overdue is not None
    assert overdue > 5 * HOUR


def test_a_wall_clock_that_jumps_changes_nothing() -> None:
    """Neither way: slots go by it, this does not."""
    watched = live()
    watched.goes_on(60)
    watched.time.set_wall(datetime(2036, 1, 1, tzinfo=UTC))
    assert watched.goes_on(30) is None
    watched.time.set_wall(datetime(1970, 1, 2, tzinfo=UTC))
    assert watched.goes_on(30) is None
