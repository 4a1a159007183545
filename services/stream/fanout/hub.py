"""The hub: between the bus and the viewers. Owns the bus connection, what each message does, and what time brings.

Everything runs on the loop's thread.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, tzinfo
from typing import Final

from services.stream.base import texts
from services.stream.fanout.camera_problems import CameraProblems
from services.stream.fanout.cameras import NO_PICTURE_YET, TOO_OLD, Cameras, Problem
from services.stream.fanout.feed import Feed
from services.stream.fanout.feeds import Feeds
from services.stream.fanout.ingests import Ingests
from services.stream.fanout.picture import Picture
from services.stream.fanout.placeholders import Placeholders
from services.stream.fanout.recompression import Recompression
from services.stream.fanout.viewer import Viewer
from services.stream.fanout.viewer_claims import ViewerClaims
from services.stream.fanout.viewer_registry import ViewerRegistry, ViewRequest
from shared.bus.curve import ClientKeys
from shared.bus.frames import decode_frame
from shared.bus.ingest_report import IngestReport, decode_report
from shared.bus.status import CameraStatus, decode_status
from shared.bus.subscriber import Subscriber
from shared.bus.topics import ALL_INGESTS, ALL_STATUSES
from shared.errors import MessageDecodeError
from shared.loop_clock import LoopClock
from shared.settings import DEFAULT_MAX_PIXELS
from shared.throttled_log import ThrottledLog

CHECK_SECONDS: Final = 1.0
SHORTEST_REST_SECONDS: Final = 0.1
GATHER_SECONDS: Final = 0.05
REPEAT_SECONDS: Final = 1.0
"""A picture that no newer one follows is sent again this often: clients give up on silence."""
FIRST_PICTURE_SECONDS: Final = 2.0
"""After this long without any picture, a viewer is told that the camera seldom sends one."""
SNAPSHOT_LINGER_SECONDS: Final = 10.0
"""Snapshots are polled. After one, the feed stays subscribed for this long, for the next."""


def _nothing(_camera_key: str) -> None:
    """Where nobody else may know a camera's size."""


