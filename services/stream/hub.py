"""The hub: between the bus and the viewers. Owns the subscriber, the feeds and the once-a-second repeat.

Everything runs on the loop's thread. Subscriptions are the demand: a feed is subscribed to while somebody watches, so
that ingest encodes for nobody else.
"""

import asyncio
import secrets
import time
from typing import Final

from services.stream.cameras import WAITING, Cameras
from services.stream.feed import Feed, Picture
from services.stream.standins import StandIns
from services.stream.viewer import Viewer
from shared.drops import DropCounter
from shared.errors import MessageDecodeError
from shared.frames import decode_frame
from shared.status import CameraStatus, decode_status
from shared.topics import ALL_STATUSES, MAIN, ViewersClaim, frame_topic
from shared.transport import Subscriber

TICK_SECONDS: Final = 0.2
REPEAT_SECONDS: Final = 1.0
"""A still or absent source's picture is sent again this often: clients give up on silence."""
VIEWER_LINGER_SECONDS: Final = 2.0
SNAPSHOT_LINGER_SECONDS: Final = 10.0
"""Snapshots are polled; so long after one the feed stays subscribed for the next."""


class Hub:
    """One replica's cameras and feeds. `run` is its life; the rest is for the endpoints."""

    def __init__(self, bus_addresses: str) -> None:
        self.replica: Final = secrets.token_hex(4)
        self.cameras: Final = Cameras()
        self.closing = False
        self._subscriber = Subscriber(bus_addresses)
        self._feeds: dict[str | None, Feed] = {}
        self._subscribed: set[Feed] = set()
        self._stand_ins = StandIns()
        self._claims: dict[str, ViewersClaim] = {}
        self._dropped = DropCounter("bus message")

    async def run(self) -> None:
        """Receive, repeat and tidy until cancelled."""
        self._subscriber.subscribe(ALL_STATUSES)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._receive_for_ever())
            tasks.create_task(self._tick_for_ever())

    # For the endpoints.

    def attach(self, viewer: Viewer, camera_key: str | None) -> None:
        """Let `viewer` watch a camera, from the newest picture on; None is the default camera before it is known."""
        feed = self._feed(camera_key)
        feed.viewers.add(viewer)
        self._subscribe(feed)
        picture = self._present_picture(feed, time.monotonic())
        if picture is not None:
            feed.show_to(viewer, picture)

    def detach(self, viewer: Viewer) -> None:
        for feed in self._feeds.values():
            if viewer in feed.viewers:
                feed.viewers.discard(viewer)
                feed.want_until(time.monotonic() + VIEWER_LINGER_SECONDS)

    async def fresh_picture(self, camera_key: str, timeout_seconds: float) -> Picture:
        """The newest live picture. Subscribes for it if nobody watches, and stays subscribed for a while.

        Raises:
            TimeoutError: when none comes in time.
        """
        feed = self._feed(camera_key)
        feed.want_until(time.monotonic() + timeout_seconds + SNAPSHOT_LINGER_SECONDS)
        self._subscribe(feed)
        if feed.newest is not None:
            return feed.newest
        return await asyncio.wait_for(feed.next_picture(), timeout_seconds)

    def frame_age_seconds(self, camera_key: str) -> float | None:
        """How long ago the newest picture came; None while this replica has none."""
        feed = self._feeds.get(camera_key)
        if feed is None or feed.newest is None:
            return None
        return round(time.monotonic() - feed.newest.received_at, 3)

    def viewer_count(self, camera_key: str | None) -> int:
        """This replica's own viewers of a camera."""
        feed = self._feeds.get(camera_key)
        return 0 if feed is None else len(feed.viewers)

    def close_viewers(self) -> None:
        """End every response. Whoever comes afterwards is to be refused."""
        self.closing = True
        for feed in self._feeds.values():
            for viewer in feed.viewers:
                viewer.close()

    def close(self) -> None:
        self._subscriber.close()

    @property
    def dropped_messages(self) -> int:
        return self._dropped.total

    def why_not_ready(self) -> str | None:
        return "This server is stopping." if self.closing else None

    def problems(self) -> list[str]:
        """What is wrong and not this replica's fault, in words."""
        now = time.monotonic()
        cameras = self.cameras.in_order()
        if not cameras:
            return [WAITING.advice]
        return [f"{camera.status.camera}: {problem.headline}" for camera in cameras if (problem := camera.problem(now))]

    # What the bus brings.

    async def _receive_for_ever(self) -> None:
        while True:
            parts = await self._subscriber.receive()
            try:
                if parts[0].startswith(ALL_STATUSES):
                    self._take_status(decode_status(parts))
                else:
                    self._take_frame(parts)
            except MessageDecodeError as error:
                self._dropped.count(str(error))

    def _take_status(self, status: CameraStatus) -> None:
        self.cameras.hear(status, time.monotonic())
        waiting = self._feeds.get(None)
        if waiting is not None and status.is_default:
            viewers, waiting.viewers = waiting.viewers, set()
            for viewer in viewers:
                self.attach(viewer, status.camera)

    def _take_frame(self, parts: list[bytes]) -> None:
        frame = decode_frame(parts)
        feed = self._feeds.get(frame.camera_key)
        if feed is not None and frame.rendition == MAIN and frame.live:
            feed.take(Picture(frame.jpeg, frame.captured_at_ns, time.monotonic(), live=True))

    # What time brings.

    async def _tick_for_ever(self) -> None:
        while True:
            now = time.monotonic()
            for feed in self._feeds.values():
                if feed.is_wanted(now):
                    self._repeat(feed, now)
                else:
                    self._unsubscribe(feed)
            self._claim_viewers()
            await asyncio.sleep(TICK_SECONDS)

    def _repeat(self, feed: Feed, now: float) -> None:
        """Show what is to be shown now, if it is not what was shown within the last second."""
        picture = self._present_picture(feed, now)
        if picture is not None and (picture is not feed.shown or now - feed.shown_at >= REPEAT_SECONDS):
            feed.show(picture, now)

    def _present_picture(self, feed: Feed, now: float) -> Picture | None:
        """The newest live picture, or the stand-in for it; None while there is neither yet."""
        camera = None if feed.camera_key is None else self.cameras.get(feed.camera_key)
        problem = WAITING if camera is None else camera.problem(now)
        if problem is None:
            return feed.newest
        # Should the camera come back, its last picture from before is not to pass for new.
        feed.newest = None
        return self._stand_ins.picture(feed, problem, None if camera is None else camera.size)

    def _claim_viewers(self) -> None:
        """State this replica's viewer counts as subscriptions, the new one before the old one goes."""
        for key, feed in self._feeds.items():
            if key is None:
                continue
            claimed = self._claims.get(key)
            claim = ViewersClaim(key, self.replica, len(feed.viewers))
            if claim == claimed or (claimed is None and not feed.viewers):
                continue
            if claim.count:
                self._subscriber.subscribe(claim.topic)
                self._claims[key] = claim
            else:
                del self._claims[key]
            if claimed is not None:
                self._subscriber.unsubscribe(claimed.topic)

    def _feed(self, camera_key: str | None) -> Feed:
        return self._feeds.setdefault(camera_key, Feed(camera_key))

    def _subscribe(self, feed: Feed) -> None:
        if feed.camera_key is not None and feed not in self._subscribed:
            self._subscriber.subscribe(frame_topic(feed.camera_key, MAIN))
            self._subscribed.add(feed)

    def _unsubscribe(self, feed: Feed) -> None:
        if feed.camera_key is not None and feed in self._subscribed:
            self._subscriber.unsubscribe(frame_topic(feed.camera_key, MAIN))
            self._subscribed.discard(feed)
            feed.newest = None
