"""One camera's archive: a picture for the slot that runs, then rest until the next one begins.

The wall clock decides which slot runs; sleeps are short and end in a new look at it, so a clock that jumps can make a
slot be taken early or late, never twice. Owns the demand for the camera's frames, which it states only from a slot's
start until it has its picture, so that ingest encodes nothing for it otherwise. Tells the bookkeeper which slots it got
no picture of, and why. Knows files and rows only as calls.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Protocol

from PIL.Image import Image

from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import (
    EncodeFailedError,
    PictureRefusedError,
    StorageFullError,
    StorageUnavailableError,
)
from services.archiver.base.problems import Problems
from services.archiver.base.threads import Threads
from services.archiver.capture.camera_presence import CameraPresence, Trouble
from services.archiver.capture.slots import Slot, slot_at
from services.archiver.db.gaps import SlotReport, joined
from services.archiver.db.intervals import GapReason, Missed, Stretch
from services.archiver.db.row_writer import RowWriter
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.paths import FrameName
from services.archiver.files.webp import Label, WebpOptions, decode_jpeg, encode_webp
from shared.bus.frames import Frame
from shared.bus.status import CameraStatus
from shared.bus.topics import CAPTURE, frame_topic
from shared.clock import Clock
from shared.logs import get_logger
from shared.throttled_log import ThrottledLog

LONGEST_SLEEP_SECONDS: Final = 1.0
SHORTEST_SLEEP_SECONDS: Final = 0.001
FIRST_RETRY_SECONDS: Final = 0.5
LAST_RETRY_SECONDS: Final = 30.0
DISK: Final = "archive directory"
log = get_logger(__name__)


class Demand(Protocol):
    """Where frames are asked for. Asking twice needs taking back twice."""

    def subscribe(self, topic: bytes) -> None: ...
    def unsubscribe(self, topic: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Archive:
    """What every camera's watch works with."""

    shelf: FrameFiles
    bookkeeper: RowWriter
    threads: Threads
    problems: Problems
    refused: ThrottledLog
    clock: Clock
    webp: WebpOptions


@dataclass(frozen=True, slots=True)
class _Still:
    """A finished WebP that has no file yet."""

    slot: Slot
    webp: bytes