class Hub:
    """One replica's cameras, feeds and viewers. `run` is its life; the rest is for the endpoints.

    It takes at most `max_viewers`. A viewer that makes no progress for `stall_seconds` is cut.
    A picture of more than `max_pixels` is never decoded here. Placeholders have the times of `zone`.
    """

    def __init__(  # noqa: PLR0913 what a replica is told
        self,
        bus_addresses: str,
        max_viewers: int = 1000,
        stall_seconds: float = 60.0,
        bus_keys: ClientKeys | None = None,
        *,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        zone: tzinfo = UTC,
    ) -> None:
        self.replica: Final = secrets.token_hex(4)
        self.cameras: Final = Cameras()
        self._ingests = Ingests(bus_addresses)
        self.closing = False
        self.on_unknown_size: Callable[[str], None] = _nothing
        """Called with the key of each camera whose size is unknown, at each of its statuses."""
        self.max_viewers: Final = max_viewers
        self.has_bus_keys: Final = bus_keys is not None
        self._clock = LoopClock()
        """By which silence is judged: of a camera, of the bus, of a viewer."""
        self.problems: Final = CameraProblems(self.cameras, self._ingests, self._clock.seconds)
        self._bus = Subscriber(bus_addresses, bus_keys, seconds=self._clock.seconds)
        self._feeds = Feeds(self._bus, self.cameras, self._clock.seconds, self._clock.awake_seconds)
        self._viewers = ViewerRegistry(self._feeds, stall_seconds, self._clock.seconds)
        self._claims = ViewerClaims(self._bus, self.replica)
        self._dropped = ThrottledLog("bus message")
        self._heard_at: float | None = None
        self._woken = asyncio.Event()
        """Set when there may be something to do before the next time that is due."""
        turn = asyncio.Lock()
        self._placeholders = Placeholders(self._woken.set, turn=turn, max_pixels=max_pixels, zone=zone)
        self.recompression: Final = Recompression(turn, max_pixels=max_pixels)

    async def run(self) -> None:
        """Receive, repeat and tidy until cancelled."""
        self._bus.subscribe(ALL_STATUSES)
        self._bus.subscribe(ALL_INGESTS)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._clock.run())
            tasks.create_task(self._bus.hand_newest_to(self._take))
            tasks.create_task(self._do_what_is_due())

    # For the endpoints.

    @property
    def loop_seconds(self) -> float:
        """The time that `cameras` reckon with: seconds during which this replica's loop ran."""
        return self._clock.seconds()

    @property
    def is_full(self) -> bool:
        return len(self._viewers) >= self.max_viewers

    def attach(self, viewer: Viewer, request: ViewRequest) -> None:
        """Show `viewer` pictures, from the newest one on. Every viewer must be detached in the end."""
        feed = self._viewers.add(viewer, request)
        now = time.monotonic()
        picture = self._present_picture(feed)
        if picture is not None:
            feed.show_to(viewer, picture, now)
        self._woken.set()

    def detach(self, viewer: Viewer) -> None:
        self._viewers.remove(viewer)
        self._woken.set()

    def show_again(self, viewer: Viewer) -> None:
        """Offer a viewer the present picture again. From what becomes of it one sees whether anybody reads."""
        feed = self._viewers.feed_of(viewer)
        if feed is not None and (picture := self._present_picture(feed)) is not None:
            feed.show_to(viewer, picture, time.monotonic(), at_any_rate=True)

    async def fresh_picture(
        self, camera_key: str, timeout_seconds: float, *, width: int | None = None, shown_at: float | None = None
    ) -> Picture:
        """The newest live picture. Subscribes for it if nobody watches, and stays subscribed for a while.

        `shown_at` is when the picture arrived that the client has already: it gets a newer one, or after
        `REPEAT_SECONDS` the same.

        Raises:
            TimeoutError: when none arrives in time.
        """
        feed = self._feeds.subscribed(camera_key, self._feeds.ladder(camera_key, width)[0])
        feed.want_until(time.monotonic() + timeout_seconds + SNAPSHOT_LINGER_SECONDS)
        newest = feed.newest
        if newest is not None and newest.received_at != shown_at:
            return newest
        try:
            return await self._clock.wait_for(
                feed.next_picture(), timeout_seconds if newest is None else REPEAT_SECONDS
            )
        except TimeoutError:
            if newest is None:
                raise
            return newest

    async def placeholder(
        self, camera_key: str | None, width: int | None = None, *, is_too_old: bool = False, is_for_guests: bool = False
    ) -> Picture | None:
        """What a viewer would be shown in place of a live picture now; None when it can't be drawn. `is_too_old`: the
        camera is in order, but its newest picture is not new enough for this request. `is_for_guests`: the viewer has a
        share link.
        """
        feed = self._feeds.feed(camera_key, self._feeds.ladder(camera_key, width)[0])
        problem, size = self._trouble(feed)
        if problem is None and is_too_old:
            return await self._placeholders.plain(feed, TOO_OLD, size)
        problem = problem or NO_PICTURE_YET
        told = problem.for_guests() if is_for_guests else problem
        return await self._placeholders.drawn(feed, told, size, is_for_guests=told is not problem)

    def frame_age_seconds(self, camera_key: str) -> float | None:
        """How old the camera's newest picture is; None while this replica has none."""
        return self._feeds.frame_age_seconds(camera_key)

    def viewer_count(self, camera_key: str | None) -> int:
        """This replica's own viewers of a camera."""
        return len(self._viewers.of_camera(camera_key))

    @property
    def viewer_total(self) -> int:
        """This replica's own viewers of all cameras."""
        return len(self._viewers)

    def close_viewers(self) -> None:
        """End every response. The endpoints refuse viewers that come afterwards."""
        self.closing = True
        self._viewers.close()

    def close(self) -> None:
        self._bus.close()

    @property
    def silent_seconds(self) -> float | None:
        """For how long nothing has arrived from the bus while the loop ran; None before the first message."""
        return None if self._heard_at is None else self.loop_seconds - self._heard_at

    @property
    def dropped_messages(self) -> int:
        """Malformed ones, since the start."""
        return self._dropped.total

    def why_not_ready(self) -> str | None:
        return texts.STOPPING if self.closing else None

    @property
    def refusal(self) -> str | None:
        """Which setting keeps ingest from starting, in its words; None where it did not say so lately."""
        return self._ingests.refusal(self.loop_seconds)

    # As messages arrive.

    def _take(self, parts: list[bytes]) -> None:
        self._heard_at = self.loop_seconds
        try:
            if parts[0].startswith(ALL_STATUSES):
                self._take_status(decode_status(parts))
            elif parts[0].startswith(ALL_INGESTS):
                self._take_report(decode_report(parts))
            else:
                self._feeds.take(decode_frame(parts), time.monotonic())
        except MessageDecodeError as error:
            self._dropped.count(str(error))

    def _take_status(self, status: CameraStatus) -> None:
        if self.cameras.hear(status, self.loop_seconds):
            self._woken.set()
        if (camera := self.cameras.get(status.camera)) is not None and camera.last_size is None:
            self.on_unknown_size(status.camera)
        if status.is_default:
            for viewer, request in self._viewers.of_camera(None):
                self._viewers.remove(viewer)
                self.attach(viewer, ViewRequest(status.camera, request.width, request.auto_quality))

    def _take_report(self, report: IngestReport) -> None:
        now = self.loop_seconds
        self._ingests.hear(report, now)
        named = self._ingests.named_cameras(now)
        if (named is not None and self.cameras.forget_unnamed(named, now)) or report.refusal is not None:
            self._woken.set()

    # As time passes.

    async def _do_what_is_due(self) -> None:
        """Sleeps until something is due: each wake of an idle core costs as much as the parts of a dozen viewers."""
        checked_at = float("-inf")
        while True:
            now = time.monotonic()
            if now - checked_at >= CHECK_SECONDS:
                checked_at = now
                self._viewers.check(self.loop_seconds)
            self._feeds.unsubscribe_unwanted(now)
            for feed in self._feeds.wanted(now):
                self._repeat(feed, now)
            self._claims.update(self._viewers.counts())
            self._woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rest_seconds()):
                    await self._woken.wait()
                    # Gather what many viewers do at the same moment, and handle it in one go.
                    await asyncio.sleep(GATHER_SECONDS)

    def _rest_seconds(self) -> float:
        """Until the next picture is due to be repeated or marked, at most until the next check."""
        now = time.monotonic()
        due_at = [now + CHECK_SECONDS]
        for feed in self._feeds.wanted(now):
            if feed.viewers:
                due_at.append(feed.shown_at + REPEAT_SECONDS)
                camera = None if feed.camera_key is None else self.cameras.get(feed.camera_key)
                if camera is not None and not camera.is_silent(self.loop_seconds):
                    due_at.append(now + camera.silent_from - self.loop_seconds)
        return max(SHORTEST_REST_SECONDS, min(due_at) - now)

    def _repeat(self, feed: Feed, now: float) -> None:
        """Show the present picture, unless the same one was shown within the last second."""
        picture = self._present_picture(feed)
        if picture is not None and (picture is not feed.shown or now - feed.shown_at >= REPEAT_SECONDS):
            feed.show(picture, now)

    def _present_picture(self, feed: Feed) -> Picture | None:
        """The newest live picture, or the placeholder for it; None while there is neither yet."""
        now, awake_seconds = self.loop_seconds, self._clock.awake_seconds()
        if feed.newest is not None and time.monotonic() - feed.newest.received_at > awake_seconds:
            feed.newest = None  # it is from before a stall of our own
        problem, size = self._trouble(feed)
        waits_for_first = min(now - feed.subscribed_at, awake_seconds) < FIRST_PICTURE_SECONDS
        if problem is None and (feed.newest is not None or waits_for_first):
            return feed.newest
        # When the camera comes back, its last picture from before must not pass for a new one.
        feed.newest = None
        problem = problem or NO_PICTURE_YET
        picture = self._placeholders.picture(feed, problem, size)
        feed.guests_placeholder = picture
        if feed.has_guests and (told := problem.for_guests()) is not problem:
            feed.guests_placeholder = self._placeholders.picture(feed, told, size, is_for_guests=True)
        return picture

    def _trouble(self, feed: Feed) -> tuple[Problem | None, tuple[int, int] | None]:
        """What is wrong with the feed's camera, if anything is, and the size of a placeholder for it."""
        camera = None if feed.camera_key is None else self.cameras.get(feed.camera_key)
        return self.problems.of(camera), None if camera is None else camera.size(feed.rendition)
