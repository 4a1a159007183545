"""One camera's archive: a picture for the slot that runs, then rest until the next one begins.

The wall clock decides which slot runs; sleeps are short and end in a new look at it, so a clock that jumps can make a
slot be taken early or late, never twice. Owns the demand for the camera's frames, which it states only from a slot's
start until it has its picture, so that ingest encodes nothing for it otherwise. Knows files and rows only as calls.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Protocol

from PIL.Image import Image

from services.archiver.bookkeeper import Bookkeeper
from services.archiver.errors import EncodeFailed, PictureRefused, StorageUnavailable
from services.archiver.instants import from_ns
from services.archiver.pictures import Label, decode_jpeg, encode_webp
from services.archiver.problems import Problems
from services.archiver.slots import Slot, slot_at
from services.archiver.storage import FrameStore
from services.archiver.threads import Threads
from shared.clock import Clock
from shared.drops import DropCounter
from shared.frames import Frame
from shared.logs import get_logger
from shared.status import CameraState, CameraStatus
from shared.topics import MAIN, frame_topic

LONGEST_SLEEP_SECONDS: Final = 1.0
SHORTEST_SLEEP_SECONDS: Final = 0.001
FIRST_RETRY_SECONDS: Final = 0.5
LAST_RETRY_SECONDS: Final = 30.0
DISK: Final = "archive directory"
log = get_logger(__name__)


class Demand(Protocol):
    """Where frames are asked for."""

    def subscribe(self, topic: bytes) -> None: ...
    def unsubscribe(self, topic: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Archive:
    """What every camera's watch works with."""

    store: FrameStore
    bookkeeper: Bookkeeper
    threads: Threads
    problems: Problems
    refused: DropCounter
    clock: Clock


@dataclass(frozen=True, slots=True)
class _Still:
    """A finished WebP that has no file yet."""

    slot: Slot
    webp: bytes


class CameraWatch:
    """On the loop's thread only. `run` goes on until it is cancelled."""

    def __init__(self, status: CameraStatus, archive: Archive, demand: Demand) -> None:
        self._camera_key = status.camera
        self._topic = frame_topic(status.camera, MAIN)
        self._archive = archive
        self._demand = demand
        self._interval_seconds: int | None = None
        """None while the camera is disabled."""
        self._wants_frames = False
        self._frame: Frame | None = None
        self._still: _Still | None = None
        self._changed = asyncio.Event()
        self.update(status)

    def update(self, status: CameraStatus) -> None:
        disabled = status.state is CameraState.DISABLED
        interval_seconds = None if disabled else status.capture_interval_seconds
        if interval_seconds != self._interval_seconds:
            self._interval_seconds = interval_seconds
            self._changed.set()

    def offer(self, frame: Frame) -> None:
        """A frame from the bus. One place, newest wins; frames nobody waits for any more are dropped."""
        if self._wants_frames:
            self._frame = frame
            self._changed.set()

    async def run(self) -> None:
        settled: Slot | None = None
        delay = FIRST_RETRY_SECONDS
        while True:
            slot = self._running_slot()
            if slot is None or slot == settled:
                await self._wait(LONGEST_SLEEP_SECONDS, slot)
            elif await self._settle(slot):
                settled, delay = slot, FIRST_RETRY_SECONDS
            elif slot == self._running_slot():
                await self._back_off(delay, slot)
                delay = min(2 * delay, LAST_RETRY_SECONDS)
            else:
                delay = FIRST_RETRY_SECONDS
                log.warning("slot ended without a picture", camera=self._camera_key, slot_start=slot.start_seconds)

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
        except StorageUnavailable as error:
            problems.report(DISK, str(error))
            return False
        except EncodeFailed as error:
            problems.report(encoder, f"A picture of {self._camera_key} can't be made a WebP: {error}.")
            return False
        return True

    async def _is_archived(self, slot: Slot) -> bool:
        if await self._archive.bookkeeper.knows(self._camera_key, slot.start_seconds):
            return True
        store = self._archive.store
        file = await self._archive.threads.run(lambda: store.read_back(self._camera_key, slot.start_seconds))
        if file is None:
            return False
        await self._archive.bookkeeper.enter(self._camera_key, slot.start_seconds, slot.interval_seconds, file)
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
                self._still = _Still(slot, await self._archive.threads.run(lambda: encode_webp(picture, label)))
        return self._still

    async def _take(self, slot: Slot) -> tuple[Image, datetime] | None:
        """The first live and whole picture captured within the slot, with its time; None when the slot ended."""
        while self._running_slot() == slot:
            frame, self._frame = self._frame, None
            if frame is None:
                await self._wait(LONGEST_SLEEP_SECONDS, slot)
            elif frame.live and slot.contains(frame.captured_at_ns):
                try:
                    return await self._archive.threads.run(partial(decode_jpeg, frame.jpeg)), from_ns(
                        frame.captured_at_ns
                    )
                except PictureRefused as error:
                    self._archive.refused.count(f"{self._camera_key}: {error}")
        return None

    async def _keep(self, still: _Still) -> None:
        store, slot = self._archive.store, still.slot
        file = await self._archive.threads.run(lambda: store.write(self._camera_key, slot, still.webp))
        self._still = None
        self._archive.problems.clear(DISK)
        await self._archive.bookkeeper.enter(self._camera_key, slot.start_seconds, slot.interval_seconds, file)
        log.info("frame archived", camera=self._camera_key, path=file.path, bytes=file.byte_count)

    @contextmanager
    def _demanding_frames(self) -> Iterator[None]:
        self._frame = None
        self._wants_frames = True
        self._demand.subscribe(self._topic)
        try:
            yield
        finally:
            self._demand.unsubscribe(self._topic)
            self._wants_frames = False
            self._frame = None

    def _running_slot(self) -> Slot | None:
        """None while the camera is disabled."""
        if self._interval_seconds is None:
            return None
        return slot_at(self._archive.clock.utc_ns(), self._interval_seconds)

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
