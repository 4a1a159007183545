"""`/api/connect`: where others reach this server, the lines to paste for a camera, and a QR code of an address."""

from io import BytesIO
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, Field

from services.stream.api.own_addresses import Publication, Reach
from services.stream.api.parameters import CAMERA_REFUSALS, QueryKey, find_camera
from services.stream.api.recipes import Recipe, recipes_for
from services.stream.base import connect_texts
from services.stream.fanout.hub import Hub
from shared.web.access.authenticator import Authenticator
from shared.web.access.roles import requester_of
from shared.web.base_path import base_path_of
from shared.web.error_answer import error_answers

QR: Final = "/api/connect/qr.svg"
_HTTP: Final = 80
_LONGEST_ADDRESS: Final = 600
"""A share link has some 200 characters, and a phone reads a code of 600 yet."""


class ConnectAnswer(BaseModel):
    """Where others reach this server, and the lines for one camera."""

    addresses: list[str] = Field(
        description="whole ones that others can open, the best first, each with a / at its end"
    )
    why_none: str = Field(description="what to do where there is none; else empty")
    doubt: str = Field(description="what may be wrong with them; empty where nothing is in doubt")
    recipes: list[Recipe]


def connect_router(hub: Hub, authenticator: Authenticator, publication: Publication) -> APIRouter:
    router = APIRouter(tags=["links"])

    @router.get("/api/connect", summary="Where others reach this server, and lines to paste", responses=CAMERA_REFUSALS)
    async def connect(request: Request, camera: QueryKey = None) -> ConnectAnswer:
        key = camera or hub.cameras.default_key()
        name = "" if key is None else find_camera(hub, key).status.name
        recipes = [] if key is None else recipes_for(key, name, is_guarded=authenticator.is_on)
        reach = publication.reach()
        addresses = _addresses(request, reach)
        why_none = "" if addresses else reach.why_none
        return ConnectAnswer(addresses=addresses, why_none=why_none, doubt=reach.doubt, recipes=recipes)

    @router.get(
        QR,
        summary="An address of this server as a QR code",
        response_class=Response,
        responses={200: {"content": {"image/svg+xml": {}}}, **error_answers({422: "It is no address of this server"})},
    )
    async def qr(
        request: Request, address: Annotated[str, Query(max_length=_LONGEST_ADDRESS, description="the whole address")]
    ) -> Response:
        if not _is_ours(address, request, publication.reach()):
            raise HTTPException(422, connect_texts.NOT_OURS)
        return Response(_drawn(address), media_type="image/svg+xml")

    return router


def _addresses(request: Request, reach: Reach) -> list[str]:
    """A proxy in front, or a tunnel, has a port of its own. So the request's counts only where ours is not known."""
    path = base_path_of(request.scope)
    if reach.port is None:
        scheme = "https" if requester_of(request.scope).is_https else "http"
        port = "" if request.url.port is None else f":{request.url.port}"
    else:
        scheme, port = "http", "" if reach.port == _HTTP else f":{reach.port}"
    return [f"{there}{path}/" for there in (*reach.sites, *(f"{scheme}://{host}{port}" for host in reach.hosts))]


def _is_ours(address: str, request: Request, reach: Reach) -> bool:
    """Whether it leads here: a code that leads elsewhere must not come from us."""
    try:
        url = urlsplit(address)
    except ValueError:
        return False
    ours = {urlsplit(own).netloc for own in _addresses(request, reach)} | {request.url.netloc}
    return url.scheme in ("http", "https") and url.netloc in ours and address.isascii() and address.isprintable()


def _drawn(text: str) -> bytes:
    """The code as SVG, black on white with its margin, in whatever size the page gives it."""
    import segno  # noqa: PLC0415 2 MB, for those who look at a code

    drawn = BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, omitsize=True, svgclass=None, lineclass=None, light="#fff"
    )
    return drawn.getvalue()
