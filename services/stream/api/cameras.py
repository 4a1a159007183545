"""The camera endpoints: which exist, what they take and answer. What they do is the hub's."""

import time
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request, WebSocket
from fastapi.responses import Response
from pydantic import BaseModel, Field

from services.stream.api.mjpeg import NO_CACHE, framing_for, timestamp
from services.stream.api.mjpeg_response import MjpegResponse
from services.stream.api.per_address_limit import Crowd
from services.stream.api.websocket import FrameSocket
from services.stream.fanout.cameras import KnownCamera, UnknownCameraError, WidthNotOfferedError
from services.stream.fanout.hub import Hub
from services.stream.fanout.viewer_registry import ViewRequest
from shared.bus.frames import MAX_SIDE_PIXELS
from shared.bus.topics import CameraKey
from shared.web.access.roles import requester_of
from shared.web.access.share_links import PARAMETER

SNAPSHOT_WAIT_SECONDS: Final = 5.0
DEFAULT_MAX_AGE_SECONDS: Final = 10.0
RETRY: Final = {"Retry-After": "1"}

QueryKey = Annotated[CameraKey | None, Query(description="The camera's key; without it the default camera.")]
PathKey = Annotated[CameraKey, Path(description="The camera's key.")]
MaxAge = Annotated[float, Query(gt=0, le=3600, description="Refuse a picture older than so many seconds.")]
_IMAGES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"image/jpeg": {}}, "description": "The newest picture"},
    503: {"description": "No fresh picture is to be had, with the reason"},
}
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"multipart/x-mixed-replace": {}}, "description": "An endless MJPEG stream"}
}


class ViewOptions(BaseModel):
    """How a viewer wants the stream. Unknown keys are ignored: OctoPrint adds the time as one."""

    fps: float | None = Field(None, gt=0, le=120, description="At most so many pictures a second, evenly spaced.")
    width: int | None = Field(
        None, ge=1, le=MAX_SIDE_PIXELS, description="One of the widths offered, in pixels; never enlarged."
    )
    quality: Literal["auto"] | None = Field(
        None, description="`auto` moves a viewer whose link is too slow to a smaller width, and back."
    )


View = Annotated[ViewOptions, Query()]


class Device(BaseModel):
    """A camera. `state` is `unknown` while nothing is heard of its ingest."""

    key: str
    name: str
    is_default: bool
    state: str
    is_streaming: bool
    since: datetime
    last_error: str | None
    notices: list[str]
    source: str
    width: int | None
    height: int | None
    fps: float | None
    codec: str | None
    bits_per_second: int | None
    widths: list[int]
    reconnects: int
    viewer_count: int
    capture_interval_seconds: int


class Devices(BaseModel):
    devices: list[Device]


class StreamStatus(BaseModel):
    """A camera's stream. `viewer_count` is over all replicas; `frame_age_seconds` and by how much the clock of
    ingest's host is ahead, `clock_offset_seconds`, are this replica's own.
    """

    is_streaming: bool
    viewer_count: int
    stream_type: str = "mjpeg"
    camera: str | None
    state: str
    since: datetime | None = None
    last_error: str | None = None
    notices: list[str] = Field(default_factory=list)
    reconnects: int = 0
    fps: float | None = None
    width: int | None = None
    height: int | None = None
    codec: str | None = None
    bits_per_second: int | None = None
    replica: str
    frame_age_seconds: float | None = None
    clock_offset_seconds: float | None = None


_OF_THE_DEVICE: Final = (set(Device.model_fields) & set(StreamStatus.model_fields)) - {"viewer_count"}


def camera_router(hub: Hub, crowd: Crowd) -> APIRouter:
    """The endpoints of all cameras, in both spellings: the camera as a query, or in the path."""
    router = APIRouter(tags=["cameras"])

    @router.get("/api/devices", summary="The cameras known, in their order")
    async def devices() -> Devices:
        now = time.monotonic()
        return Devices(devices=[device_of(camera, now) for camera in hub.cameras.in_order()])

    @router.head("/api/camera/stream", include_in_schema=False)
    @router.get("/api/camera/stream", responses=_STREAM, response_class=Response)
    async def stream(request: Request, view: View, camera: QueryKey = None) -> Response:
        return _stream(hub, crowd, request, camera, view)

    @router.head("/api/cameras/{key}/stream", include_in_schema=False)
    @router.get("/api/cameras/{key}/stream", responses=_STREAM, response_class=Response)
    async def stream_of(request: Request, view: View, key: PathKey) -> Response:
        return _stream(hub, crowd, request, key, view)

    @router.websocket("/api/cameras/{key}/ws")
    async def frames(socket: WebSocket, key: str) -> None:
        asked = {name: value for name, value in socket.query_params.items() if name != PARAMETER}
        await FrameSocket(hub, crowd, socket).serve({**asked, "watch": key})

    @router.get("/api/camera/stream/status", summary="Is it streaming, and who watches?")
    async def status(camera: QueryKey = None) -> StreamStatus:
        return _status(hub, camera)

    @router.get("/api/cameras/{key}/stream/status", summary="Is it streaming, and who watches?")
    async def status_of(key: PathKey) -> StreamStatus:
        return _status(hub, key)

    @router.head("/api/camera/snapshot", include_in_schema=False)
    @router.get("/api/camera/snapshot", responses=_IMAGES, response_class=Response)
    async def snapshot(camera: QueryKey = None, max_age: MaxAge = DEFAULT_MAX_AGE_SECONDS) -> Response:
        return await _snapshot(hub, camera, max_age)

    @router.head("/api/cameras/{key}/snapshot", include_in_schema=False)
    @router.get("/api/cameras/{key}/snapshot", responses=_IMAGES, response_class=Response)
    async def snapshot_of(key: PathKey, max_age: MaxAge = DEFAULT_MAX_AGE_SECONDS) -> Response:
        return await _snapshot(hub, key, max_age)

    return router