class CameraRecorder:
    """On the loop's thread only. `run` goes on until it is cancelled."""

    def __init__(self, sighting: CameraPresence, archive: Archive, demand: Demand) -> None:
        self.sighting = sighting
        self._camera_key = sighting.camera_key
        self._archive = archive
        self._demand = demand
        self._wants_frames = False
        self._frame: Frame | None = None
        self._still: _Still | None = None
        self._changed = asyncio.Event()
        self._slot: Slot | None = None
        """The one that ran at the last look."""
        self._settled: Slot | None = None
        self._since: int | None = None
        """The start of the first slot since which it has watched without a break."""
        self._newest_start = -1
        self._trouble: Trouble | None = None
        """What the running slot's picture failed for last."""
        self._obstacle: Trouble | None = None
        """The same, where the camera was not to blame."""
        self._missed: tuple[Missed, ...] = ()

    def hear(self, status: CameraStatus) -> None:
        before = self.sighting.interval_seconds
        self.sighting.hear(status)
        self._note_trouble()
        if before != self.sighting.interval_seconds:
            self._changed.set()

    def offer(self, frame: Frame) -> None:
        """A frame from the bus. One place, newest wins; frames nobody waits for any more are dropped."""
        if self._wants_frames and self.sighting.is_streaming:
            self._frame = frame
            self._changed.set()

    async def run(self) -> None:
        delay = FIRST_RETRY_SECONDS
        while True:
            slot = self._look_at_the_clock()
            if slot is None or slot == self._settled:
                await self._wait(LONGEST_SLEEP_SECONDS, slot)
            elif await self._settle(slot):
                self._settled, delay = slot, FIRST_RETRY_SECONDS
            elif slot == self._running_slot():
                await self._back_off(delay, slot)
                delay = min(2 * delay, LAST_RETRY_SECONDS)
            else:
                delay = FIRST_RETRY_SECONDS

    def _look_at_the_clock(self) -> Slot | None:
        """The slot that runs; what ended since the last look is booked."""
        slot, last = self._running_slot(), self._slot
        if slot != last:
            self._slot = slot
            if slot is None:
                self._tell_that_it_is_away(last)
            else:
                self._book(last, slot)
        return slot

    def _book(self, last: Slot | None, slot: Slot) -> None:
        """Tell which slots were missed before this one."""
        if self._since is None:
            self._since = slot.start_seconds
        if last is not None and last != self._settled and slot.start_seconds > last.start_seconds:
            # Ended, or cut short by another interval.
            trouble = self._obstacle or self._trouble or Trouble(GapReason.NO_FRESH_PICTURE.value)
            stretch = Stretch(last.start_seconds, min(last.end_seconds, slot.start_seconds))
            log.warning("slot ended without a picture", camera=self._camera_key, slot=stretch.start, why=trouble.reason)
            self._missed = joined(self._missed, [Missed(stretch, trouble.reason, trouble.detail)])
        self._obstacle = self._trouble = None
        self._note_trouble()
        if not self.sighting.is_forgotten:
            self._report(slot.interval_seconds, slot.start_seconds, watched=True)

    def _tell_that_it_is_away(self, last: Slot | None) -> None:
        if last is not None:
            self._report(last.interval_seconds, last.start_seconds, watched=False)
        self._since = None

    def _report(self, interval_seconds: int, until: int, *, watched: bool) -> None:
        since = until if self._since is None else self._since
        sighting, missed, self._missed = self.sighting, self._missed, ()
        self._archive.bookkeeper.report(
            SlotReport(
                sighting.camera_key,
                sighting.name,
                interval_seconds,
                since,
                until,
                sighting.heard_at,
                missed,
                watched,
            )
        )

    async def _settle(self, slot: Slot) -> bool:
        """Whether the slot has its picture now. False: it has ended, or try again after a while."""
        problems = self._archive.problems
        encoder = f"encoder of {self._camera_key}"
        try:
            if await self._is_archived(slot):
                return True
            still = await self._still_of(slot)
            problems.clear(encoder)
            if still is None:
                return False
            await self._keep(still)
        except StorageUnavailableError as error:
            problems.report(DISK, str(error))
            full = isinstance(error, StorageFullError)
            self._obstacle = Trouble((GapReason.DISK_FULL if full else GapReason.STORAGE_UNAVAILABLE).value)
            return False
        except EncodeFailedError as error:
            problems.report(encoder, f"A picture of {self._camera_key} can't be made a WebP: {error}.")
            self._obstacle = Trouble(GapReason.PICTURE_NOT_ENCODABLE.value)
            return False
        return True

    async def _is_archived(self, slot: Slot) -> bool:
        """Only of a slot that has run before can there be a row without its file: then the picture was deleted."""
        ran_before, self._newest_start = self._newest_start, max(self._newest_start, slot.start_seconds)
        may_be_deleted = ran_before < 0 or slot.start_seconds <= ran_before
        if may_be_deleted and await self._archive.bookkeeper.is_settled(self._camera_key, slot.start_seconds):
            return True
        shelf, name = self._archive.shelf, FrameName(self._camera_key, slot.start_seconds)
        try:
            file = await self._archive.threads.run(lambda: shelf.describe(name))
        except PictureRefusedError:
            return False
        if file is None:
            return False
        self._archive.bookkeeper.enter_soon(file)
        return True

    async def _still_of(self, slot: Slot) -> _Still | None:
        """The slot's WebP, made once however often it must be written; None when the slot ended without a frame."""
        if self._still is None or self._still.slot != slot:
            self._still = None
            with self._demanding_frames():
                taken = await self._take(slot)
            if taken is not None:
                picture, captured_at = taken
                label = Label(self._camera_key, captured_at, slot.interval_seconds)
                encode = partial(encode_webp, picture, label, self._archive.webp)
                self._still = _Still(slot, await self._archive.threads.run(encode))
        return self._still

    async def _take(self, slot: Slot) -> tuple[Image, datetime] | None:
        """The first live and whole picture captured within the slot, with its time; None when the slot ended."""
        while self._running_slot() == slot:
            frame, self._frame = self._frame, None
            if frame is None:
                await self._wait(LONGEST_SLEEP_SECONDS, slot)
            elif frame.live and slot.contains(frame.captured_at_ns):
                try:
                    picture = await self._archive.threads.run(partial(decode_jpeg, frame.jpeg))
                except PictureRefusedError as error:
                    self._archive.refused.count(f"{self._camera_key}: {error}")
                    self._obstacle = Trouble(GapReason.PICTURE_DAMAGED.value)
                else:
                    return picture, from_ns(frame.captured_at_ns)
        return None

    async def _keep(self, still: _Still) -> None:
        shelf, name = self._archive.shelf, FrameName(self._camera_key, still.slot.start_seconds)
        file = await self._archive.threads.run(lambda: shelf.keep(name, still.webp))
        self._still = None
        self._archive.problems.clear(DISK)
        self._archive.bookkeeper.enter_soon(file)
        log.info("frame archived", camera=self._camera_key, path=name.path, bytes=file.byte_count)

    @contextmanager
    def _demanding_frames(self) -> Iterator[None]:
        topic = frame_topic(self._camera_key, CAPTURE)
        self._frame = None
        self._wants_frames = True
        self._demand.subscribe(topic)
        try:
            yield
        finally:
            self._demand.unsubscribe(topic)
            self._wants_frames = False
            self._frame = None

    def _running_slot(self) -> Slot | None:
        """None while the camera is disabled or removed."""
        if self.sighting.interval_seconds is None:
            return None
        return slot_at(self._archive.clock.utc_ns(), self.sighting.interval_seconds)

    def _note_trouble(self) -> None:
        self._trouble = self.sighting.trouble() or self._trouble

    async def _back_off(self, seconds: float, slot: Slot) -> None:
        """Rest for so long, or until the slot has ended."""
        monotonic = self._archive.clock.monotonic
        until = monotonic() + seconds
        while monotonic() < until and self._running_slot() == slot:
            await self._wait(until - monotonic(), slot)

    async def _wait(self, seconds: float, slot: Slot | None) -> None:
        """Until a frame or another interval comes, the slot ends, or the time is up; never long without a new look."""
        if slot is not None:
            seconds = min(seconds, slot.seconds_left(self._archive.clock.utc_ns()))
        seconds = min(max(seconds, SHORTEST_SLEEP_SECONDS), LONGEST_SLEEP_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        self._changed.clear()
        self._note_trouble()
