"""The recorder: listens to the bus, learns the cameras from their statuses and gives each its watch.

Owns the one subscriber. Cameras that were heard of at any time have their watch from the start, so that what they miss
while nobody speaks of them is known. Everything malformed is dropped and counted. What becomes of a frame is
`watch.py`'s business, and `by_hand.py`'s.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from services.archiver.base.errors import DatabaseUnavailableError
from services.archiver.capture.camera_presence import CameraPresence
from services.archiver.capture.camera_recorder import Archive, CameraRecorder
from services.archiver.db.gaps import SlotReport
from shared.bus.frames import Frame, decode_frame
from shared.bus.status import CameraStatus, decode_status
from shared.bus.subscriber import Subscriber
from shared.bus.topics import ALL_STATUSES, CAPTURE, frame_topic
from shared.errors import MessageDecodeError
from shared.logs import get_logger
from shared.throttled_log import ThrottledLog

RETRY_SECONDS: Final = 1.0
log = get_logger(__name__)


class Recorder:
    """On the loop's thread only."""

    def __init__(self, subscriber: Subscriber, archive: Archive) -> None:
        self.dropped = ThrottledLog("bus messages", archive.clock.monotonic)
        self._subscriber = subscriber
        self._archive = archive
        self._watches: dict[str, CameraRecorder] = {}
        self._default: str | None = None
        self._listeners: dict[str, list[Callable[[Frame], None]]] = {}
        self._started_at = archive.clock.monotonic()
        self._heard_at: float | None = None

    def silent_seconds(self) -> float:
        """Since the last status of any camera, or the start."""
        since = self._started_at if self._heard_at is None else self._heard_at
        return self._archive.clock.monotonic() - since

    def sighting(self, camera_key: str | None) -> CameraPresence | None:
        """What is known of the camera, or of the default one; None when nothing is."""
        watch = self._watches.get(camera_key or self._default or "")
        return watch.sighting if watch else None

    @contextmanager
    def listening(self, camera_key: str, listener: Callable[[Frame], None]) -> Iterator[None]:
        """Have the camera's frames asked for, and each handed to the listener."""
        topic = frame_topic(camera_key, CAPTURE)
        listeners = self._listeners.setdefault(camera_key, [])
        listeners.append(listener)
        self._subscriber.subscribe(topic)
        try:
            yield
        finally:
            self._subscriber.unsubscribe(topic)
            listeners.remove(listener)

    async def run(self) -> None:
        """Until it is cancelled. If a camera's watch fails, so does this."""
        self._subscriber.subscribe(ALL_STATUSES)
        async with asyncio.TaskGroup() as watches:
            watches.create_task(self._remember(watches), name="remembering cameras")
            while True:
                self._take(await self._subscriber.receive(), watches)

    async def _remember(self, watches: asyncio.TaskGroup) -> None:
        """As soon as the database can tell which cameras there were."""
        while True:
            try:
                cameras = await self._archive.bookkeeper.remembered_cameras()
            except DatabaseUnavailableError:
                await asyncio.sleep(RETRY_SECONDS)
            else:
                break
        for camera in cameras:
            if camera.watched and camera.key not in self._watches:
                self._watch(
                    CameraPresence(camera.key, self._archive.clock, self._ingest_silent_seconds, camera), watches
                )

    def _take(self, parts: list[bytes], watches: asyncio.TaskGroup) -> None:
        try:
            if parts[0].startswith(ALL_STATUSES):
                self._hear(decode_status(parts), watches)
            else:
                self._offer(decode_frame(parts))
        except MessageDecodeError as error:
            self.dropped.count(str(error))

    def _hear(self, status: CameraStatus, watches: asyncio.TaskGroup) -> None:
        self._heard_at = self._archive.clock.monotonic()
        if status.is_default:
            self._default = status.camera
        watch = self._watches.get(status.camera)
        if watch is not None:
            watch.hear(status)
            return
        sighting = CameraPresence(status.camera, self._archive.clock, self._ingest_silent_seconds)
        sighting.hear(status)
        self._watch(sighting, watches)
        if sighting.interval_seconds is None:
            self._archive.bookkeeper.report(_away(status, sighting))

    def _watch(self, sighting: CameraPresence, watches: asyncio.TaskGroup) -> None:
        key = sighting.camera_key
        log.info("camera found", camera=key, interval_seconds=sighting.interval_seconds)
        watch = self._watches[key] = CameraRecorder(sighting, self._archive, self._subscriber)
        watches.create_task(watch.run(), name=f"watch of {key}")

    def _offer(self, frame: Frame) -> None:
        watch = self._watches.get(frame.camera_key)
        if watch is None or frame.rendition != CAPTURE:
            return
        captured_at_ns = watch.sighting.remote_clock.utc_ns_at(frame.captured_at_ns)
        if captured_at_ns is None:  # a camera remembered, of which nothing was heard yet
            return
        frame = frame._replace(captured_at_ns=captured_at_ns)
        watch.offer(frame)
        for listener in self._listeners.get(frame.camera_key, ()):
            listener(frame)

    def _ingest_silent_seconds(self) -> float | None:
        return None if self._heard_at is None else self._archive.clock.monotonic() - self._heard_at


def _away(status: CameraStatus, sighting: CameraPresence) -> SlotReport:
    """Of a camera that was disabled or removed before this archiver knew it."""
    interval = status.capture_interval_seconds
    return SlotReport(status.camera, status.name, interval, 0, 0, sighting.heard_at, watched=False)