def _stream(hub: Hub, crowd: Crowd, request: Request, key: str | None, view: ViewOptions) -> Response:
    if hub.closing:
        raise HTTPException(503, "This server is stopping. Try again.", RETRY)
    if hub.is_full:
        raise HTTPException(503, "This server has as many viewers as it takes. Try again later.", {"Retry-After": "5"})
    if not crowd.has_room(requester_of(request.scope).address):
        raise HTTPException(429, "Your address has as many viewers as it may: close one.", {"Retry-After": "5"})
    key = hub.cameras.default_key() if key is None else key
    if key is not None:
        try:
            _camera(hub, key).check_width(view.width)
        except WidthNotOfferedError as error:
            raise HTTPException(422, str(error)) from None
    wish = ViewRequest(key, view.width, adaptive=view.quality == "auto")
    return MjpegResponse(hub, crowd, wish, framing_for(request.headers.get("accept")), view.fps)


def _status(hub: Hub, key: str | None) -> StreamStatus:
    key = hub.cameras.default_key() if key is None else key
    if key is None:
        return StreamStatus(
            is_streaming=False, viewer_count=hub.viewer_count(None), camera=None, state="unknown", replica=hub.replica
        )
    camera = _camera(hub, key)
    device, ahead_seconds = device_of(camera, time.monotonic()), camera.clock.ahead_seconds
    return StreamStatus(
        **device.model_dump(include=_OF_THE_DEVICE),
        # While ingest is silent nobody adds the replicas up; this one's own viewers are certain.
        viewer_count=hub.viewer_count(key) if device.state == "unknown" else device.viewer_count,
        camera=key,
        replica=hub.replica,
        frame_age_seconds=hub.frame_age_seconds(key),
        clock_offset_seconds=None if ahead_seconds is None else round(ahead_seconds, 3),
    )


async def _snapshot(hub: Hub, key: str | None, max_age_seconds: float) -> Response:
    key = hub.cameras.default_key() if key is None else key
    if key is None:
        raise HTTPException(503, "No camera has been heard of yet. Check that ingest runs.", RETRY)
    problem = _camera(hub, key).problem(time.monotonic())
    if problem is not None:
        raise HTTPException(503, f"{problem.headline}. {problem.advice}".strip(), RETRY)
    try:
        picture = await hub.fresh_picture(key, SNAPSHOT_WAIT_SECONDS)
    except TimeoutError:
        raise HTTPException(503, "The camera is on, but no picture came within 5 s.", RETRY) from None
    age_seconds = picture.age_seconds(time.monotonic())
    if age_seconds > max_age_seconds:
        raise HTTPException(503, f"The newest picture is {age_seconds:.1f} s old; see max_age.", RETRY)
    headers = {**NO_CACHE, "X-Timestamp": timestamp(picture.captured_at_ns), "X-Frame-Age": f"{age_seconds:.3f}"}
    return Response(picture.jpeg, media_type="image/jpeg", headers=headers)


def _camera(hub: Hub, key: str) -> KnownCamera:
    try:
        return hub.cameras.find(key, time.monotonic())
    except UnknownCameraError as error:
        raise HTTPException(404 if error.is_final else 503, str(error), None if error.is_final else RETRY) from None


def device_of(camera: KnownCamera, now: float) -> Device:
    status = camera.status
    return Device(
        key=status.camera,
        name=status.name,
        is_default=status.is_default,
        state=camera.state(now),
        is_streaming=camera.is_streaming(now),
        since=datetime.fromtimestamp(status.since_ns / 1e9, UTC),
        last_error=status.last_error,
        notices=list(status.notices),
        source=status.source,
        width=status.width,
        height=status.height,
        fps=status.fps,
        codec=status.codec,
        bits_per_second=status.bits_per_second,
        widths=list(status.widths),
        reconnects=status.reconnects,
        viewer_count=status.viewer_count,
        capture_interval_seconds=status.capture_interval_seconds,
    )
