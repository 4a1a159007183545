"""One camera's archive: a picture for the running slot, then rest until the next slot begins.

The wall clock decides which slot runs. Sleeps are short, and after each the clock is read again. So a clock that jumps
can make a slot be captured early or late, but never twice. The camera's frames are demanded only from a slot's start
until it has its picture, so that ingest encodes nothing for the archive otherwise.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from services.archiver.base import texts
from services.archiver.base.capture_rule import RuleOf, always
from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import (
    DiskNotMountedError,
    EncodeFailedError,
    PictureRefusedError,
    StorageFullError,
    StorageUnavailableError,
)
from services.archiver.base.problems import Problems, Subject
from services.archiver.capture.camera_presence import CameraPresence
from services.archiver.capture.capture_progress import CaptureProgress
from services.archiver.capture.due_slots import DueSlots
from services.archiver.capture.frame_archiver import FrameArchiver
from services.archiver.capture.frame_inbox import Demand, FrameInbox
from services.archiver.capture.missed_slots import MissedSlots
from services.archiver.capture.passed_slots import PassedSlots
from services.archiver.capture.slots import Slot
from services.archiver.db.intervals import GapReason
from services.archiver.db.row_writer import RowWriter
from services.archiver.files.paths import FrameName
from services.archiver.files.webp import Label
from shared.backoff import Backoff
from shared.bus.frames import Frame
from shared.bus.status import CameraStatus

LONGEST_SLEEP_SECONDS: Final = 1.0
SHORTEST_SLEEP_SECONDS: Final = 0.001
FIRST_RETRY_SECONDS: Final = 0.5
LONGEST_RETRY_SECONDS: Final = 30.0
NS_PER_MILLISECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A finished WebP that is not stored yet, and its name."""

    slot: Slot
    name: FrameName
    webp: bytes


