"""The fan-out pass."""

import asyncio

from services.stream.api.mjpeg import with_advance_headers
from services.stream.fanout.feed import Feed
from services.stream.fanout.picture import Picture
from tests.stream.fanout.support import RecordingViewer
from tests.support.bus import jpeg_picture


def picture(level: int = 100, received_at: float = 5.0) -> Picture:
    return Picture("cam1", jpeg_picture(level), 10**18, received_at, live=True)


def test_everybody_gets_the_very_same_bytes() -> None:
    """They are built once per framing, however many watch."""
    feed = Feed("cam1", "main")
    watching = [RecordingViewer() for _ in range(3)]
    in_browser = RecordingViewer(with_advance_headers)
    for viewer in (*watching, in_browser):
        feed.add(viewer)
    feed.take(picture())
    first = watching[0].parts[0]
    assert all(viewer.parts[0] is first for viewer in watching)
    assert in_browser.parts[0] != first


async def test_a_task_that_waits_for_the_next_picture_gets_it() -> None:
    """A snapshot with nobody watching waits like this."""
    feed = Feed("cam1", "main")
    waiting = asyncio.create_task(feed.next_picture())
    await asyncio.sleep(0)
    taken = picture()
    feed.take(taken)
    assert await waiting is taken


def test_a_feed_is_wanted_while_it_has_viewers_and_a_while_after() -> None:
    """Pollers come again; the subscription must not come and go with each."""
    feed = Feed("cam1", "main")
    assert not feed.is_wanted(100.0)
    feed.want_until(110.0)
    feed.want_until(105.0)
    assert feed.is_wanted(109.9)
    assert not feed.is_wanted(110.0)
    feed.add(RecordingViewer())
    assert feed.is_wanted(200.0)


def test_viewers_that_come_and_go_between_passes_are_offered_each_picture_once() -> None:
    feed = Feed("cam1", "main")
    stayed, came, went = RecordingViewer(), RecordingViewer(), RecordingViewer()
    feed.add(stayed)
    feed.add(went)
    feed.take(picture(1))
    feed.add(came)
    feed.take(picture(2))
    feed.remove(went)
    feed.take(picture(3))
    feed.take(picture(4))
    assert [len(viewer.parts) for viewer in (stayed, came, went)] == [4, 3, 2]


def test_a_viewer_that_wants_fewer_gets_them_evenly_and_the_others_all() -> None:
    """?fps= concerns one viewer alone."""
    feed = Feed("cam1", "main")
    thrifty, other = RecordingViewer(fps=10), RecordingViewer()
    for viewer in (thrifty, other):
        feed.add(viewer)
    for number in range(30):
        feed.take(picture(number, 5.0 + number / 30))
    assert len(other.parts) == 30
    assert thrifty.parts == other.parts[::3]
