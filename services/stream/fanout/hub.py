"""The hub: between the bus and the viewers. Owns the subscriber, the feeds and what happens as time passes.

Everything runs on the loop's thread. Subscriptions are the demand: a feed is subscribed to while somebody watches, so
that ingest encodes for nobody else.
"""

import asyncio
import secrets
import time
from contextlib import suppress
from typing import Final

from services.stream.fanout.cameras import NO_PICTURE_YET, WAITING, Cameras
from services.stream.fanout.feed import Feed
from services.stream.fanout.picture import Picture
from services.stream.fanout.placeholders import StandIns
from services.stream.fanout.viewer import Viewer
from services.stream.fanout.viewer_registry import Audience, ViewRequest
from shared.bus.curve import ClientKeys
from shared.bus.frames import decode_frame
from shared.bus.loop_subscriber import LoopSubscriber
from shared.bus.status import CameraStatus, decode_status
from shared.bus.subscriber import Subscriber
from shared.bus.topics import ALL_STATUSES, MAIN, ViewersClaim, frame_topic
from shared.errors import MessageDecodeError
from shared.throttled_log import ThrottledLog

CHECK_SECONDS: Final = 1.0
SHORTEST_REST_SECONDS: Final = 0.1
GATHER_SECONDS: Final = 0.05
REPEAT_SECONDS: Final = 1.0
"""A still or absent source's picture is sent again this often: clients give up on silence."""
FIRST_PICTURE_SECONDS: Final = 2.0
"""A viewer of a camera that sends seldom is told so, after so long without any picture."""
SNAPSHOT_LINGER_SECONDS: Final = 10.0
"""Snapshots are polled; so long after one the feed stays subscribed for the next."""


