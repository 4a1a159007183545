"""The renderer: takes the time-lapses asked for one after the other, and lets old ones go. Owns the queue's rules.

A render that an archiver's end interrupted is begun anew, once: a time-lapse that takes the archiver down with it must
not do so for ever. Works on threads of its own, so that it takes no capture's place.
"""

import asyncio
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import DatabaseUnavailableError, StorageFullError, StorageUnavailableError
from services.archiver.base.problems import Problems
from services.archiver.base.threads import Threads
from services.archiver.timelapse.child_process import NoProcessError, RenderFailedError, render
from services.archiver.timelapse.formats import FACTS
from services.archiver.timelapse.jobs import Job, JobFiles, JobState, new_id
from services.archiver.timelapse.queries import Plan, plan, sources
from services.archiver.timelapse.render_job import Progress, RenderOrder
from services.archiver.timelapse.request import TimelapseRequest
from services.archiver.timelapse.selection import NoTimelapseError
from shared.clock import Clock
from shared.errors import FramecastError
from shared.logs import get_logger

MOST_WAITING: Final = 10
MOST_ATTEMPTS: Final = 2
LOOK_SECONDS: Final = 5.0
"""How often the directory is looked at for what other archivers queued or left."""
SAVE_SECONDS: Final = 1.0
PROBLEM: Final = "time-lapses"
log = get_logger(__name__)


class QueueFullError(FramecastError):
    """Raised when too many time-lapses wait already."""


@dataclass(frozen=True, slots=True)
class TimelapseSettings:
    """`archive` is `ARCHIVE_DIR`; `keep` None keeps finished ones for ever; `min_free_bytes` is left on the disk."""

    archive: str
    directory: Path
    keep: timedelta | None = None
    ffmpeg: str | None = None
    min_free_bytes: int = 0


