"""`GET /api/camera/timelapses`, and `GET` and `DELETE /api/camera/timelapses/{id}`: the time-lapses there are."""

from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Path

from services.archiver.api.error_responses import error_responses
from services.archiver.api.timelapses.schemas import (
    ANY_REFUSAL,
    PREFIX,
    FormatAnswer,
    TimelapseAnswer,
    TimelapsesAnswer,
)
from services.archiver.base import timelapse_texts
from services.archiver.timelapse.formats import OutputFormat, why_unavailable
from services.archiver.timelapse.job import ID_PATTERN, Job
from services.archiver.timelapse.queue import TimelapseQueue

JobId = Annotated[str, Path(pattern=ID_PATTERN, description="a time-lapse's `id`")]
ONE_REFUSAL: Final = ANY_REFUSAL | {"unknown": "No such time-lapse"}


def timelapse_list_router(queue: TimelapseQueue) -> APIRouter:
    """The endpoints run on the loop and do not block."""
    router = APIRouter(prefix=PREFIX, tags=["time-lapses"])
    keep = queue.settings.keep

    @router.get("", summary="List the time-lapses, newest first", responses=error_responses(**ANY_REFUSAL))
    async def list_timelapses() -> TimelapsesAnswer:
        return TimelapsesAnswer(
            timelapses=[TimelapseAnswer.of(job, keep) for job in await queue.jobs()],
            formats=[
                FormatAnswer(format=form, why_not=why_unavailable(form, queue.settings.ffmpeg)) for form in OutputFormat
            ],
        )

    @router.get("/{job_id}", summary="One time-lapse", responses=error_responses(**ONE_REFUSAL))
    async def one_timelapse(job_id: JobId) -> TimelapseAnswer:
        return TimelapseAnswer.of(await job_of(queue, job_id), keep)

    @router.delete(
        "/{job_id}",
        summary="Cancel a time-lapse, or delete it with its file",
        status_code=204,
        responses=error_responses(**ONE_REFUSAL),
    )
    async def delete_timelapse(job_id: JobId) -> None:
        await queue.delete(await job_of(queue, job_id))

    return router


async def job_of(queue: TimelapseQueue, job_id: str) -> Job:
    """The job, or 404 in words."""
    job = await queue.get(job_id)
    if job is None:
        raise HTTPException(404, timelapse_texts.no_such_timelapse(job_id))
    return job
