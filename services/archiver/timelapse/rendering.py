"""One job from its record to its video: planned once more, rendered in a child process, published, and how it ended.

It works on threads of the queue's, so that it takes no thread from a capture.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from services.archiver.base import timelapse_texts
from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import DiskNotMountedError, StorageFullError, StorageUnavailableError
from services.archiver.base.threads import Threads
from services.archiver.files.picture_memory import PictureMemory
from services.archiver.timelapse.child_process import NoProcessError, RenderFailedError, render
from services.archiver.timelapse.formats import FACTS
from services.archiver.timelapse.job import Job, JobState
from services.archiver.timelapse.jobs import POSTER_SUFFIX, JobFiles
from services.archiver.timelapse.poster import poster_place
from services.archiver.timelapse.queries import plan, sources
from services.archiver.timelapse.render_job import Progress, RenderJob
from services.archiver.timelapse.selection import NoTimelapseError
from services.archiver.timelapse.settings import TimelapseSettings
from shared.clock import Clock
from shared.logs import get_logger

MOST_ATTEMPTS: Final = 2
SAVE_SECONDS: Final = 1.0
log = get_logger(__name__)


class Rendering:
    """On the loop. `check_archive` raises StorageUnavailableError while the archive's disk is away. `archive_id` is the
    id in the archive's marker.
    """

    def __init__(  # noqa: PLR0913 what it is made of
        self,
        settings: TimelapseSettings,
        files: JobFiles,
        engine: Engine,
        *,
        clock: Clock,
        threads: Threads,
        memory: PictureMemory,
        check_archive: Callable[[], None],
        archive_id: Callable[[], str | None],
    ) -> None:
        self.settings = settings
        self.files = files
        self._engine = engine
        self._clock = clock
        self._threads = threads
        self._memory = memory
        self._check_archive = check_archive
        self._archive_id = archive_id
        self._saved_at = 0.0

    async def render(self, job: Job) -> None:
        """Finish the job; if this archiver ends meanwhile, put it back into the queue."""
        temporary = self.files.temporary(FACTS[job.format].suffix)
        queued = job.with_(state=JobState.QUEUED)
        try:
            render_job, job = await self._prepare(job, temporary)
            if not await self._save(job):
                return
            log.info("time-lapse begun", timelapse=job.id, frames=job.frames)
            result = await render(render_job, lambda progress: self._save_progress(job, progress), self._memory)
            await self._threads.run(self._check_archive)  # a frame whose disk is away is not a frame that is gone
            size, has_poster = await self._threads.run(lambda: self._publish(temporary, job))
            await self.end(job, done=result.done, skipped=result.skipped, bytes=size, has_poster=has_poster)
        except (RenderFailedError, NoTimelapseError, StorageFullError) as error:
            await self.end(job, error=str(error))
        except DiskNotMountedError as error:
            # A linked folder's disk may be away for long: that must not keep the others waiting.
            if job.attempts >= MOST_ATTEMPTS:
                await self.end(job, error=str(error))
            else:
                await self._save(job.with_(state=JobState.QUEUED))
                raise
        except (NoProcessError, StorageUnavailableError):
            await self._save(queued)
            raise
        except asyncio.CancelledError:
            # On the loop, since it is quick and nobody waits for threads any more.
            with suppress(StorageUnavailableError):
                self.files.save(queued, only_existing=True)
            raise
        finally:
            with suppress(OSError):  # what stays is swept before the next render
                temporary.unlink(missing_ok=True)
                temporary.with_suffix(POSTER_SUFFIX).unlink(missing_ok=True)

    def _publish(self, temporary: Path, job: Job) -> tuple[int, bool]:
        size = self.files.publish(temporary, job)
        return size, self.files.publish_poster(temporary.with_suffix(POSTER_SUFFIX), job)

    async def _prepare(self, job: Job, temporary: Path) -> tuple[RenderJob, Job]:
        """Plan the job once more, since frames may have come and gone since it was requested."""
        request, settings = job.request, self.settings
        assert request is not None  # noqa: S101 a job that waits has its record
        await self._threads.run(self._leave_room)
        planned = await self._threads.run(lambda: plan(self._engine, request))
        frames, brightness = await self._threads.run(lambda: sources(self._engine, planned.selection))
        job = planned.described_in(job).with_(
            state=JobState.RENDERING,
            frames=len(frames),
            started_at=from_ns(self._clock.utc_ns()),
            attempts=job.attempts + 1,
            done=0,
            skipped=0,
        )
        render_job = RenderJob(
            archive=settings.archive,
            output=str(temporary),
            form=request.format,
            width=planned.width,
            height=planned.height,
            fps=planned.selection.fps,
            time_zone=request.tz if request.timestamp else None,
            ffmpeg=settings.ffmpeg,
            frames=frames,
            origin=job.origin,
            deflicker=request.deflicker,
            poster=str(temporary.with_suffix(POSTER_SUFFIX)),
            poster_place=poster_place(brightness),
            archive_id=self._archive_id(),
        )
        return render_job, job

    def _leave_room(self) -> None:
        free = self.files.free_bytes()
        if free < self.settings.min_free_bytes:
            raise StorageFullError(timelapse_texts.timelapse_below_floor(free))

    async def _save_progress(self, job: Job, progress: Progress) -> bool:
        """Whether to go on: not if somebody has deleted the job."""
        now = self._clock.monotonic()
        if now - self._saved_at < SAVE_SECONDS:
            return True
        self._saved_at = now
        return await self._save(job.with_(done=progress.done, skipped=progress.skipped))

    async def _save(self, job: Job) -> bool:
        return await self._threads.run(lambda: self.files.save(job, only_existing=True))

    async def end(self, job: Job, error: str | None = None, **results: int) -> None:
        state = JobState.DONE if error is None else JobState.FAILED
        ended = job.with_(state=state, finished_at=from_ns(self._clock.utc_ns()), error=error, **results)
        if await self._save(ended):
            log.info("time-lapse ended", timelapse=job.id, state=state.value, error=error, **results)
        else:  # deleted meanwhile
            await self._threads.run(lambda: self.files.delete(ended))
