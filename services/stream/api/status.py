"""The status: what a person wants to know of this replica, its cameras and its settings, in one answer.

Nothing secret is in it: the settings arrive here as the texts to be shown. The archiver has a status of its own.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from services.stream.api.cameras import Device, clock_offset_seconds, device_of
from services.stream.api.share_links import LONGEST_SECONDS
from services.stream.base import texts
from services.stream.fanout.cameras import KnownCamera
from services.stream.fanout.hub import Hub
from shared import __version__
from shared.bus.silence import SILENCE_SECONDS
from shared.clock import Clock
from shared.web.access.authenticator import Authenticator
from shared.web.access.roles import Role, requester_of


class CameraOverview(Device):
    """A camera. While its ingest is silent, `since` is when the last status was sent."""

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

    is_connected: bool = Field(description="whether anything arrived in the last seconds")
    heard_at: datetime | None
    dropped_messages: int = Field(description="malformed ones since the start")
    has_keys: bool


class AccessOverview(BaseModel):
    """The requester's role, and what it allows."""

    authenticates: bool = Field(description="whether a password or a sign-on is needed")
    role: str
    user: str | None = Field(description="the name by which a proxy has signed on the requester")
    longest_link_seconds: int
    makes_tokens: bool = Field(description="whether the requester can make access tokens")


class Overview(BaseModel):
    """One replica's status."""

    now: datetime
    replica: ReplicaOverview
    bus: BusOverview
    access: AccessOverview
    cameras: list[CameraOverview]
    problems: list[str] = Field(description="the same as in `/readyz`")
    settings: dict[str, str]


def status_router(hub: Hub, authenticator: Authenticator, shown_settings: Mapping[str, str]) -> APIRouter:
    """`shown_settings` are the texts of the settings that may be shown, by their variables' names."""
    router = APIRouter(tags=["health"])
    clock = authenticator.clock
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
            bus=_bus(hub, now),
            access=_access(request, authenticator),
            cameras=[_camera(camera, hub) for camera in hub.cameras.in_order()],
            problems=[*authenticator.problems(), *hub.problems.in_words()],
            settings=dict(shown_settings),
        )

    return router


def _now(clock: Clock) -> datetime:
    return datetime.fromtimestamp(clock.utc_ns() / 1e9, UTC)


def _bus(hub: Hub, now: datetime) -> BusOverview:
    silent_seconds = hub.silent_seconds
    return BusOverview(
        is_connected=silent_seconds is not None and silent_seconds < SILENCE_SECONDS,
        heard_at=None if silent_seconds is None else now - timedelta(seconds=silent_seconds),
        dropped_messages=hub.dropped_messages,
        has_keys=hub.has_bus_keys,
    )


def _access(request: Request, authenticator: Authenticator) -> AccessOverview:
    requester = requester_of(request.scope)
    role = requester.role or Role.VIEWER
    return AccessOverview(
        authenticates=authenticator.is_on,
        role=role.name.lower(),
        user=requester.user,
        longest_link_seconds=LONGEST_SECONDS[role],
        makes_tokens=authenticator.owner is not None and authenticator.needs_a_secret and requester.is_whole_operator,
    )


def _camera(camera: KnownCamera, hub: Hub) -> CameraOverview:
    device, problem = device_of(camera, hub), hub.problems.of(camera)
    known = device.model_dump()
    if problem is not None and problem.since_ns is not None:
        known["since"] = datetime.fromtimestamp(problem.since_ns / 1e9, UTC)
    return CameraOverview(
        **known,
        headline=texts.STATE_HEADLINES.get(device.state, device.state) if problem is None else problem.headline,
        advice="" if hub.problems.refusal_of(camera) else texts.STATE_ADVICE.get(device.state, ""),
        clock_offset_seconds=clock_offset_seconds(camera),
        ingest_version=camera.status.ingest_version,
    )
