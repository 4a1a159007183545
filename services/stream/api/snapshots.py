"""Snapshots: one camera's newest picture as a JPEG, or why there is none."""

import time
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import Response

from services.stream.api.mjpeg import NO_CACHE, timestamp
from services.stream.api.parameters import CAMERA_REFUSALS, RETRY_AFTER_A_SECOND, PathKey, QueryKey, find_camera
from services.stream.base import texts
from services.stream.fanout.hub import Hub

WAIT_SECONDS: Final = 5.0
DEFAULT_MAX_AGE_SECONDS: Final = 10.0
MaxAge = Annotated[float, Query(gt=0, le=3600, description="Refuse a picture older than this, in seconds.")]
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"image/jpeg": {}}, "description": "The newest picture"},
    **CAMERA_REFUSALS,
}


def snapshots_router(hub: Hub) -> APIRouter:
    """The endpoints of all cameras, in both spellings: the camera in the query, or in the path."""
    router = APIRouter(tags=["cameras"])

    @router.head("/api/camera/snapshot", include_in_schema=False)
    @router.get("/api/camera/snapshot", summary="The newest picture", responses=_RESPONSES, response_class=Response)
    async def snapshot(camera: QueryKey = None, max_age: MaxAge = DEFAULT_MAX_AGE_SECONDS) -> Response:
        return await _snapshot(hub, camera, max_age)

    @router.head("/api/cameras/{key}/snapshot", include_in_schema=False)
    @router.get(
        "/api/cameras/{key}/snapshot", summary="The newest picture", responses=_RESPONSES, response_class=Response
    )
    async def snapshot_of(key: PathKey, max_age: MaxAge = DEFAULT_MAX_AGE_SECONDS) -> Response:
        return await _snapshot(hub, key, max_age)

    return router


async def _snapshot(hub: Hub, key: str | None, max_age_seconds: float) -> Response:
    key = hub.cameras.default_key() if key is None else key
    if key is None:
        raise _no_picture(texts.NO_CAMERA_YET)
    problem = find_camera(hub, key).problem(hub.loop_seconds)
    if problem is not None:
        raise _no_picture(f"{problem.headline}. {problem.advice}".strip())
    try:
        picture = await hub.fresh_picture(key, WAIT_SECONDS)
    except TimeoutError:
        raise _no_picture(texts.no_picture_within(WAIT_SECONDS)) from None
    age_seconds = picture.age_seconds(time.monotonic())
    if age_seconds > max_age_seconds:
        raise _no_picture(texts.picture_too_old(age_seconds))
    headers = {**NO_CACHE, "X-Timestamp": timestamp(picture.captured_at_ns), "X-Frame-Age": f"{age_seconds:.3f}"}
    return Response(picture.jpeg, media_type="image/jpeg", headers=headers)


def _no_picture(reason: str) -> HTTPException:
    return HTTPException(503, reason, RETRY_AFTER_A_SECOND)