class Renderer:
    """On the loop; its work on threads and in a child process. `run` goes on until it is cancelled."""

    def __init__(self, settings: TimelapseSettings, engine: Engine, clock: Clock) -> None:
        self.settings = settings
        self.files = JobFiles(settings.directory)
        self.problems = Problems()
        self._engine = engine
        self._clock = clock
        self._threads = Threads()
        self._due = asyncio.Event()
        self._saved_at = 0.0

    async def estimate(self, request: TimelapseRequest) -> Plan:
        """What the request comes to. Raises NoTimelapseError, DatabaseUnavailableError."""
        return await self._threads.run(lambda: plan(self._engine, request))

    async def add(self, request: TimelapseRequest) -> Job:
        """Queue it. Raises NoTimelapseError, QueueFullError, DatabaseUnavailableError, StorageUnavailableError."""
        jobs = await self.jobs()
        waiting = sum(job.state is JobState.QUEUED for job in jobs)
        if waiting >= MOST_WAITING:
            raise QueueFullError(f"{waiting} time-lapses wait already: try again when some are done, or cancel one.")
        wanted = await self.estimate(request)
        now = from_ns(self._clock.utc_ns())
        job = _planned(
            Job(id=new_id(request.camera, now), request=request, created_at=now, frames=0, fps=1, width=0, height=0),
            wanted,
        )
        await self._threads.run(lambda: self.files.save(job))
        log.info("time-lapse queued", timelapse=job.id, frames=job.frames)
        self._due.set()
        return job

    async def jobs(self) -> list[Job]:
        """All there are, newest first. Raises StorageUnavailableError."""
        return await self._threads.run(self.files.all)

    async def get(self, job_id: str) -> Job | None:
        return await self._threads.run(lambda: self.files.load(job_id))

    async def has_video(self, job: Job) -> bool:
        return await self._threads.run(lambda: self.files.video(job).is_file())

    async def delete(self, job: Job) -> None:
        """Cancel it, or delete what it made. A render ends within a second or two, whichever archiver does it."""
        await self._threads.run(lambda: self.files.delete(job))
        log.info("time-lapse deleted", timelapse=job.id, state=job.state.value)

    async def run(self) -> None:
        while True:
            self._due.clear()
            try:
                await self._work()
            except (StorageUnavailableError, DatabaseUnavailableError, NoProcessError) as error:
                self.problems.report(PROBLEM, f"Time-lapses have to wait: {error}")
            else:
                self.problems.clear(PROBLEM)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._due.wait()

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for what still runs on threads; how much of it is left behind."""
        return await self._threads.drain(deadline_seconds)

    async def _work(self) -> None:
        """All that waits, if no other archiver is at it."""
        if not any(self._needs_work(job) for job in await self.jobs()):
            return
        with ExitStack() as stack:
            if not stack.enter_context(self.files.lock()):
                return
            await self._threads.run(self.files.sweep)
            while (job := await self._next()) is not None:
                await self._render(job)

    def _needs_work(self, job: Job) -> bool:
        return job.state in (JobState.QUEUED, JobState.RENDERING) or self._is_expired(job)

    def _is_expired(self, job: Job) -> bool:
        expires_at = job.expires_at(self.settings.keep)
        return expires_at is not None and expires_at <= self._now()

    async def _next(self) -> Job | None:
        """The oldest that waits. Under the lock nobody else renders, so one said to be rendering was interrupted."""
        oldest: Job | None = None
        for job in await self.jobs():
            if self._is_expired(job):
                await self.delete(job)
            elif job.state is JobState.RENDERING and job.attempts >= MOST_ATTEMPTS:
                await self._end(job, error="the archiver ended while it was rendered, twice")
            elif job.state in (JobState.QUEUED, JobState.RENDERING):
                oldest = job
        return oldest

    async def _render(self, job: Job) -> None:
        """Bring it to an end, or back into the queue if it is this archiver that ends."""
        temporary = self.files.temporary(FACTS[job.request.format].suffix)
        queued = job.with_(state=JobState.QUEUED)
        try:
            order, job = await self._order(job, temporary)
            if not await self._save(job):
                return
            log.info("time-lapse begun", timelapse=job.id, frames=job.frames)
            result = await render(order, lambda progress: self._told(job, progress))
            size = await self._threads.run(lambda: self.files.publish(temporary, job))
            await self._end(job, done=result.done, skipped=result.skipped, bytes=size)
        except (RenderFailedError, NoTimelapseError, StorageFullError) as error:
            await self._end(job, error=str(error))
        except NoProcessError:
            await self._save(queued)
            raise
        except asyncio.CancelledError:
            # On the loop, and quick: nobody waits for threads any more.
            with suppress(StorageUnavailableError):
                self.files.save(queued, only_existing=True)
            raise
        finally:
            with suppress(OSError):  # what stays is swept before the next render
                temporary.unlink(missing_ok=True)

    async def _order(self, job: Job, temporary: Path) -> tuple[RenderOrder, Job]:
        """ImageFeatures at the archive once more: frames may have come and gone since it was asked for."""
        request, settings = job.request, self.settings
        await self._threads.run(self._leave_room)
        wanted = await self.estimate(request)
        frames = await self._threads.run(lambda: sources(self._engine, wanted.selection))
        job = _planned(job, wanted).with_(
            state=JobState.RENDERING,
            frames=len(frames),
            started_at=self._now(),
            attempts=job.attempts + 1,
            done=0,
            skipped=0,
        )
        order = RenderOrder(
            archive=settings.archive,
            output=str(temporary),
            form=request.format,
            width=wanted.width,
            height=wanted.height,
            fps=wanted.selection.fps,
            time_zone=request.tz if request.timestamp else None,
            ffmpeg=settings.ffmpeg,
            frames=frames,
        )
        return order, job

    def _leave_room(self) -> None:
        free = self.files.free_bytes()
        if free < self.settings.min_free_bytes:
            raise StorageFullError(f"only {free} bytes are free on its disk, fewer than ARCHIVE_MIN_FREE_BYTES")

    async def _told(self, job: Job, progress: Progress) -> bool:
        """Whether to go on: not once somebody deleted it."""
        now = self._clock.monotonic()
        if now - self._saved_at < SAVE_SECONDS:
            return True
        self._saved_at = now
        return await self._save(job.with_(done=progress.done, skipped=progress.skipped))

    async def _save(self, job: Job) -> bool:
        return await self._threads.run(lambda: self.files.save(job, only_existing=True))

    async def _end(self, job: Job, error: str | None = None, **results: int) -> None:
        state = JobState.DONE if error is None else JobState.FAILED
        ended = job.with_(state=state, finished_at=self._now(), error=error, **results)
        if await self._save(ended):
            log.info("time-lapse ended", timelapse=job.id, state=state.value, error=error, **results)
        else:  # deleted meanwhile
            await self._threads.run(lambda: self.files.delete(ended))

    def _now(self) -> datetime:
        return from_ns(self._clock.utc_ns())


def _planned(job: Job, wanted: Plan) -> Job:
    selection = wanted.selection
    return job.with_(frames=len(selection.moments), fps=float(selection.fps), width=wanted.width, height=wanted.height)
