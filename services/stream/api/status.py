"""The overview: what a person wants to know of this replica, its cameras and its settings, in one answer.

It is put together from what others own, and nothing secret is in it. The archive tells of itself, in the archiver.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from services.stream.api.cameras import Device, device_of
from services.stream.api.share_links import LONGEST_SECONDS
from services.stream.fanout.cameras import KnownCamera
from services.stream.fanout.hub import Hub
from services.stream.settings import StreamSettings
from shared import __version__
from shared.bus.silence import SILENCE_SECONDS
from shared.clock import Clock
from shared.web.access.roles import Role, requester_of
from shared.web.settings import shown

SETTINGS: Final = (
    "bus_connect",
    "archiver_url",
    "stream_max_viewers",
    "stream_max_viewers_per_address",
    "viewer_stall_seconds",
    "compatibility_urls",
    "base_path",
    "publish_address",
    "site_address",
    "trusted_proxies",
    "allowed_origins",
    "allow_anonymous",
)
"""Those shown: a list of what is harmless, since a setting added tomorrow may be none."""
_HEADLINES: Final = {"live": "Live", "idle": "Ready, nobody watches"}
_ADVICE: Final = {
    "connecting": "If this lasts, check the camera's address.",
    "stalled": "It is connected anew by itself. If this lasts, check the camera and its network.",
    "offline": "It is tried again by itself.",
    "frozen": "Look at the scene: if it really stands still, raise CAMERA_FROZEN_SECONDS.",
    "disabled": "Set CAMERA_ENABLED=true to switch it on.",
    "unknown": "Check that ingest runs, and that BUS_CONNECT is its address.",
}


class CameraOverview(Device):
    """A camera; `since` is when it was last heard of while nothing is heard of its ingest."""

    headline: str = Field(description="the state in words")
    advice: str = Field(description="what to do about it; empty when there is nothing to do")
    clock_offset_seconds: float | None = Field(description="by how much the clock of ingest's host is ahead")
    ingest_version: str | None


class ReplicaOverview(BaseModel):
    """The process that answers. Behind a gateway the next answer may be another's."""

    name: str
    version: str
    started_at: datetime
    viewer_count: int = Field(description="its own, of all cameras")
    max_viewers: int


class BusOverview(BaseModel):
    """The replica's connection to ingest."""

    is_connected: bool = Field(description="whether anything was heard in the last seconds")
    heard_at: datetime | None
    dropped_messages: int = Field(description="malformed ones since the start")
    has_keys: bool


class AccessOverview(BaseModel):
    """Who asks, and what that means."""

    authenticates: bool = Field(description="whether anybody has to say who he is")
    role: str
    longest_link_seconds: int


class Overview(BaseModel):
    """Of one replica."""

    now: datetime
    replica: ReplicaOverview
    bus: BusOverview
    access: AccessOverview
    cameras: list[CameraOverview]
    problems: list[str] = Field(description="as `/readyz` tells them")
    settings: dict[str, str]


def overview_router(hub: Hub, settings: StreamSettings, clock: Clock) -> APIRouter:
    router = APIRouter(tags=["health"])
    started_at = _now(clock)

    @router.get("/api/status", summary="This replica, its cameras and its settings")
    async def overview(request: Request) -> Overview:
        now = _now(clock)
        return Overview(
            now=now,
            replica=ReplicaOverview(
                name=hub.replica,
                version=__version__,
                started_at=started_at,
                viewer_count=hub.viewer_total,
                max_viewers=hub.max_viewers,
            ),
            bus=_bus(hub, settings, now),
            access=_access(request, settings),
            cameras=[_camera(camera, time.monotonic()) for camera in hub.cameras.in_order()],
            problems=hub.problems(),
            settings=shown(settings, SETTINGS),
        )

    return router


def _now(clock: Clock) -> datetime:
    return datetime.fromtimestamp(clock.utc_ns() / 1e9, UTC)


def _bus(hub: Hub, settings: StreamSettings, now: datetime) -> BusOverview:
    silent_seconds = hub.silent_seconds
    return BusOverview(
        is_connected=silent_seconds is not None and silent_seconds < SILENCE_SECONDS,
        heard_at=None if silent_seconds is None else now - timedelta(seconds=silent_seconds),
        dropped_messages=hub.dropped_messages,
        has_keys=settings.bus_client_secret_file is not None,
    )


def _access(request: Request, settings: StreamSettings) -> AccessOverview:
    role = requester_of(request.scope).role or Role.VIEWER
    return AccessOverview(
        authenticates=settings.authenticates, role=role.name.lower(), longest_link_seconds=LONGEST_SECONDS[role]
    )


def _camera(camera: KnownCamera, now: float) -> CameraOverview:
    device, problem, ahead_seconds = device_of(camera, now), camera.problem(now), camera.clock.ahead_seconds
    known = device.model_dump()
    if problem is not None and problem.since_ns is not None:
        known["since"] = datetime.fromtimestamp(problem.since_ns / 1e9, UTC)
    return CameraOverview(
        **known,
        headline=_HEADLINES.get(device.state, device.state) if problem is None else problem.headline,
        advice=_ADVICE.get(device.state, ""),
        clock_offset_seconds=None if ahead_seconds is None else round(ahead_seconds, 3),
        ingest_version=camera.status.ingest_version,
    )
