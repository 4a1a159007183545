"""The recorder: listens to the bus, learns the cameras from their statuses and gives each its watch.

Owns the one subscriber. Everything malformed is dropped and counted. What becomes of a frame is `watch.py`'s business.
"""

import asyncio

from services.archiver.watch import Archive, CameraWatch
from shared.drops import DropCounter
from shared.errors import MessageDecodeError
from shared.frames import Frame, decode_frame
from shared.logs import get_logger
from shared.status import CameraState, CameraStatus, decode_status
from shared.topics import ALL_STATUSES, MAIN
from shared.transport import Subscriber

log = get_logger(__name__)


class Recorder:
    """On the loop's thread only."""

    def __init__(self, subscriber: Subscriber, archive: Archive) -> None:
        self.dropped = DropCounter("bus messages", archive.clock.monotonic)
        self._subscriber = subscriber
        self._archive = archive
        self._watches: dict[str, CameraWatch] = {}
        self._heard_at = archive.clock.monotonic()

    def silent_seconds(self) -> float:
        """Since the last status of any camera."""
        return self._archive.clock.monotonic() - self._heard_at

    async def run(self) -> None:
        """Until it is cancelled. If a camera's watch fails, so does this."""
        self._subscriber.subscribe(ALL_STATUSES)
        async with asyncio.TaskGroup() as watches:
            while True:
                self._take(await self._subscriber.receive(), watches)

    def _take(self, parts: list[bytes], watches: asyncio.TaskGroup) -> None:
        try:
            if parts[0].startswith(ALL_STATUSES):
                self._heard(decode_status(parts), watches)
            else:
                self._offer(decode_frame(parts))
        except MessageDecodeError as error:
            self.dropped.count(str(error))

    def _heard(self, status: CameraStatus, watches: asyncio.TaskGroup) -> None:
        self._heard_at = self._archive.clock.monotonic()
        watch = self._watches.get(status.camera)
        if watch is not None:
            watch.update(status)
        elif status.state is not CameraState.DISABLED:
            log.info("camera found", camera=status.camera, interval_seconds=status.capture_interval_seconds)
            watch = self._watches[status.camera] = CameraWatch(status, self._archive, self._subscriber)
            watches.create_task(watch.run(), name=f"watch of {status.camera}")

    def _offer(self, frame: Frame) -> None:
        watch = self._watches.get(frame.camera_key)
        if watch is not None and frame.rendition == MAIN:
            watch.offer(frame)
