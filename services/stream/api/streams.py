"""The endpoints of streams, MJPEG and WebSocket: what they accept, and which viewers they refuse."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, HTTPException, Query, Request, WebSocket
from fastapi.responses import Response
from pydantic import BaseModel, Field

from services.stream.api.go2rtc_socket import IN_SCOPE, Go2rtcSocket
from services.stream.api.mjpeg import framing_for
from services.stream.api.mjpeg_response import MjpegResponse
from services.stream.api.parameters import (
    CAMERA_REFUSALS,
    PICTURED_REFUSAL,
    RETRY_AFTER_A_SECOND,
    PathKey,
    QueryKey,
    find_camera,
)
from services.stream.api.per_address_limit import PerAddressLimit
from services.stream.api.websocket import FrameSocket
from services.stream.base import texts
from services.stream.base.errors import WidthNotOfferedError
from services.stream.fanout.hub import Hub
from services.stream.fanout.viewer_registry import ViewRequest
from shared.bus.frames import MAX_SIDE_PIXELS
from shared.web.access.roles import requester_of
from shared.web.client_log import limit_met
from shared.web.error_answer import error_answers

_RETRY_LATER: Final = {"Retry-After": "5"}
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"multipart/x-mixed-replace": {}}, "description": "An endless MJPEG stream"},
    **CAMERA_REFUSALS,
    **PICTURED_REFUSAL,
    **error_answers({429: "This address has too many viewers"}),
}


class ViewOptions(BaseModel):
    """How a viewer wants the stream. Unknown keys are ignored: OctoPrint adds the time as one."""

    fps: float | None = Field(None, gt=0, le=120, description="At most this many pictures a second, evenly spaced.")
    width: int | None = Field(
        None, ge=1, le=MAX_SIDE_PIXELS, description="One of the widths offered, in pixels; never enlarged."
    )
    quality: Literal["auto"] | None = Field(
        None, description="`auto` moves a viewer whose connection is too slow to a smaller width, and back."
    )
    advance_headers: bool | None = Field(
        None,
        description="`1`: each picture is followed by the next one's headers, as browsers need it, also behind a proxy "
        "that hides that one reads it; `0`: each has its length. Without it `Accept` decides.",
    )
    stand_in: Literal["1", "none"] | None = Field(
        None, description="`none`: no marked picture while the camera is down, but silence."
    )


View = Annotated[ViewOptions, Query()]


def streams_router(hub: Hub, limit: PerAddressLimit) -> APIRouter:
    """The endpoints of all cameras, in both spellings: the camera in the query, or in the path."""
    router = APIRouter(tags=["cameras"])

    @router.head("/api/camera/stream", include_in_schema=False)
    @router.get(
        "/api/camera/stream", summary="The live picture, as MJPEG", responses=_RESPONSES, response_class=Response
    )
    async def stream(request: Request, view: View, camera: QueryKey = None) -> Response:
        return _stream(hub, limit, request, camera, view)

    @router.head("/api/cameras/{key}/stream", include_in_schema=False)
    @router.get(
        "/api/cameras/{key}/stream", summary="The live picture, as MJPEG", responses=_RESPONSES, response_class=Response
    )
    async def stream_of(request: Request, view: View, key: PathKey) -> Response:
        return _stream(hub, limit, request, key, view)

    @router.websocket("/api/camera/ws")
    async def frames(socket: WebSocket) -> None:
        key = socket.query_params.get("camera")
        await _socket(hub, limit, socket, hub.cameras.default_key() if key is None else key).serve()

    @router.websocket("/api/cameras/{key}/ws")
    async def frames_of(socket: WebSocket, key: str) -> None:
        await _socket(hub, limit, socket, key).serve()

    return router


def _socket(hub: Hub, limit: PerAddressLimit, socket: WebSocket, key: str | None) -> FrameSocket:
    kind = Go2rtcSocket if socket.scope.get(IN_SCOPE) else FrameSocket
    return kind(hub, limit, socket, key)


def _stream(hub: Hub, limit: PerAddressLimit, request: Request, key: str | None, view: ViewOptions) -> Response:
    address = requester_of(request.scope).address
    if hub.closing:
        raise HTTPException(503, texts.STOPPING_TRY_AGAIN, RETRY_AFTER_A_SECOND)
    if hub.is_full:
        limit_met("viewers", address, hub.max_viewers, "STREAM_MAX_VIEWERS")
        raise HTTPException(503, texts.server_full(hub.max_viewers), _RETRY_LATER)
    if not limit.has_room(address):
        limit_met("viewers of one address", address, limit.max_per_address, "STREAM_MAX_VIEWERS_PER_ADDRESS")
        raise HTTPException(429, texts.address_full(limit.max_per_address), _RETRY_LATER)
    key = hub.cameras.default_key() if key is None else key
    if key is not None:
        try:
            find_camera(hub, key).check_width(view.width)
        except WidthNotOfferedError as error:
            raise HTTPException(422, str(error)) from None
    view_request = ViewRequest(key, view.width, auto_quality=view.quality == "auto")
    framing = framing_for(request.headers.get("accept"), view.advance_headers)
    return MjpegResponse(hub, limit, view_request, framing, view.fps, shows_placeholders=view.stand_in != "none")
