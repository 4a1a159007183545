"""The feeds of a replica: which exist, and which are subscribed to on the bus. Subscriptions are the demand, so a feed
is subscribed to only while it is wanted, and ingest encodes nothing else.

Which viewer belongs to which feed is `viewer_registry`'s business; what a feed shows without a live picture, the hub's.
"""

import time
from collections.abc import Callable
from typing import Final, Protocol

from services.stream.fanout.cameras import Cameras
from services.stream.fanout.feed import Feed
from services.stream.fanout.picture import Picture
from services.stream.fanout.viewer import Viewer
from shared.bus.frames import Frame
from shared.bus.topics import MAIN, frame_topic

QUEUED_SECONDS: Final = 0.5
"""A picture may be this much later than the one before it."""
LINGER_SECONDS: Final = 2.0
"""A feed stays subscribed for this long after its last viewer, so that a reload costs no new start."""


class Bus(Protocol):
    """The subscribing end of the bus."""

    def subscribe(self, topic: bytes) -> None: ...

    def unsubscribe(self, topic: bytes) -> None: ...


class Feeds:
    """One feed per camera and rendition. Viewers of a default camera not yet known have one without a camera key.

    `loop_seconds` is the loop's time, by which a feed waits for its first picture. `awake_seconds` is how long ago the
    loop last stood still for long.
    """

    def __init__(
        self,
        bus: Bus,
        cameras: Cameras,
        loop_seconds: Callable[[], float] = time.monotonic,
        awake_seconds: Callable[[], float] = lambda: float("inf"),
    ) -> None:
        self._bus = bus
        self._cameras = cameras
        self._loop_seconds = loop_seconds
        self._awake_seconds = awake_seconds
        self._feeds: dict[tuple[str | None, str], Feed] = {}
        self._subscribed: dict[Feed, bytes] = {}
        """With the topic of each."""

    def ladder(self, camera_key: str | None, width: int | None) -> list[str]:
        """The renditions that may serve a request for this width, best first; there is always one."""
        camera = None if camera_key is None else self._cameras.get(camera_key)
        return [MAIN] if camera is None else camera.ladder(width)

    def join(self, viewer: Viewer, camera_key: str | None, rendition: str) -> Feed:
        """Add `viewer` to the feed of a camera's rendition, and return that feed."""
        feed = self.subscribed(camera_key, rendition)
        feed.add(viewer)
        return feed

    def leave(self, viewer: Viewer, feed: Feed) -> None:
        feed.remove(viewer)
        feed.want_until(time.monotonic() + LINGER_SECONDS)

    def feed(self, camera_key: str | None, rendition: str) -> Feed:
        """The feed as it is: nothing is subscribed to."""
        feed = self._feeds.get((camera_key, rendition))
        if feed is None:
            feed = self._feeds[camera_key, rendition] = Feed(camera_key, rendition)
        return feed

    def subscribed(self, camera_key: str | None, rendition: str) -> Feed:
        """The feed, subscribed to. It stays so while it is wanted: see `Feed.is_wanted`."""
        feed = self.feed(camera_key, rendition)
        if camera_key is not None and feed not in self._subscribed:
            topic = self._subscribed[feed] = frame_topic(camera_key, rendition)
            self._bus.subscribe(topic)
            feed.subscribed_at = self._loop_seconds()
        return feed

    def unsubscribe_unwanted(self, now: float) -> None:
        """Give up the subscriptions of feeds without viewers. Such a feed has no newest picture: it would grow old."""
        for feed, topic in tuple(self._subscribed.items()):
            if not feed.is_wanted(now):
                self._bus.unsubscribe(topic)
                del self._subscribed[feed]
                feed.newest = None

    def wanted(self, now: float) -> list[Feed]:
        return [feed for feed in self._feeds.values() if feed.is_wanted(now)]

    def take(self, frame: Frame, now: float) -> None:
        """Hand a frame from the bus to its feed. One that waited in the kernel while this replica stood still is left
        out: it shows the past. It is known by its age, which is more than usual and from before the stall's end.
        """
        feed = self._feeds.get((frame.camera_key, frame.rendition))
        if feed is not None and frame.live:
            camera = self._cameras.get(frame.camera_key)
            known_age = None if camera is None else camera.clock.age_seconds(frame.captured_at_ns, now)
            age_seconds = known_age or 0.0
            usual = 0.0 if feed.newest is None else feed.newest.seconds_under_way
            if age_seconds - usual <= self._awake_seconds() + QUEUED_SECONDS:
                feed.take(Picture(frame.camera_key, frame.jpeg, frame.captured_at_ns, now, True, age_seconds))

    def frame_age_seconds(self, camera_key: str) -> float | None:
        """How old the camera's newest picture is; None while this replica has none."""
        now = time.monotonic()
        ages = [
            feed.newest.age_seconds(now)
            for feed in self._feeds.values()
            if feed.camera_key == camera_key and feed.newest is not None
        ]
        return round(min(ages), 3) if ages else None
