"""The fan-out pass."""

import asyncio
from dataclasses import dataclass, field

from services.stream.feed import Feed, Picture
from services.stream.mjpeg import Framing
from services.stream.viewer import AsgiViewer
from tests.support.bus import jpeg_picture


@dataclass(eq=False)
class Recorder:
    """A viewer that takes everything."""

    framing: Framing = Framing.LENGTH
    parts: list[bytes] = field(default_factory=list)

    def offer(self, part: bytes) -> bool:
        self.parts.append(part)
        return True

    def close(self) -> None: ...


def picture(level: int = 100) -> Picture:
    return Picture(jpeg_picture(level), 10**18, 5.0, live=True)


def test_everybody_gets_the_very_same_bytes() -> None:
    """Built once per framing, however many watch."""
    feed = Feed("cam1")
    watching = [Recorder() for _ in range(3)]
    in_browser = Recorder(Framing.ADVANCE)
    feed.viewers.update([*watching, in_browser])
    feed.take(picture())
    first = watching[0].parts[0]
    assert all(viewer.parts[0] is first for viewer in watching)
    assert in_browser.parts[0] != first


async def test_who_waits_for_the_next_picture_gets_it() -> None:
    """A snapshot with nobody watching waits like this."""
    feed = Feed("cam1")
    waiting = asyncio.create_task(feed.next_picture())
    await asyncio.sleep(0)
    taken = picture()
    feed.take(taken)
    assert await waiting is taken


def test_a_feed_is_wanted_while_it_has_viewers_and_a_while_after() -> None:
    """Pollers come again; the subscription must not come and go with each."""
    feed = Feed("cam1")
    assert not feed.is_wanted(100.0)
    feed.want_until(110.0)
    feed.want_until(105.0)
    assert feed.is_wanted(109.9)
    assert not feed.is_wanted(110.0)
    feed.viewers.add(Recorder())
    assert feed.is_wanted(200.0)


async def test_a_slow_viewer_behind_asgi_skips_to_the_newest_part() -> None:
    """One part waits at the most, so nobody is ever shown the past."""
    viewer = AsgiViewer(Framing.LENGTH)
    assert viewer.offer(b"first")
    assert not viewer.offer(b"second")
    assert await viewer.next_part() == b"second"
    viewer.offer(b"third")
    viewer.close()
    assert await viewer.next_part() is None
