"""Share links: `POST /api/camera/links` gives addresses that open one camera, frame or time-lapse for a while."""

from datetime import UTC, datetime
from typing import Any, Final, Self

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.stream.api.control_refusals import as_http
from services.stream.api.parameters import CAMERA_REFUSALS, find_camera
from services.stream.base import access_texts, texts
from services.stream.fanout.hub import Hub
from shared.bus.topics import CameraKey
from shared.control.messages import ControlRefusedError, ControlSilentError
from shared.web.access.authenticator import Authenticator
from shared.web.access.logins import arrived
from shared.web.access.owner_access import client_facts
from shared.web.access.roles import Role, requester_of
from shared.web.access.share_links import PARAMETER, SHARED, ShareLink
from shared.web.error_answer import error_answers

LINKS: Final = "/api/camera/links"
LONGEST_SECONDS: Final = {Role.VIEWER: 24 * 3600, Role.OPERATOR: 30 * 24 * 3600}
_TIMELAPSE_ID: Final = r"^[a-z0-9][a-z0-9_-]{0,62}_\d{8}T\d{6}Z_[0-9a-f]{6}$"
_REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    **CAMERA_REFUSALS,
    **error_answers({403: "A viewer's links are shorter"}),
}


class LinkRequest(BaseModel):
    """A camera, an archived frame or a time-lapse."""

    model_config = ConfigDict(extra="forbid")

    camera: CameraKey | None = Field(None, description="a camera's key")
    frame: int | None = Field(None, ge=1, description="an archived frame's id")
    timelapse: str | None = Field(None, pattern=_TIMELAPSE_ID, description="a time-lapse's id")
    expires_in_seconds: int = Field(
        3600,
        ge=1,
        le=LONGEST_SECONDS[Role.OPERATOR],
        description="a viewer's link at most a day, an operator's 30 days",
    )

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        if sum(subject is not None for subject in (self.camera, self.frame, self.timelapse)) != 1:
            raise ValueError(texts.LINK_NAMES_ONE_THING)
        return self


class LinkAnswer(BaseModel):
    """Addresses relative to this server. Without any password they are the plain ones, and never expire."""

    expires_at: datetime | None
    stream_url: str | None = None
    snapshot_url: str | None = None
    websocket_url: str | None = None
    image_url: str | None = None
    video_url: str | None = None
    page_url: str | None = None
    """A small page with the picture, for people."""


def links_router(hub: Hub, authenticator: Authenticator) -> APIRouter:
    router = APIRouter(tags=["links"])

    @router.post(LINKS, summary="Make addresses to share, or for an <img>", responses=_REFUSALS)
    async def make_link(request: Request, link_request: LinkRequest) -> LinkAnswer:
        role = requester_of(request.scope).role or Role.VIEWER
        if link_request.expires_in_seconds > LONGEST_SECONDS[role]:
            raise HTTPException(403, texts.VIEWER_LINKS_ARE_SHORTER)
        ends_at = authenticator.clock.utc_ns() // 10**9 + link_request.expires_in_seconds
        if link_request.camera is not None:
            find_camera(hub, link_request.camera)
            link, leaves = ShareLink.to_camera(link_request.camera, ends_at), _CAMERA
        elif link_request.timelapse is not None:
            link, leaves = ShareLink.to_timelapse(link_request.timelapse, ends_at), _TIMELAPSE
        else:
            link, leaves = ShareLink.to_frame(link_request.frame or 0, ends_at), _FRAME
        signed = ""
        if authenticator.is_on:
            secret, ends_at = await _proof_of(authenticator, link, request)
            signed = f"?{PARAMETER}={secret}"
        urls = {name: f"{link.subject}/{leaf}{signed}" for name, leaf in leaves.items()}
        page = f"{SHARED}{signed}" if signed else _page_without_a_link(link_request)
        return LinkAnswer(
            page_url=page, expires_at=datetime.fromtimestamp(ends_at, UTC) if authenticator.is_on else None, **urls
        )

    return router


async def _proof_of(authenticator: Authenticator, link: ShareLink, request: Request) -> tuple[str, int]:
    """What the link is shown by, and when it ends (UTC epoch seconds): a record that ingest keeps, or a signature."""
    owner, requester = authenticator.owner, requester_of(request.scope)
    if owner is None:
        return authenticator.signer.sign(link, requester.role or Role.VIEWER), link.ends_at
    if requester.proof is None:
        raise HTTPException(403, access_texts.LOG_IN_AGAIN)
    seconds = link.ends_at - authenticator.clock.utc_ns() // 10**9
    facts = client_facts(requester.address, request.headers.get("user-agent", ""))
    try:
        made = await owner.ask("make_link", requester.proof, facts, {"path": link.subject, "seconds": seconds})
    except (ControlRefusedError, ControlSilentError) as error:
        raise as_http(error) from None
    await arrived(owner, made["secret"], made["ends_at"])
    return made["secret"], owner.book.local_end(made["ends_at"]) or link.ends_at


def _page_without_a_link(link_request: LinkRequest) -> str:
    return f"/?camera={link_request.camera}" if link_request.camera is not None else "/archive"


_CAMERA: Final = {"stream_url": "stream", "snapshot_url": "snapshot", "websocket_url": "ws"}
_FRAME: Final = {"image_url": "image"}
_TIMELAPSE: Final = {"video_url": "file"}
