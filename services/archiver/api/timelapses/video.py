"""`GET /api/camera/timelapses/{id}/file`: a time-lapse's video, or a range of its bytes; `…/poster`: its poster."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from services.archiver.api.caching import FOR_EVER
from services.archiver.api.error_responses import error_responses
from services.archiver.api.timelapses.listing import ONE_REFUSAL, JobId, job_of
from services.archiver.api.timelapses.schemas import PREFIX
from services.archiver.base import timelapse_texts
from services.archiver.timelapse.formats import FACTS
from services.archiver.timelapse.job import JobState
from services.archiver.timelapse.queue import TimelapseQueue


def video_router(queue: TimelapseQueue) -> APIRouter:
    """The endpoints run on the loop and do not block."""
    router = APIRouter(prefix=PREFIX, tags=["time-lapses"])

    @router.head("/{job_id}/file", include_in_schema=False)
    @router.get(
        "/{job_id}/file",
        summary="The file of a time-lapse, or a range of its bytes",
        response_class=FileResponse,
        responses=error_responses(**ONE_REFUSAL, unfinished="It is not done", gone="Its file is gone"),
    )
    async def video(job_id: JobId) -> FileResponse:
        job = await job_of(queue, job_id)
        if job.state is not JobState.DONE:
            raise HTTPException(409, timelapse_texts.timelapse_unfinished(job_id, job.state))
        if not await queue.has_file(queue.files.video(job)):
            raise HTTPException(410, timelapse_texts.video_gone(job_id))
        return FileResponse(
            queue.files.video(job),
            media_type=FACTS[job.format].media_type,
            filename=job.file_name,
            content_disposition_type="inline",
            headers={"Cache-Control": FOR_EVER},
        )

    @router.head("/{job_id}/poster", include_in_schema=False)
    @router.get(
        "/{job_id}/poster",
        summary="A picture that stands for a time-lapse until it is played",
        response_class=FileResponse,
        responses=error_responses(**ONE_REFUSAL),
    )
    async def poster(job_id: JobId) -> FileResponse:
        path = queue.files.poster(await job_of(queue, job_id))
        if not await queue.has_file(path):
            raise HTTPException(404, timelapse_texts.no_poster(job_id))
        return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": FOR_EVER})

    return router
