"""`GET /api/check`: the check-up. Gathers what this replica, the bus and the archiver know, and tries each camera.

The rules and their words are in `shared/checkup/`.
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import Final, Self

import httpx2
from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, Field

from services.stream.api.archive_facts import ArchiveFactFinder
from services.stream.api.cameras import clock_offset_seconds, device_of
from services.stream.base import texts
from services.stream.fanout.cameras import SILENT_AFTER_SECONDS, KnownCamera
from services.stream.fanout.hub import Hub
from shared import __version__
from shared.checkup.facts import AccessFacts, CameraFacts, Facts, IngestFacts
from shared.checkup.finding import Finding, Weight, is_well
from shared.checkup.rules import findings_of
from shared.shortage import shortage
from shared.web.access.authenticator import Authenticator
from shared.web.access.roles import Role, requester_of
from shared.web.error_answer import error_answers

PICTURE_SECONDS: Final = 5.0
CAMERAS_AT_ONCE: Final = 3
"""An unwatched camera that is tried is decoded for a moment. A small computer must not decode all of them at once."""
TRIALS_SECONDS: Final = 12.0
"""Of more cameras than can be tried in this time, the others are not."""


class FindingAnswer(BaseModel):
    """What was found about one part."""

    weight: Weight = Field(description="`wrong`: it does not work; `doubt`: somebody should look; `well`")
    about: str
    text: str
    advice: str = Field(description="what to do; empty where there is nothing to do, or the text says it")

    @classmethod
    def of(cls, finding: Finding) -> Self:
        return cls(weight=finding.weight, about=finding.about, text=finding.text, advice=finding.advice)


class CheckAnswer(BaseModel):
    """The check-up. Nothing secret is in it."""

    now: datetime
    version: str = Field(description="of the replica that answers")
    role: str = Field(description="the requester's")
    is_well: bool = Field(description="whether nothing is wrong")
    findings: list[FindingAnswer] = Field(description="what is wrong first")


def check_router(
    hub: Hub, authenticator: Authenticator, archive: httpx2.AsyncClient, *, allows_anonymous: bool
) -> APIRouter:
    """`archive` is the client for the archiver; `allows_anonymous` is ALLOW_ANONYMOUS."""
    router = APIRouter(tags=["health"])
    archive_facts = ArchiveFactFinder(archive)
    running = asyncio.Lock()

    @router.get(
        "/api/check",
        summary="Check everything, and say what to do",
        responses=error_answers({429: "Another check-up is under way"}),
    )
    async def check(request: Request) -> CheckAnswer:
        """It tries each camera that is connected, so it takes some seconds. One runs at a time."""
        if running.locked():
            raise HTTPException(429, texts.CHECK_UNDER_WAY, {"Retry-After": "5"})
        async with running:
            return await _check(request)

    async def _check(request: Request) -> CheckAnswer:
        short_of = shortage()  # before the trials, which cost something
        now = datetime.fromtimestamp(authenticator.clock.utc_ns() / 1e9, UTC)
        cameras = hub.cameras.in_order()
        names = {camera.status.camera: camera.status.name for camera in cameras}
        tried, known = await asyncio.gather(_try_all(cameras, hub), archive_facts.find(request, now, names))
        access = _access(request, authenticator, allows_anonymous=allows_anonymous)
        findings = findings_of(
            Facts(
                ingest=_ingest(hub),
                cameras=tuple(tried),
                access=access,
                archive=known.facts,
                shortage=short_of,
                versions=_versions(cameras, known.version),
            )
        )
        told = [FindingAnswer.of(finding) for finding in findings]
        return CheckAnswer(now=now, version=__version__, role=access.role, is_well=is_well(findings), findings=told)

    return router


def _versions(cameras: list[KnownCamera], archiver: str | None) -> tuple[tuple[str, str], ...]:
    """Of each service that told one; several ingests may differ."""
    ingests = {version for camera in cameras if (version := camera.status.ingest_version) is not None}
    others = () if archiver is None else (("archiver", archiver),)
    return ("stream", __version__), *(("ingest", version) for version in sorted(ingests)), *others


def _ingest(hub: Hub) -> IngestFacts:
    silent_seconds = hub.silent_seconds
    is_heard = silent_seconds is not None and silent_seconds < SILENT_AFTER_SECONDS
    return IngestFacts(is_heard=is_heard, refusal=hub.refusal, dropped_messages=hub.dropped_messages)


def _access(request: Request, authenticator: Authenticator, *, allows_anonymous: bool) -> AccessFacts:
    return AccessFacts(
        role=(requester_of(request.scope).role or Role.VIEWER).name.lower(),
        needs_a_secret=authenticator.needs_a_secret,
        is_for_everybody=allows_anonymous,
        problems=tuple(authenticator.problems()),
    )


async def _try_all(cameras: list[KnownCamera], hub: Hub) -> list[CameraFacts]:
    """The facts of each camera, in their order."""
    room = asyncio.Semaphore(CAMERAS_AT_ONCE)
    ends_at = time.monotonic() + TRIALS_SECONDS
    return await asyncio.gather(*(_try(camera, hub, room, ends_at) for camera in cameras))


async def _try(camera: KnownCamera, hub: Hub, room: asyncio.Semaphore, ends_at: float) -> CameraFacts:
    seconds, is_without_picture = None, False
    async with room:
        if camera.is_streaming(hub.loop_seconds) and time.monotonic() < ends_at:
            begun = time.monotonic()
            try:
                await hub.fresh_picture(camera.status.camera, PICTURE_SECONDS)
                seconds = time.monotonic() - begun
            except TimeoutError:
                is_without_picture = True
    # As it is known now: the picture may have told its size.
    camera = hub.cameras.get(camera.status.camera) or camera
    return _facts_of(camera, hub, seconds, is_without_picture=is_without_picture)


def _facts_of(camera: KnownCamera, hub: Hub, seconds: float | None, *, is_without_picture: bool) -> CameraFacts:
    device, problem, status = device_of(camera, hub), hub.problems.of(camera), camera.status
    has_refusal = hub.problems.refusal_of(camera) is not None
    camera_ns = status.camera_utc_ns
    return CameraFacts(
        name=device.name,
        state=device.state,
        headline=texts.STATE_HEADLINES.get(device.state, device.state) if problem is None else problem.headline,
        # While ingest is silent, what the camera said last is no reason.
        reason=None if device.state == "unknown" else device.last_error,
        advice="" if has_refusal else texts.STATE_ADVICE.get(device.state, ""),
        notices=status.notices,
        size=None if device.width is None or device.height is None else (device.width, device.height),
        fps=device.fps,
        codec=device.codec,
        key_frame_seconds=status.key_frame_seconds,
        first_picture_seconds=seconds,
        is_without_picture=is_without_picture,
        host_ahead_seconds=clock_offset_seconds(camera),
        camera_ahead_seconds=None if camera_ns is None else (camera_ns - status.sent_at_ns) / 1e9,
    )
