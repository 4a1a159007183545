"""Listens to the bus, learns the cameras from their statuses and gives each its recorder.

Owns the one subscriber. A camera that ever sent a status has its recorder from the start, so that its missed slots are
known while no status comes. Malformed messages are dropped and counted. What becomes of a frame is the business of
`camera_recorder.py` and `manual.py`.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from services.archiver.base import clock_texts
from services.archiver.base.capture_rule import RuleOf, always, due_seconds
from services.archiver.base.errors import DatabaseUnavailableError
from services.archiver.base.problems import Problems
from services.archiver.capture.camera_presence import CameraPresence
from services.archiver.capture.camera_recorder import CameraRecorder
from services.archiver.capture.capture_progress import INTERVALS
from services.archiver.capture.frame_archiver import FrameArchiver
from services.archiver.db.models import ArchiveCamera
from services.archiver.db.row_writer import RowWriter
from services.archiver.db.slot_report import SlotReport
from shared.bus.frames import Frame, decode_frame
from shared.bus.ingest_report import IngestReport, decode_report
from shared.bus.status import MAX_CAMERAS, MAX_CAPTURE_INTERVAL_SECONDS, CameraStatus, decode_status
from shared.bus.subscriber import Subscriber
from shared.bus.topics import ALL_INGESTS, ALL_STATUSES, CAPTURE, frame_topic
from shared.clock import NS_PER_SECOND, Clock
from shared.errors import MessageDecodeError
from shared.logs import get_logger
from shared.loop_clock import LoopClock
from shared.throttled_log import ThrottledLog

RETRY_SECONDS: Final = 1.0
MAX_REMEMBERED: Final = MAX_CAMERAS // 2
"""The others are left for cameras that send a status."""
log = get_logger(__name__)


class Recorder:
    """On the loop's thread only."""

    def __init__(  # noqa: PLR0913 what recording needs
        self,
        subscriber: Subscriber,
        frame_archiver: FrameArchiver,
        row_writer: RowWriter,
        problems: Problems,
        clock: Clock,
        *,
        loop_clock: LoopClock,
        rule_of: RuleOf = always,
        on_report: Callable[[IngestReport], None] | None = None,
    ) -> None:
        """`on_report` gets what ingests tell of themselves."""
        self.dropped = ThrottledLog("bus messages", clock.monotonic)
        """Malformed messages."""
        self._subscriber = subscriber
        self._frame_archiver = frame_archiver
        self._row_writer = row_writer
        self._problems = problems
        self._clock = clock
        self._loop_clock = loop_clock
        self._rule_of = rule_of
        self._on_report = on_report
        self._recorders: dict[str, CameraRecorder] = {}
        self._default: str | None = None
        self._listeners: dict[str, list[Callable[[Frame], None]]] = {}
        self._started_at = loop_clock.seconds()
        self._heard_at: float | None = None

    def silent_seconds(self) -> float:
        """The seconds since the last status of any camera, or since the start, while the loop ran."""
        since = self._started_at if self._heard_at is None else self._heard_at
        return self._loop_clock.seconds() - since

    def presence(self, camera_key: str | None) -> CameraPresence | None:
        """What is known of the camera, or of the default camera; None when nothing is."""
        recorder = self._recorders.get(camera_key or self._default or "")
        return recorder.presence if recorder else None

    def is_configured(self, camera_key: str) -> bool:
        """Whether ingest reports this camera now. From any thread."""
        recorder = self._recorders.get(camera_key)
        return recorder is not None and recorder.presence.is_configured

    def recorders(self) -> list[CameraRecorder]:
        """Those of all cameras that are known. From any thread."""
        return list(self._recorders.values())

    @contextmanager
    def listening(self, camera_key: str, listener: Callable[[Frame], None]) -> Iterator[None]:
        """Demand the camera's frames during the block, and give each to the listener."""
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
        """Record until it is cancelled. If a camera's recorder fails, this fails too."""
        self._subscriber.subscribe(ALL_STATUSES)
        if self._on_report is not None:
            self._subscriber.subscribe(ALL_INGESTS)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._remember(tasks), name="remembering cameras")
            await self._subscriber.hand_newest_to(lambda parts: self._receive(parts, tasks))

    async def _remember(self, tasks: asyncio.TaskGroup) -> None:
        """Start the recorders of the remembered cameras, as soon as the database can list them."""
        while True:
            try:
                cameras = await self._row_writer.remembered_cameras()
            except DatabaseUnavailableError:
                await asyncio.sleep(RETRY_SECONDS)
            else:
                break
        for camera in cameras:
            if len(self._recorders) >= MAX_REMEMBERED:
                break
            if camera.watched and camera.key not in self._recorders:
                self._add(self._presence_of(camera.key, camera), tasks)
        await self._inherit()

    async def _inherit(self) -> None:
        """Tell each recorder since when nothing of its camera is archived."""
        with suppress(DatabaseUnavailableError):
            now = self._clock.utc_ns() // NS_PER_SECOND
            for key, end_seconds in (await self._row_writer.newest_slot_ends(list(self._recorders))).items():
                since = max(end_seconds, now - INTERVALS * MAX_CAPTURE_INTERVAL_SECONDS)
                self._recorders[key].progress.inherit(due_seconds(self._rule_of(key), since, now))

    def _receive(self, parts: list[bytes], tasks: asyncio.TaskGroup) -> None:
        try:
            if parts[0].startswith(ALL_STATUSES):
                self._hear(decode_status(parts), tasks)
            elif self._on_report is not None and parts[0].startswith(ALL_INGESTS):
                self._on_report(decode_report(parts))
            else:
                self._offer(decode_frame(parts))
        except MessageDecodeError as error:
            self.dropped.count(str(error))

    def _hear(self, status: CameraStatus, tasks: asyncio.TaskGroup) -> None:
        self._heard_at = self._loop_clock.seconds()
        if status.camera_utc_ns is not None:
            self._row_writer.trusted_clock.hear(clock_texts.camera_clock(status.camera), status.camera_utc_ns)
        if status.is_default:
            self._default = status.camera
        recorder = self._recorders.get(status.camera)
        if recorder is not None:
            recorder.hear(status)
            return
        if len(self._recorders) >= MAX_CAMERAS:
            raise MessageDecodeError(f"a status of more than {MAX_CAMERAS} cameras")
        presence = self._presence_of(status.camera)
        presence.hear(status)
        self._add(presence, tasks)
        if presence.interval_seconds is None:
            self._row_writer.report(_inactive(status, presence))

    def _add(self, presence: CameraPresence, tasks: asyncio.TaskGroup) -> None:
        key = presence.camera_key
        log.info("camera found", camera=key, interval_seconds=presence.interval_seconds)
        recorder = CameraRecorder(
            presence,
            self._subscriber,
            self._frame_archiver,
            self._row_writer,
            self._problems,
            self._loop_clock.seconds,
            self._rule_of,
        )
        self._recorders[key] = recorder
        tasks.create_task(recorder.run(), name=f"recorder of {key}")

    def _offer(self, frame: Frame) -> None:
        recorder = self._recorders.get(frame.camera_key)
        if recorder is None or frame.rendition != CAPTURE:
            return
        captured_at_ns = recorder.presence.remote_clock.utc_ns_at(frame.captured_at_ns)
        if captured_at_ns is None:  # a remembered camera that has not sent a status yet
            return
        frame = frame._replace(captured_at_ns=captured_at_ns)
        recorder.offer(frame)
        for listener in self._listeners.get(frame.camera_key, ()):
            listener(frame)

    def _presence_of(self, camera_key: str, known: ArchiveCamera | None = None) -> CameraPresence:
        return CameraPresence(camera_key, self._clock, self._loop_clock.seconds, self._ingest_silent_seconds, known)

    def _ingest_silent_seconds(self) -> float | None:
        return None if self._heard_at is None else self._loop_clock.seconds() - self._heard_at


def _inactive(status: CameraStatus, presence: CameraPresence) -> SlotReport:
    """The report of a camera that was disabled or removed before this archiver knew it."""
    interval = status.capture_interval_seconds
    return SlotReport(status.camera, status.name, interval, 0, 0, presence.heard_at, active=False)
