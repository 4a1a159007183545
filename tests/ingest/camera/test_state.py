"""How a camera's state follows from what its thread reports."""

from services.ingest.camera.state import MAX_NEWS, NEWS_SECONDS, StateTracker
from shared.bus.status import CameraState
from shared.clock import Clock


def tracker_at(times: list[int]) -> StateTracker:
    """One whose clock gives `times` (in UTC nanoseconds), one at each reading."""
    return StateTracker("cam1", Clock(utc_ns=iter(times).__next__))


def test_a_report_without_news_changes_nothing() -> None:
    """It is made for every frame, and no status need be sent."""
    tracker = tracker_at([0, 1, 2])
    assert tracker.delivers(CameraState.LIVE, (64, 48))
    before = tracker.observed
    assert not tracker.delivers(CameraState.LIVE, (64, 48))
    assert not tracker.delivers(CameraState.LIVE)
    assert tracker.observed is before
    assert tracker.lost(CameraState.STALLED, "gone")
    assert not tracker.lost(CameraState.STALLED, "gone")


def test_a_new_size_is_news_and_no_new_beginning() -> None:
    """The camera has delivered since the same instant."""
    tracker = tracker_at([0, 1])
    tracker.delivers(CameraState.LIVE, (64, 48))
    assert tracker.delivers(CameraState.LIVE, (32, 24))
    assert (tracker.observed.width, tracker.observed.height, tracker.observed.since_ns) == (32, 24, 1)


def test_the_last_size_is_kept_while_there_are_no_pictures() -> None:
    """The marked picture that viewers get then is of that size."""
    tracker = tracker_at([0, 1, 2])
    tracker.delivers(CameraState.LIVE, (64, 48))
    tracker.lost(CameraState.STALLED, "gone")
    assert (tracker.observed.width, tracker.observed.height) == (64, 48)
    assert not tracker.has_pictures


def test_only_a_return_from_an_outage_is_a_reconnect() -> None:
    """Neither the first picture is, nor the end of a freeze."""
    tracker = tracker_at(list(range(9)))
    tracker.delivers(CameraState.LIVE, (64, 48))
    tracker.delivers(CameraState.FROZEN, (64, 48))
    tracker.delivers(CameraState.LIVE, (64, 48))
    assert tracker.observed.reconnects == 0
    tracker.lost(CameraState.OFFLINE, "gone")
    tracker.delivers(CameraState.IDLE)
    assert tracker.observed.reconnects == 1
    assert tracker.observed.last_error is None


def test_trouble_in_ever_new_words_is_told_seldom_and_the_last_words_in_the_end() -> None:
    """A camera may send thirty damaged pictures a second, each damaged in its own way."""
    now = [0.0]
    tracker = StateTracker("cam1", Clock(monotonic=lambda: now[0]))
    news = 0
    for number in range(3000):
        now[0] = number / 30
        news += tracker.lost(CameraState.STALLED, f"word {number}")
    assert news <= 100 / NEWS_SECONDS * MAX_NEWS + MAX_NEWS
    now[0] += NEWS_SECONDS
    assert tracker.lost(CameraState.STALLED, "the last word")
    assert tracker.lost(CameraState.OFFLINE, "another state is news at once")


def test_waiting_in_ever_new_words_is_told_seldom_too() -> None:
    """Nothing is wrong then, but each is a line as well."""
    tracker = StateTracker("cam1", Clock(monotonic=lambda: 0.0))
    assert sum(tracker.waits(f"word {number}") for number in range(3000)) == MAX_NEWS
