"""Snapshots: one camera's newest picture as a JPEG. Without one, a marked picture or words, as the client prefers."""

import asyncio
import time
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from services.stream.api.accept import prefers_words
from services.stream.api.connection_handover import connection_of
from services.stream.api.mjpeg import NO_CACHE, timestamp
from services.stream.api.mjpeg_response import came_through_a_proxy
from services.stream.api.parameters import (
    CAMERA_REFUSALS,
    PICTURED_REFUSAL,
    RETRY_AFTER_A_SECOND,
    PathKey,
    QueryKey,
    find_camera,
)
from services.stream.base import texts
from services.stream.base.errors import PictureTooOldError, WidthNotOfferedError
from services.stream.fanout.cameras import KnownCamera
from services.stream.fanout.hub import Hub
from services.stream.fanout.picture import Picture
from services.stream.fanout.recompression import KEPT_SECONDS
from shared.bus.frames import MAX_SIDE_PIXELS
from shared.web.access.roles import requester_of

WAIT_SECONDS: Final = 5.0
DEFAULT_MAX_AGE_SECONDS: Final = 10.0
_UNAVAILABLE: Final = 503
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"image/jpeg": {}}, "description": "The newest picture"},
    **CAMERA_REFUSALS,
    **PICTURED_REFUSAL,
    503: CAMERA_REFUSALS[503]
    | {
        "content": {"image/jpeg": {}, **CAMERA_REFUSALS[503].get("content", {})},
        "description": "There is no fresh picture: a marked one that says why, or JSON for a client that prefers it",
    },
}


class SnapshotOptions(BaseModel):
    """How a client wants the picture. Unknown keys are ignored: many clients add the time as one."""

    max_age: float = Field(
        DEFAULT_MAX_AGE_SECONDS, gt=0, le=3600, description="Refuse a picture older than this, in seconds."
    )
    width: int | None = Field(
        None, ge=1, le=MAX_SIDE_PIXELS, description="One of the widths offered, in pixels; never enlarged."
    )
    quality: int | None = Field(
        None, ge=1, le=100, description="JPEG quality, in steps of 10. Such a picture is made once a second at most."
    )
    stand_in: Literal["1", "none"] | None = Field(
        None, description="Without a fresh picture: `1` gives the marked one with status 200, `none` words in any case."
    )
    w: int | None = Field(None, ge=1, description="go2rtc's: the narrowest offered size with at least this width.")
    h: int | None = Field(None, ge=1, description="Frigate's: the narrowest offered size with at least this height.")

    def width_of(self, camera: KnownCamera | None) -> int | None:
        """The width asked for, in pixels; None for the camera's own."""
        if self.width is not None or camera is None:
            return self.width
        return camera.width_for(self.w, self.h)


Options = Annotated[SnapshotOptions, Query()]


def snapshots_router(hub: Hub) -> APIRouter:
    """The endpoints of all cameras, in both spellings: the camera in the query, or in the path."""
    router = APIRouter(tags=["cameras"])

    @router.head("/api/camera/snapshot", include_in_schema=False)
    @router.get("/api/camera/snapshot", summary="The newest picture", responses=_RESPONSES, response_class=Response)
    async def snapshot(request: Request, options: Options, camera: QueryKey = None) -> Response:
        return await _answer(hub, request, camera, options)

    @router.head("/api/cameras/{key}/snapshot", include_in_schema=False)
    @router.get(
        "/api/cameras/{key}/snapshot", summary="The newest picture", responses=_RESPONSES, response_class=Response
    )
    async def snapshot_of(request: Request, options: Options, key: PathKey) -> Response:
        return await _answer(hub, request, key, options)

    return router


async def _answer(hub: Hub, request: Request, key: str | None, options: SnapshotOptions) -> Response:
    key = hub.cameras.default_key() if key is None else key
    try:
        return await _snapshot(hub, request, key, options)
    except PictureTooOldError as error:
        refusal, is_too_old = _no_picture(str(error)), True
    except HTTPException as error:
        if error.status_code != _UNAVAILABLE:
            raise
        refusal, is_too_old = error, False
    camera = None if key is None else hub.cameras.get(key)
    if _wants_words(request, options):
        raise refusal
    width = options.width_of(camera)
    picture = await hub.placeholder(
        None if camera is None else key,
        width,
        is_too_old=is_too_old,
        is_for_guests=requester_of(request.scope).has_link,
    )
    if picture is None:
        raise refusal
    status = _UNAVAILABLE if options.stand_in is None else 200
    return Response(picture.jpeg, status, {**_headers(picture), **(refusal.headers or {})}, "image/jpeg")


def _wants_words(request: Request, options: SnapshotOptions) -> bool:
    """Whether a client without a fresh picture gets words in its place."""
    if options.stand_in is None:
        return prefers_words(request.headers.get("accept", ""))
    return options.stand_in == "none"


async def _snapshot(hub: Hub, request: Request, key: str | None, options: SnapshotOptions) -> Response:
    if key is None:
        raise _no_picture(hub.refusal or texts.NO_CAMERA_YET)
    camera = find_camera(hub, key)
    try:
        camera.check_width(options.width)
    except WidthNotOfferedError as error:
        raise HTTPException(422, str(error)) from None
    problem = hub.problems.of(camera)
    if problem is not None:
        told = problem.for_guests() if requester_of(request.scope).has_link else problem
        raise _no_picture(f"{told.headline}. {told.advice}".strip())
    try:
        picture = await _newest(hub, request, key, options.width_of(camera), options.quality)
    except TimeoutError:
        raise _no_picture(texts.no_picture_within(WAIT_SECONDS)) from None
    age_seconds = picture.age_seconds(time.monotonic())
    if age_seconds > options.max_age:
        raise PictureTooOldError(age_seconds)
    headers = {**_headers(picture), "X-Timestamp": timestamp(picture.captured_at_ns)}
    return Response(picture.jpeg, headers={**headers, "X-Frame-Age": f"{age_seconds:.3f}"}, media_type="image/jpeg")


async def _newest(hub: Hub, request: Request, key: str, width: int | None, quality: int | None) -> Picture:
    """The newest picture. A client that asks again on its connection waits for a newer one than it has."""
    is_own = request.method != "HEAD" and not came_through_a_proxy(request.scope)
    connection = connection_of(request.scope) if is_own else None
    shown_at = None if connection is None else connection.shown.get(key)
    picture = await hub.fresh_picture(key, WAIT_SECONDS, width=width, shown_at=shown_at)
    if quality is not None:
        original, picture = picture, await hub.recompression.picture(picture, width, quality)
        if picture.received_at == shown_at != original.received_at:
            await asyncio.sleep(KEPT_SECONDS)
            picture = await hub.recompression.picture(original, width, quality)
    if connection is not None:
        connection.shown = {key: picture.received_at}
    return picture


def _headers(picture: Picture) -> dict[str, str]:
    return {**NO_CACHE, "Vary": "Accept", "X-Live": str(int(picture.live))}


def _no_picture(reason: str) -> HTTPException:
    return HTTPException(503, reason, RETRY_AFTER_A_SECOND)
