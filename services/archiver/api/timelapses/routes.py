"""Time-lapses over HTTP, under `/api/camera/timelapses`. The answers' form is in `answers.py`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Path, Response
from fastapi.responses import FileResponse

from services.archiver.api.timelapses.schemas import (
    PREFIX,
    EstimateAnswer,
    FormatAnswer,
    TimelapseAnswer,
    TimelapsesAnswer,
    Trouble,
)
from services.archiver.timelapse.formats import FACTS, OutputFormat, why_unavailable
from services.archiver.timelapse.jobs import ID_PATTERN, Job, JobState
from services.archiver.timelapse.queue import QueueFullError, Renderer
from services.archiver.timelapse.request import TimelapseRequest
from services.archiver.timelapse.selection import NoTimelapseError

RETRY_AFTER_SECONDS: Final = "60"
FOR_EVER: Final = "private, max-age=31536000, immutable"

JobId = Annotated[str, Path(pattern=ID_PATTERN, description="a time-lapse's `id`")]


def _troubles(**words: str) -> dict[int | str, dict[str, Any]]:
    known = {"unknown": 404, "unfinished": 409, "parameter": 422, "full": 429, "gone": 410, "encoder": 501, "away": 503}
    return {known[name]: {"model": Trouble, "description": text} for name, text in words.items()}


_ANY: Final = {"away": "The archive can't be used: try again later", "parameter": "A parameter can't be used"}
_MAKING: Final = _ANY | {"parameter": "It can't be made as asked for", "encoder": "The encoder is not installed"}
_ONE: Final = _ANY | {"unknown": "No such time-lapse"}


def timelapse_router(renderer: Renderer) -> APIRouter:
    router = APIRouter(prefix=PREFIX, tags=["time-lapses"])
    keep = renderer.settings.keep

    @router.get("", summary="List the time-lapses, newest first", responses=_troubles(**_ANY))
    async def list_timelapses() -> TimelapsesAnswer:
        return TimelapsesAnswer(
            timelapses=[TimelapseAnswer.of(job, keep) for job in await renderer.jobs()],
            formats=[
                FormatAnswer(format=form, why_not=why_unavailable(form, renderer.settings.ffmpeg))
                for form in OutputFormat
            ],
        )

    @router.post("/estimate", summary="What a time-lapse would come to", responses=_troubles(**_MAKING))
    async def estimate(request: TimelapseRequest) -> EstimateAnswer:
        with _refused_in_words(renderer, request):
            return EstimateAnswer.of(await renderer.estimate(request))

    @router.post(
        "",
        summary="Render a time-lapse in the background",
        status_code=202,
        responses=_troubles(**_MAKING, full="Too many wait already"),
    )
    async def ask(request: TimelapseRequest, response: Response) -> TimelapseAnswer:
        with _refused_in_words(renderer, request):
            job = await renderer.add(request)
        response.headers["Location"] = f"{PREFIX}/{job.id}"
        return TimelapseAnswer.of(job, keep)

    @router.get("/{job_id}", summary="One time-lapse", responses=_troubles(**_ONE))
    async def one(job_id: JobId) -> TimelapseAnswer:
        return TimelapseAnswer.of(await _known(renderer, job_id), keep)

    @router.delete(
        "/{job_id}",
        summary="Cancel a time-lapse, or delete it with its file",
        status_code=204,
        responses=_troubles(**_ONE),
    )
    async def delete(job_id: JobId) -> None:
        await renderer.delete(await _known(renderer, job_id))

    @router.head("/{job_id}/file", include_in_schema=False)
    @router.get(
        "/{job_id}/file",
        summary="The file of a time-lapse, or a range of its bytes",
        response_class=FileResponse,
        responses=_troubles(**_ONE, unfinished="It is not done", gone="Its file is gone"),
    )
    async def file(job_id: JobId) -> FileResponse:
        job = await _known(renderer, job_id)
        if job.state is not JobState.DONE:
            raise HTTPException(409, f"The time-lapse {job_id} has no file yet: its state is '{job.state}'.")
        video = renderer.files.video(job)
        if not await renderer.has_video(job):
            raise HTTPException(410, f"The file of the time-lapse {job_id} is gone: render it again.")
        return FileResponse(
            video,
            media_type=FACTS[job.request.format].media_type,
            filename=job.file_name,
            content_disposition_type="inline",
            headers={"Cache-Control": FOR_EVER},
        )

    return router


async def _known(renderer: Renderer, job_id: str) -> Job:
    job = await renderer.get(job_id)
    if job is None:
        raise HTTPException(404, f"There is no time-lapse {job_id}: {PREFIX} lists those there are.")
    return job


@contextmanager
def _refused_in_words(renderer: Renderer, request: TimelapseRequest) -> Iterator[None]:
    reason = why_unavailable(request.format, renderer.settings.ffmpeg)
    if reason is not None:
        raise HTTPException(501, reason)
    try:
        yield
    except NoTimelapseError as error:
        raise HTTPException(422, str(error)) from None
    except QueueFullError as error:
        raise HTTPException(429, str(error), headers={"Retry-After": RETRY_AFTER_SECONDS}) from None
