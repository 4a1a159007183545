"""The cameras as JSON: the list of all, and whether one is streaming and how many watch it."""

from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from services.stream.api.parameters import CAMERA_REFUSALS, PathKey, QueryKey, find_camera
from services.stream.fanout.cameras import KnownCamera
from services.stream.fanout.hub import Hub
from shared.web.access.roles import requester_of


class Device(BaseModel):
    """A camera. `state` is `unknown` while its ingest is silent."""

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
    refusal: str | None = Field(default=None, description="which setting keeps ingest from starting, in words")


class StreamStatus(BaseModel):
    """A camera's stream. `viewer_count` is over all replicas. This replica's own are `frame_age_seconds`, and
    `clock_offset_seconds`: by how much the clock of ingest's host is ahead.
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


def cameras_router(hub: Hub) -> APIRouter:
    router = APIRouter(tags=["cameras"])

    @router.get("/api/devices", summary="The cameras known, in their order")
    async def devices() -> Devices:
        cameras = hub.cameras.in_order()
        return Devices(devices=[device_of(camera, hub) for camera in cameras], refusal=hub.refusal)

    @router.get("/api/camera/stream/status", summary="Is it streaming, and who watches?", responses=CAMERA_REFUSALS)
    async def status(request: Request, camera: QueryKey = None) -> StreamStatus:
        return _status(hub, camera, is_for_guests=requester_of(request.scope).has_link)

    @router.get(
        "/api/cameras/{key}/stream/status", summary="Is it streaming, and who watches?", responses=CAMERA_REFUSALS
    )
    async def status_of(request: Request, key: PathKey) -> StreamStatus:
        return _status(hub, key, is_for_guests=requester_of(request.scope).has_link)

    return router


def _status(hub: Hub, key: str | None, *, is_for_guests: bool) -> StreamStatus:
    key = hub.cameras.default_key() if key is None else key
    if key is None:
        return StreamStatus(
            is_streaming=False, viewer_count=hub.viewer_count(None), camera=None, state="unknown", replica=hub.replica
        )
    camera = find_camera(hub, key)
    device = device_of(camera, hub)
    if is_for_guests:
        device = device.model_copy(update={"last_error": _told_to_guests(camera, hub), "notices": []})
    return StreamStatus(
        **device.model_dump(include=_OF_THE_DEVICE),
        # While ingest is silent nobody adds the replicas up, but this one's own viewers are certain.
        viewer_count=hub.viewer_count(key) if device.state == "unknown" else device.viewer_count,
        camera=key,
        replica=hub.replica,
        frame_age_seconds=hub.frame_age_seconds(key),
        clock_offset_seconds=clock_offset_seconds(camera),
    )


def _told_to_guests(camera: KnownCamera, hub: Hub) -> str | None:
    """The last error in words for the holder of a share link. The error itself and the notices are the owner's: they
    name settings.
    """
    problem = hub.problems.of(camera)
    return None if problem is None else problem.guests_advice or None


def clock_offset_seconds(camera: KnownCamera) -> float | None:
    """By how much the clock of ingest's host is ahead of ours, to the millisecond; None before it is known."""
    ahead_seconds = camera.clock.ahead_seconds
    return None if ahead_seconds is None else round(ahead_seconds, 3)


def device_of(camera: KnownCamera, hub: Hub) -> Device:
    """A camera as the API tells of it now."""
    status, now = camera.status, hub.loop_seconds
    return Device(
        key=status.camera,
        name=status.name,
        is_default=status.is_default,
        state=camera.state(now),
        is_streaming=camera.is_streaming(now),
        since=datetime.fromtimestamp(status.since_ns / 1e9, UTC),
        last_error=hub.problems.refusal_of(camera) or status.last_error,
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
