"""Renders the requested time-lapses one after the other, and deletes expired ones. Owns the queue's rules.

A render that was interrupted by the archiver's end is started again, once: a time-lapse that brings the archiver down
must not do so for ever. It works on threads of its own, so that it takes no thread from a capture.
"""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from services.archiver.base import timelapse_texts
from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.problems import Problems, Subject
from services.archiver.base.threads import Threads
from services.archiver.files.picture_memory import PictureMemory
from services.archiver.timelapse.child_process import NoProcessError
from services.archiver.timelapse.job import Job, JobState, ScheduleMark, new_id, replaced
from services.archiver.timelapse.jobs import JobFiles
from services.archiver.timelapse.queries import RenderPlan, plan
from services.archiver.timelapse.recovery import recovered
from services.archiver.timelapse.rendering import MOST_ATTEMPTS, Rendering
from services.archiver.timelapse.request import TimelapseRequest
from services.archiver.timelapse.settings import TimelapseSettings
from services.archiver.timelapse.video_facts import facts_of
from shared.clock import Clock
from shared.errors import FramecastError
from shared.logs import get_logger

MOST_WAITING: Final = 10
SCAN_SECONDS: Final = 5.0
"""How often the directory is scanned for jobs that other archivers queued or left."""
log = get_logger(__name__)


class QueueFullError(FramecastError):
    """Raised when `most` time-lapses are waiting already. Try again when some are done."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(timelapse_texts.queue_full(most))


class TimelapseQueue:
    """On the loop; its work runs on threads and in a child process. `run` goes on until it is cancelled.

    `check_archive` raises StorageUnavailableError while the archive's disk is away: then nothing is made or deleted.
    While `is_clock_trusted` says no, no video expires. `archive_id` is that of the archive's marker.
    """

    def __init__(  # noqa: PLR0913 what it is made of
        self,
        settings: TimelapseSettings,
        engine: Engine,
        clock: Clock,
        memory: PictureMemory,
        check_archive: Callable[[], None] = lambda: None,
        *,
        is_clock_trusted: Callable[[], bool] = lambda: True,
        archive_id: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.settings = settings
        self.files = JobFiles(settings.directory)
        self.problems = Problems()
        self._engine = engine
        self._clock = clock
        self._check_archive = check_archive
        self.is_clock_trusted = is_clock_trusted
        self._threads = Threads()
        self._adding = asyncio.Lock()
        self._due = asyncio.Event()
        self._rendering = Rendering(
            settings,
            self.files,
            engine,
            clock=clock,
            threads=self._threads,
            memory=memory,
            check_archive=check_archive,
            archive_id=archive_id,
        )

    async def estimate(self, request: TimelapseRequest) -> RenderPlan:
        """What the request amounts to. Raises NoTimelapseError, DatabaseUnavailableError."""
        return await self._threads.run(lambda: plan(self._engine, request))

    async def add(self, request: TimelapseRequest) -> Job:
        """Queue it. Raises NoTimelapseError, QueueFullError, DatabaseUnavailableError, StorageUnavailableError."""
        async with self._adding:  # else requests that come together find room for each of them
            jobs = await self.jobs()
            waiting = sum(job.state is JobState.QUEUED and job.schedule is None for job in jobs)
            if waiting >= MOST_WAITING:
                raise QueueFullError(MOST_WAITING)
            planned = await self.estimate(request)
            job = await self._threads.run(lambda: self.create(request, planned))
            self.wake()
            return job

    def create(self, request: TimelapseRequest, planned: RenderPlan, schedule: ScheduleMark | None = None) -> Job:
        """Put it into the directory. Raises StorageUnavailableError. Blocks on the disk: on a thread, then `wake`."""
        self._check_archive()
        now = self._now()
        new = Job(
            id=new_id(request.camera, now),
            request=request,
            schedule=schedule,
            created_at=now,
            frames=0,
            fps=1,
            width=0,
            height=0,
        )
        job = planned.described_in(new)
        self.files.save(job)
        log.info("time-lapse queued", timelapse=job.id, frames=job.frames, schedule=schedule and schedule.entry)
        return job

    def wake(self) -> None:
        """Look for work at once."""
        self._due.set()

    async def jobs(self) -> list[Job]:
        """All jobs, newest first. Raises StorageUnavailableError."""
        return await self._threads.run(self.files.all)

    async def get(self, job_id: str) -> Job | None:
        """The job of this id. Raises StorageUnavailableError."""
        return await self._threads.run(lambda: self.files.load(job_id))

    async def has_file(self, path: Path) -> bool:
        """Whether this file of a job is there."""
        return await self._threads.run(path.is_file)

    async def delete(self, job: Job) -> None:
        """Cancel the job, or delete its video. A render ends within a second or two, in whichever archiver it runs."""
        await self._threads.run(lambda: self.files.delete(job))
        log.info("time-lapse deleted", timelapse=job.id, state=job.state.value)

    async def run(self) -> None:
        """Render what is queued, again and again."""
        while True:
            self._due.clear()
            try:
                await self._work()
            except (StorageUnavailableError, DatabaseUnavailableError, NoProcessError) as error:
                self.problems.report(Subject.TIMELAPSES, timelapse_texts.timelapses_wait(error))
            else:
                self.problems.clear(Subject.TIMELAPSES)
            with suppress(TimeoutError):
                async with asyncio.timeout(SCAN_SECONDS):
                    await self._due.wait()

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for the work on threads; how many pieces are still running at the deadline."""
        return await self._threads.drain(deadline_seconds)

    async def _work(self) -> None:
        """Render all waiting jobs, unless another archiver is rendering."""
        jobs = await self.jobs()
        if not any(self._needs_work(job) for job in jobs) and not replaced(jobs):
            return
        await self._threads.run(self._check_archive)
        with ExitStack() as stack:
            if not stack.enter_context(self.files.lock()):
                return
            await self._threads.run(self.files.sweep)
            await self._threads.run(self._recover)
            while (job := await self._next()) is not None:
                await self._threads.run(self._check_archive)
                await self._rendering.render(job)

    def _needs_work(self, job: Job) -> bool:
        return job.state in (JobState.QUEUED, JobState.RENDERING) or not job.has_record or self._is_expired(job)

    def _recover(self) -> None:
        """Make the records that were lost anew, from what the videos say."""
        for job in self.files.all():
            if not job.has_record:
                self.files.give_record(recovered(job, facts_of(self.files.video(job))))

    def _is_expired(self, job: Job) -> bool:
        expires_at = job.expires_at(self.settings.keep)
        return expires_at is not None and expires_at <= self._now() and self.is_clock_trusted()

    async def _next(self) -> Job | None:
        """The oldest waiting job, and before the automatic ones one that somebody waits for.

        This archiver holds the lock, so a job in the state `rendering` was interrupted.
        """
        oldest: dict[bool, Job] = {}
        jobs = await self.jobs()
        for job in [*replaced(jobs), *filter(self._is_expired, jobs)]:
            await self.delete(job)
        for job in jobs:
            if job.state is JobState.RENDERING and job.attempts >= MOST_ATTEMPTS:
                await self._rendering.end(job, error=timelapse_texts.INTERRUPTED_TWICE)
            elif job.state in (JobState.QUEUED, JobState.RENDERING):
                oldest[job.schedule is None] = job
        return oldest.get(True) or oldest.get(False)

    def _now(self) -> datetime:
        return from_ns(self._clock.utc_ns())