class Hub:
    """One replica's cameras, feeds and audience. `run` is its life; the rest is for the endpoints.

    At most `max_viewers` are taken in; one that makes no progress for `stall_seconds` is cut.
    """

    def __init__(
        self,
        bus_addresses: str,
        max_viewers: int = 1000,
        stall_seconds: float = 60.0,
        bus_keys: ClientKeys | None = None,
    ) -> None:
        self.replica: Final = secrets.token_hex(4)
        self.cameras: Final = Cameras()
        self.closing = False
        self.max_viewers: Final = max_viewers
        # Only libzmq knows keys, and how to reach a path.
        is_plain = bus_keys is None and "ipc://" not in bus_addresses
        self._subscriber = LoopSubscriber(bus_addresses) if is_plain else Subscriber(bus_addresses, bus_keys)
        self._feeds: dict[tuple[str | None, str], Feed] = {}
        self._subscribed: set[Feed] = set()
        self._audience = Audience(self._ladder, self._demanded_feed, stall_seconds)
        self._claims: dict[str, ViewersClaim] = {}
        self._dropped = ThrottledLog("bus message")
        self._heard_at: float | None = None
        self._stirred = asyncio.Event()
        """Set when there may be something to do before its time has come."""
        self._stand_ins = StandIns(self._stirred.set)

    async def run(self) -> None:
        """Receive, repeat and tidy until cancelled."""
        self._subscriber.subscribe(ALL_STATUSES)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._subscriber.hand_newest_to(self._take))
            tasks.create_task(self._tend_for_ever())

    # For the endpoints.

    @property
    def is_full(self) -> bool:
        return len(self._audience) >= self.max_viewers

    def attach(self, viewer: Viewer, wish: ViewRequest) -> None:
        """Let `viewer` watch, from the newest picture on. Every viewer must be detached in the end."""
        feed = self._audience.seat(viewer, wish)
        now = time.monotonic()
        picture = self._present_picture(feed, now)
        if picture is not None:
            feed.show_to(viewer, picture, now)
        self._stirred.set()

    def detach(self, viewer: Viewer) -> None:
        self._audience.leave(viewer)
        self._stirred.set()

    async def fresh_picture(self, camera_key: str, timeout_seconds: float) -> Picture:
        """The newest live picture. Subscribes for it if nobody watches, and stays subscribed for a while.

        Raises:
            TimeoutError: when none comes in time.
        """
        feed = self._demanded_feed(camera_key, MAIN)
        feed.want_until(time.monotonic() + timeout_seconds + SNAPSHOT_LINGER_SECONDS)
        if feed.newest is not None:
            return feed.newest
        async with asyncio.timeout(timeout_seconds):
            return await feed.next_picture()

    def frame_age_seconds(self, camera_key: str) -> float | None:
        """How old the newest picture is; None while this replica has none."""
        ages = [
            feed.newest.age_seconds(time.monotonic())
            for feed in self._feeds.values()
            if feed.camera_key == camera_key and feed.newest is not None
        ]
        return round(min(ages), 3) if ages else None

    def viewer_count(self, camera_key: str | None) -> int:
        """This replica's own viewers of a camera."""
        return len(self._audience.of_camera(camera_key))

    def close_viewers(self) -> None:
        """End every response. Whoever comes afterwards is to be refused."""
        self.closing = True
        self._audience.close()

    def close(self) -> None:
        self._subscriber.close()

    @property
    def viewer_total(self) -> int:
        """This replica's own viewers of all cameras."""
        return len(self._audience)

    @property
    def silent_seconds(self) -> float | None:
        """Since anything came by the bus; None while nothing has."""
        return None if self._heard_at is None else time.monotonic() - self._heard_at

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
        return [f"{camera.status.camera}: {text}" for camera in cameras for text in camera.troubles(now)]

    # What the bus brings.

    def _take(self, parts: list[bytes]) -> None:
        now = self._heard_at = time.monotonic()
        try:
            if parts[0].startswith(ALL_STATUSES):
                self._take_status(decode_status(parts))
            else:
                self._take_frame(parts, now)
        except MessageDecodeError as error:
            self._dropped.count(str(error))

    def _take_status(self, status: CameraStatus) -> None:
        if self.cameras.hear(status, time.monotonic()):
            self._stirred.set()
        if status.is_default:
            for viewer, wish in self._audience.of_camera(None):
                self._audience.leave(viewer)
                self.attach(viewer, ViewRequest(status.camera, wish.width, wish.adaptive))

    def _take_frame(self, parts: list[bytes], now: float) -> None:
        frame = decode_frame(parts)
        feed = self._feeds.get((frame.camera_key, frame.rendition))
        if feed is not None and frame.live:
            camera = self.cameras.get(frame.camera_key)
            age_seconds = None if camera is None else camera.clock.age_seconds(frame.captured_at_ns, now)
            feed.take(Picture(frame.camera_key, frame.jpeg, frame.captured_at_ns, now, True, age_seconds or 0.0))

    # What time brings.

    async def _tend_for_ever(self) -> None:
        """It rests until something is due: every wake of an idle core costs as much as a dozen viewers' parts."""
        checked_at = float("-inf")
        while True:
            now = time.monotonic()
            if now - checked_at >= CHECK_SECONDS:
                checked_at = now
                self._audience.check(now)
            for feed in tuple(self._feeds.values()):
                if feed.is_wanted(now):
                    self._repeat(feed, now)
                else:
                    self._unsubscribe(feed)
            self._claim_viewers()
            self._stirred.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rest_seconds()):
                    await self._stirred.wait()
                    # What many do at once is then done in one go.
                    await asyncio.sleep(GATHER_SECONDS)

    def _rest_seconds(self) -> float:
        """Until the next picture is due to be repeated or marked, at most until the next check."""
        now = time.monotonic()
        dues = [now + CHECK_SECONDS]
        for feed in self._feeds.values():
            if feed.viewers:
                dues.append(feed.shown_at + REPEAT_SECONDS)
                camera = None if feed.camera_key is None else self.cameras.get(feed.camera_key)
                if camera is not None and not camera.is_silent(now):
                    dues.append(camera.silent_from)
        return max(SHORTEST_REST_SECONDS, min(dues) - now)

    def _repeat(self, feed: Feed, now: float) -> None:
        """Show what is to be shown now, if it is not what was shown within the last second."""
        picture = self._present_picture(feed, now)
        if picture is not None and (picture is not feed.shown or now - feed.shown_at >= REPEAT_SECONDS):
            feed.show(picture, now)

    def _present_picture(self, feed: Feed, now: float) -> Picture | None:
        """The newest live picture, or the stand-in for it; None while there is neither yet."""
        camera = None if feed.camera_key is None else self.cameras.get(feed.camera_key)
        problem = WAITING if camera is None else camera.problem(now)
        if problem is None and (feed.newest is not None or now - feed.subscribed_at < FIRST_PICTURE_SECONDS):
            return feed.newest
        # Should the camera come back, its last picture from before is not to pass for new.
        feed.newest = None
        size = None if camera is None else camera.size(feed.rendition)
        return self._stand_ins.picture(feed, problem or NO_PICTURE_YET, size)

    def _claim_viewers(self) -> None:
        """State this replica's viewer counts as subscriptions, the new one before the old one goes."""
        counts = self._audience.counts()
        for key in counts.keys() | self._claims.keys():
            claimed, claim = self._claims.get(key), ViewersClaim(key, self.replica, counts[key])
            if claim == claimed:
                continue
            if claim.count:
                self._subscriber.subscribe(claim.topic)
                self._claims[key] = claim
            else:
                del self._claims[key]
            if claimed is not None:
                self._subscriber.unsubscribe(claimed.topic)

    # Feeds.

    def _ladder(self, wish: ViewRequest) -> list[str]:
        camera = None if wish.camera_key is None else self.cameras.get(wish.camera_key)
        return [MAIN] if camera is None else camera.ladder(wish.width)

    def _demanded_feed(self, camera_key: str | None, rendition: str) -> Feed:
        """The feed, subscribed to."""
        feed = self._feeds.get((camera_key, rendition))
        if feed is None:
            feed = self._feeds[camera_key, rendition] = Feed(camera_key, rendition)
        if camera_key is not None and feed not in self._subscribed:
            self._subscriber.subscribe(frame_topic(camera_key, rendition))
            self._subscribed.add(feed)
            feed.subscribed_at = time.monotonic()
        return feed

    def _unsubscribe(self, feed: Feed) -> None:
        if feed.camera_key is not None and feed in self._subscribed:
            self._subscriber.unsubscribe(frame_topic(feed.camera_key, feed.rendition))
            self._subscribed.discard(feed)
            feed.newest = None