class CameraRecorder:
    """On the loop's thread only. `run` goes on until it is cancelled."""

    def __init__(  # noqa: PLR0913, PLR0917 what recording one camera needs
        self,
        presence: CameraPresence,
        demand: Demand,
        frame_archiver: FrameArchiver,
        row_writer: RowWriter,
        problems: Problems,
        loop_seconds: Callable[[], float] | None = None,
        rule_of: RuleOf = always,
    ) -> None:
        self.presence = presence
        self.due_slots = DueSlots(presence.camera_key, rule_of)
        self.progress = CaptureProgress(presence, loop_seconds or presence.clock.monotonic, self.is_due)
        self._camera_key = presence.camera_key
        self._inbox = FrameInbox(presence.camera_key, demand)
        self._frame_archiver = frame_archiver
        self._row_writer = row_writer
        self._problems = problems
        self.missed_slots = MissedSlots(presence, row_writer.report, lambda: self.due_slots.rule)
        self.passed_slots = PassedSlots(self._due_slot)
        self._encoded: _Encoded | None = None
        self._slot: Slot | None = None
        """The slot that ran when the clock was last read."""
        self._done: Slot | None = None
        """The last slot that got its picture."""
        self._tried: Slot | None = None
        """The last slot of which a picture was wanted while it ran."""
        self._newest_start = -1
        self._is_taken = False
        """Whether the place of the slot that is being archived has a frame of another time."""

    def hear(self, status: CameraStatus) -> None:
        """A status of this camera has come."""
        before = self.presence.interval_seconds
        self.progress.note()
        self.presence.hear(status)
        self.missed_slots.note_presence()
        if before != self.presence.interval_seconds:
            self._inbox.changed.set()

    def offer(self, frame: Frame) -> None:
        """A frame of this camera has come, with its time by this host's clock."""
        if self.presence.is_streaming:
            self._inbox.offer(frame)

    async def run(self) -> None:
        """Archive a picture for every slot that runs."""
        retry = Backoff(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS)
        while True:
            slot = self._read_clock()
            if slot is None or slot == self._done or not self._is_wanted(slot):
                await self._wait(LONGEST_SLEEP_SECONDS, slot)
            elif await self._archived_or_passed(slot):
                self.progress.archived()
                retry.reset()
            elif slot == self.presence.running_slot():
                await self._back_off(retry.next_seconds(), slot)
            else:
                retry.reset()

    def is_due(self) -> bool:
        """Whether a picture of this moment is due by the camera's rule."""
        return self._due_slot() is not None

    def _due_slot(self) -> Slot | None:
        slot = self.presence.running_slot()
        return slot if slot is not None and self.due_slots.is_due_at(slot, self.presence.clock.utc_ns()) else None

    def next_at(self) -> int | None:
        """When the next picture is due (epoch seconds); None while none will be."""
        slot = self.presence.running_slot()
        if slot is None:
            return None
        return self.due_slots.next_at(self.presence.clock.utc_ns(), slot, is_done=slot == self._done)

    def _is_wanted(self, slot: Slot) -> bool:
        """Whether the slot's picture may be taken now, or was taken in time and has to be stored still."""
        if self._encoded is None or self._encoded.slot != slot:
            if not self.due_slots.is_due_at(slot, self.presence.clock.utc_ns()):
                return False
            self._tried = slot
        return True

    def _read_clock(self) -> Slot | None:
        """The slot that runs. If another one ran at the last call, that one's end is reported."""
        slot, last = self.presence.running_slot(), self._slot
        if slot != last:
            self._slot = slot
            if slot is None:
                self.missed_slots.camera_left(last)
            else:
                ended = last is not None and last.start_seconds < slot.start_seconds
                self.missed_slots.slot_began(slot, missed=last if ended and self._is_missed(last) else None)
        return slot

    def _is_missed(self, last: Slot | None) -> bool:
        return last is not None and last != self._done and last == self._tried

    async def _archived_or_passed(self, slot: Slot) -> bool:
        """Whether the slot has its picture now. Slots that passed while the store was silent are reported as missed."""
        is_archived = await self._archive_picture(slot)
        if is_archived:
            self._done = slot
        for passed in self.passed_slots.taken(self.presence.running_slot()):
            last = self._slot
            self.missed_slots.slot_began(passed, missed=last if self._is_missed(last) else None)
            self.missed_slots.note_obstacle(GapReason.STORAGE_UNAVAILABLE)
            self._slot = self._tried = passed
        return is_archived

    async def _archive_picture(self, slot: Slot) -> bool:
        """Whether the slot has its picture now. If not, the slot has ended, or a later try may succeed."""
        encoder = f"encoder of {self._camera_key}"
        try:
            if await self._is_archived(slot):
                return True
            encoded = await self._encoded_picture(slot)
            self._problems.clear(encoder)
            if encoded is None:
                return False
            await self.passed_slots.during(self._frame_archiver.save(encoded.name, encoded.webp), slot)
        except StorageUnavailableError as error:
            self._problems.report(Subject.STORE, str(error))
            self.missed_slots.note_obstacle(_gap_reason(error))
            return False
        except EncodeFailedError as error:
            self._problems.report(encoder, texts.not_encodable(self._camera_key, error))
            self.missed_slots.note_obstacle(GapReason.PICTURE_NOT_ENCODABLE)
            return False
        self._encoded = None
        self._problems.clear(Subject.STORE)
        return True

    async def _is_archived(self, slot: Slot) -> bool:
        """Whether the slot has its row or its file already.

        A row without a file counts only for a slot that has run before: its picture was deleted. While the clock is
        behind, what is there is from the first time that it showed this slot.
        """
        self._is_taken, clock = False, self._row_writer.trusted_clock
        ran_before, self._newest_start = self._newest_start, max(self._newest_start, slot.start_seconds)
        may_be_deleted = clock.is_behind() or ran_before < 0 or slot.start_seconds <= ran_before
        if may_be_deleted and await self._row_writer.is_done(self._camera_key, slot.start_seconds):
            if not clock.is_behind():  # it may have been judged only now
                return True
            self._is_taken = True
        name = FrameName(self._camera_key, slot.start_seconds)
        stored = await self.passed_slots.during(self._frame_archiver.stored(name), slot)
        if stored is None:
            return False
        self._is_taken = not await self._row_writer.is_of_slot(stored)
        return not self._is_taken

    def _name_of(self, slot: Slot, frame: Frame) -> FrameName:
        """The slot's; or the frame's instant, where a frame of another time has the slot's name."""
        if self._is_taken:
            return FrameName(self._camera_key, None, frame.captured_at_ns // NS_PER_MILLISECOND)
        return FrameName(self._camera_key, slot.start_seconds)

    async def _encoded_picture(self, slot: Slot) -> _Encoded | None:
        """The slot's WebP, encoded once however often storing it fails; None when the slot ended without a frame."""
        if self._encoded is None or self._encoded.slot != slot:
            self._encoded = None
            self._encoded = await self._take_picture(slot)
        return self._encoded

    async def _take_picture(self, slot: Slot) -> _Encoded | None:
        """The first live, whole picture captured within the slot; None when the slot ended."""
        while True:
            with self._inbox.opened():  # not while encoding: each further frame is work for the camera's process
                frame = await self._take_frame(slot)
            if frame is None:
                return None
            label = Label(self._camera_key, from_ns(frame.captured_at_ns), slot.interval_seconds)
            try:
                return _Encoded(slot, self._name_of(slot, frame), await self._frame_archiver.encode(frame, label))
            except PictureRefusedError:
                self.missed_slots.note_obstacle(GapReason.PICTURE_DAMAGED)

    async def _take_frame(self, slot: Slot) -> Frame | None:
        """The first live frame captured within the slot while it is due; None when that has ended."""
        while self.presence.running_slot() == slot and self.is_due():
            frame = self._inbox.take()
            if frame is not None and frame.live and slot.contains(frame.captured_at_ns):
                return frame
            if frame is None:
                await self._wait(LONGEST_SLEEP_SECONDS, slot)
        return None

    async def _back_off(self, seconds: float, slot: Slot) -> None:
        """Wait for this time, or until the slot has ended."""
        monotonic = self.presence.clock.monotonic
        until = monotonic() + seconds
        while monotonic() < until and self.presence.running_slot() == slot:
            await self._wait(until - monotonic(), slot)

    async def _wait(self, seconds: float, slot: Slot | None) -> None:
        """Wait for a frame, another interval, the end of the slot or of this time; at most a second."""
        if slot is not None:
            seconds = min(seconds, slot.seconds_left(self.presence.clock.utc_ns()))
        seconds = min(max(seconds, SHORTEST_SLEEP_SECONDS), LONGEST_SLEEP_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._inbox.changed.wait()
        self._inbox.changed.clear()
        self.progress.note()
        self.missed_slots.note_presence()


def _gap_reason(error: StorageUnavailableError) -> GapReason:
    if isinstance(error, DiskNotMountedError):
        return GapReason.DISK_NOT_MOUNTED
    return GapReason.DISK_FULL if isinstance(error, StorageFullError) else GapReason.STORAGE_UNAVAILABLE
