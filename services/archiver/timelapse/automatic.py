"""Asks for the automatic time-lapses: each entry of `TIMELAPSE_SCHEDULE` once for each of its periods.

A period that ended while no archiver ran is made up for, the newest one alone. What was asked for is remembered in
the time-lapses' directory, so a video that somebody has deleted is not made again.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from services.archiver.base import timelapse_texts
from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.local_time import Window
from services.archiver.base.problems import Problems, Subject
from services.archiver.base.threads import Threads
from services.archiver.base.timelapse_schedule import Entry, Period
from services.archiver.timelapse.job import Job, JobState, ScheduleMark
from services.archiver.timelapse.queries import cameras_within, plan
from services.archiver.timelapse.queue import TimelapseQueue
from services.archiver.timelapse.request import TimelapseRequest
from services.archiver.timelapse.schedule_memory import ScheduleMemory
from services.archiver.timelapse.selection import NoTimelapseError
from shared.clock import Clock
from shared.logs import get_logger

CHECK_SECONDS: Final = 60.0
LEAST_FRAMES: Final = 6
"""With fewer pictures nothing is made: that is no film."""
log = get_logger(__name__)


class AutomaticTimelapses:
    """A background job. On the loop; it works on a thread."""

    def __init__(
        self, entries: Sequence[Entry], zone: ZoneInfo, queue: TimelapseQueue, engine: Engine, clock: Clock
    ) -> None:
        self.problems = Problems()
        self._entries = entries
        self._zone = zone
        self._queue = queue
        self._engine = engine
        self._clock = clock
        self._threads = Threads()
        self._settled: set[tuple[Entry, Period]] = set()
        """What needs no look into the directory."""

    async def run(self) -> None:
        """Look each minute whether a period is over, until cancelled."""
        while True:
            now = from_ns(self._clock.utc_ns())
            try:
                if await self._threads.run(lambda: self.ask_for_what_is_due(now)):  # noqa: B023 it is awaited here
                    self._queue.wake()
            except (StorageUnavailableError, DatabaseUnavailableError) as error:
                self.problems.report(Subject.TIMELAPSES, timelapse_texts.timelapses_wait(error))
            else:
                self.problems.clear(Subject.TIMELAPSES)
            await asyncio.sleep(CHECK_SECONDS)

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for the work on threads; how many pieces are still running at the deadline."""
        return await self._threads.drain(deadline_seconds)

    def ask_for_what_is_due(self, now: datetime) -> int:
        """Queue what is due and was not asked for yet; how many time-lapses that is. Blocks on disk and database.

        By a clock in doubt nothing is due.
        """
        due = [(entry, entry.last_period(now, self._zone)) for entry in self._entries]
        due = [each for each in due if each not in self._settled]
        if not due or not self._queue.is_clock_trusted():
            return 0
        with self._queue.files.alone():  # two archivers would ask for each of them twice
            jobs = self._queue.files.all()
            return sum(self._ask_for(entry, period, jobs) for entry, period in due)

    def _ask_for(self, entry: Entry, period: Period, jobs: list[Job]) -> int:
        memory, window, asked, is_waiting = ScheduleMemory(self._queue.files.root), period.window(self._zone), 0, False
        if not memory.has(entry.text, str(period)) and window[0] < window[1]:
            cameras = cameras_within(self._engine, window) if entry.camera is None else [entry.camera]
            for camera in cameras:
                of_it = [job for job in jobs if _is_of(job, camera, entry)]
                is_waiting |= any(job.state in (JobState.QUEUED, JobState.RENDERING) for job in of_it)
                if not is_waiting and not any(job.schedule and job.schedule.period == str(period) for job in of_it):
                    asked += self._ask_for_camera(camera, entry, period, window)
        if not is_waiting:  # else it is looked at again when the one before is done
            memory.add(entry.text, str(period))
            self._settled.add((entry, period))
        return asked

    def _ask_for_camera(self, camera: str, entry: Entry, period: Period, window: Window) -> bool:
        request = TimelapseRequest(
            camera=camera,
            since=window[0],
            until=window[1],
            daylight=entry.daylight,
            daily_at=entry.at,
            tz=self._zone.key,
            length_seconds=entry.length_seconds,
            timestamp=entry.timestamp,
            deflicker=entry.deflicker,
        )
        try:
            planned = plan(self._engine, request)
        except NoTimelapseError as error:
            log.info("no automatic time-lapse", camera=camera, entry=entry.text, period=str(period), reason=str(error))
            return False
        frames = len(planned.selection.frames)
        if frames < LEAST_FRAMES:
            reason = timelapse_texts.too_few_frames(frames, LEAST_FRAMES)
            log.info("no automatic time-lapse", camera=camera, entry=entry.text, period=str(period), reason=reason)
            return False
        mark = ScheduleMark(entry=entry.text, period=str(period), keep=entry.keep, replaces=entry.replaces)
        self._queue.create(request, planned, mark)
        return True


def _is_of(job: Job, camera: str, entry: Entry) -> bool:
    return job.schedule is not None and job.schedule.entry == entry.text and job.camera == camera
