"""`POST /api/camera/timelapses` renders a time-lapse; `POST /api/camera/timelapses/estimate` says what it would be."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response

from services.archiver.api.error_responses import error_responses
from services.archiver.api.frames.parameters import archive_zone
from services.archiver.api.timelapses.schemas import ANY_REFUSAL, PREFIX, EstimateAnswer, TimelapseAnswer
from services.archiver.api.turns import in_turn, refusal, while_client_waits
from services.archiver.base import timelapse_texts
from services.archiver.timelapse.formats import why_unavailable
from services.archiver.timelapse.queue import QueueFullError, TimelapseQueue
from services.archiver.timelapse.request import TimelapseRequest
from services.archiver.timelapse.selection import NoTimelapseError

RETRY_AFTER_SECONDS: Final = "60"
_REFUSALS: Final = ANY_REFUSAL | {
    "parameter": "It can't be made as requested",
    "encoder": "The encoder is not installed",
    "full": "Too many wait already, or too many requests of this address",
}


def render_router(queue: TimelapseQueue) -> APIRouter:
    """The endpoints run on the loop and do not block."""
    router = APIRouter(prefix=PREFIX, tags=["time-lapses"])

    @router.post(
        "/estimate",
        dependencies=[in_turn()],
        summary="What a time-lapse would come to",
        responses=error_responses(**_REFUSALS),
    )
    async def estimate(request: TimelapseRequest, connection: Request) -> EstimateAnswer:
        with _refused_in_words(queue, request, connection):
            work = queue.estimate(_in_our_zone(request, connection))
            return EstimateAnswer.of(await while_client_waits(connection, work))

    @router.post(
        "",
        dependencies=[in_turn()],
        summary="Render a time-lapse in the background",
        status_code=202,
        responses=error_responses(**_REFUSALS),
    )
    async def render(request: TimelapseRequest, connection: Request, response: Response) -> TimelapseAnswer:
        with _refused_in_words(queue, request, connection):
            job = await while_client_waits(connection, queue.add(_in_our_zone(request, connection)))
        response.headers["Location"] = f"{PREFIX}/{job.id}"
        return TimelapseAnswer.of(job, queue.settings.keep)

    return router


def _in_our_zone(request: TimelapseRequest, connection: Request) -> TimelapseRequest:
    """With the archive's time zone, unless it names one."""
    named = "tz" in request.model_fields_set
    return request if named else request.model_copy(update={"tz": archive_zone(connection).key})


@contextmanager
def _refused_in_words(queue: TimelapseQueue, request: TimelapseRequest, connection: Request) -> Iterator[None]:
    reason = why_unavailable(request.format, queue.settings.ffmpeg, deflicker=request.deflicker)
    if reason is not None:
        raise HTTPException(501, reason)
    try:
        yield
    except NoTimelapseError as error:
        raise HTTPException(422, str(error)) from None
    except QueueFullError as error:
        limit = "time-lapses that wait"
        raise refusal(connection, RETRY_AFTER_SECONDS, limit, error.most, timelapse_texts.queue_full) from None
