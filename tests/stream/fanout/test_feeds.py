"""Which feeds a replica has, and which of them it subscribes to."""

import time

import pytest

from services.stream.fanout.cameras import Cameras
from services.stream.fanout.feeds import LINGER_SECONDS, Feeds
from shared.bus.topics import frame_topic
from tests.stream.fanout.support import RecordingBus, RecordingViewer
from tests.support.bus import frame_of, status_of

MAIN, NARROW = frame_topic("cam1", "main"), frame_topic("cam1", "32")


@pytest.fixture
def bus() -> RecordingBus:
    return RecordingBus()


@pytest.fixture
def feeds(bus: RecordingBus) -> Feeds:
    cameras = Cameras()
    cameras.hear(status_of("cam1"), time.monotonic())
    return Feeds(bus, cameras)


def test_a_rendition_has_one_feed_and_one_subscription(bus: RecordingBus, feeds: Feeds) -> None:
    """However many viewers join it."""
    first = feeds.join(RecordingViewer(), "cam1", "main")
    assert feeds.join(RecordingViewer(), "cam1", "main") is first
    assert feeds.join(RecordingViewer(), "cam1", "32") is not first
    assert bus.calls == [("subscribe", MAIN), ("subscribe", NARROW)]


def test_a_feed_stays_subscribed_for_a_moment_after_its_last_viewer(bus: RecordingBus, feeds: Feeds) -> None:
    """A page that is loaded again finds it warm."""
    viewer = RecordingViewer()
    feed = feeds.join(viewer, "cam1", "main")
    feeds.leave(viewer, feed)
    left_at = time.monotonic()
    feeds.unsubscribe_unwanted(left_at)
    assert bus.topics == {MAIN}
    assert feeds.wanted(left_at) == [feed]
    feeds.unsubscribe_unwanted(left_at + LINGER_SECONDS)
    assert bus.topics == set()
    assert feeds.wanted(left_at + LINGER_SECONDS) == []


def test_a_picture_that_waited_while_the_replica_stood_still_is_not_shown(bus: RecordingBus) -> None:
    """It shows the past. Those that are taken after the stall are shown, and so is one that is late otherwise."""
    cameras, awake_seconds = Cameras(), [0.1]
    cameras.hear(status_of("cam1"), time.monotonic())
    feeds = Feeds(bus, cameras, awake_seconds=lambda: awake_seconds[0])
    feed = feeds.join(RecordingViewer(), "cam1", "main")
    late = frame_of("cam1")._replace(captured_at_ns=time.time_ns() - 5 * 10**9)

    feeds.take(late, time.monotonic())
    assert feed.newest is None
    feeds.take(frame_of("cam1"), time.monotonic())
    assert feed.newest is not None
    awake_seconds[0] = 60.0
    feeds.take(late, time.monotonic())
    assert feed.newest.captured_at_ns == late.captured_at_ns


def test_a_feed_that_was_given_up_forgets_its_newest_picture(feeds: Feeds) -> None:
    """Its next viewer must not see it as a new one."""
    viewer = RecordingViewer()
    feed = feeds.join(viewer, "cam1", "main")
    feeds.take(frame_of("cam1"), time.monotonic())
    assert feed.newest is not None
    assert feeds.frame_age_seconds("cam1") is not None
    feeds.leave(viewer, feed)
    feeds.unsubscribe_unwanted(time.monotonic() + LINGER_SECONDS)
    assert feed.newest is None
    assert feeds.frame_age_seconds("cam1") is None


def test_a_feed_that_is_wanted_again_is_subscribed_to_again(bus: RecordingBus, feeds: Feeds) -> None:
    """It is the same feed, so its last picture still makes the placeholder's ground."""
    feed = feeds.subscribed("cam1", "main")
    feeds.unsubscribe_unwanted(time.monotonic())
    assert feeds.subscribed("cam1", "main") is feed
    assert bus.calls == [("subscribe", MAIN), ("unsubscribe", MAIN), ("subscribe", MAIN)]


def test_frames_reach_the_feed_of_their_rendition_alone(feeds: Feeds) -> None:
    """A frame that nobody asked for, or that is not live, is shown to nobody."""
    wide, narrow = RecordingViewer(), RecordingViewer()
    feeds.join(wide, "cam1", "main")
    feeds.join(narrow, "cam1", "32")
    for frame in (frame_of("cam1"), frame_of("cam2"), frame_of("cam1", rendition="16"), frame_of("cam1", live=False)):
        feeds.take(frame, time.monotonic())
    assert (len(wide.parts), len(narrow.parts)) == (1, 0)


def test_viewers_of_a_camera_not_yet_known_have_a_feed_without_a_subscription(bus: RecordingBus, feeds: Feeds) -> None:
    """There is no topic to name, but there is a placeholder to show."""
    feed = feeds.join(RecordingViewer(), None, "main")
    assert feed.camera_key is None
    assert bus.calls == []
    assert feeds.ladder(None, 320) == feeds.ladder("cam9", None) == ["main"]


def test_the_ladder_is_the_cameras(feeds: Feeds) -> None:
    """Its statuses tell which widths there are."""
    assert feeds.ladder("cam1", None) == ["main", "32", "16"]
    assert feeds.ladder("cam1", 32) == ["32", "16"]
