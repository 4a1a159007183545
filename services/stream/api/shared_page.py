"""The page that a share link opens: one camera, archived picture or time-lapse, its name, and when the link ends.

It needs no login and leads nowhere else. What it shows is fetched with the same link.
"""

from datetime import datetime
from html import escape
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.stream.api.page_files import page_text
from services.stream.api.pages import PAGE_HEADERS, with_zone
from services.stream.base import texts
from services.stream.fanout.hub import Hub
from shared.web.access.authenticator import Authenticator
from shared.web.access.share_links import PARAMETER, SHARED, ShareLink

_HEADERS: Final = PAGE_HEADERS | {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_CAMERAS, _FRAMES = "/api/cameras/", "/api/camera/frames/"


def shared_page_router(hub: Hub, authenticator: Authenticator, zone_name: str) -> APIRouter:
    """`/shared?link=`. Its times are those of the zone of this name, which its script is told, too."""
    zone = ZoneInfo(zone_name)
    template = with_zone(page_text("shared.html"), zone_name)
    router = APIRouter(include_in_schema=False)

    @router.head(SHARED)
    @router.get(SHARED)
    async def shared_page(request: Request) -> Response:
        signed = request.query_params.get(PARAMETER, "")
        link = authenticator.signer.read_link(signed) if authenticator.is_on else None
        if link is None:
            return HTMLResponse(_filled(template, texts.LINK_HAS_ENDED, "", texts.ASK_FOR_A_NEW_LINK), 401, _HEADERS)
        ends_at = datetime.fromtimestamp(link.ends_at, zone)
        name, content = _shown(hub, link, signed)
        # At its end the page is loaded by its own address, which needs no login, and says that the link has ended.
        seconds_left = max(1, link.ends_at - authenticator.clock.utc_ns() // 10**9 + 1)
        refresh = f"{seconds_left};url=shared?{PARAMETER}={quote(signed)}"
        note = texts.link_ends(f"{ends_at:%Y-%m-%d %H:%M %Z}")
        return HTMLResponse(_filled(template, name, content, note, refresh), headers=_HEADERS)

    return router


def _shown(hub: Hub, link: ShareLink, signed: str) -> tuple[str, str]:
    """A name and the element that shows the link's subject, as HTML."""
    query = f"?{PARAMETER}={quote(signed)}"
    if link.subject.startswith(_CAMERAS):
        key = link.subject.removeprefix(_CAMERAS)
        camera = hub.cameras.get(key)
        stream = f'<img src="api/cameras/{key}/stream{query}" alt="">'
        attributes = f'camera="{key}" link="{escape(signed)}" quality="auto"'
        feed = f"<camera-feed {attributes}><noscript>{stream}</noscript></camera-feed>"
        return (key if camera is None else camera.status.name), feed
    subject = link.subject.removeprefix("/")
    if link.subject.startswith(_FRAMES):
        return texts.ARCHIVED_PICTURE, f'<img src="{subject}/image{query}" data-frame="{subject}{query}" alt="">'
    return texts.TIMELAPSE, f'<video src="{subject}/file{query}" controls></video>'


def _filled(template: str, name: str, content: str, note: str, refresh: str = "") -> str:
    """The page. `content` is HTML."""
    tag = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    parts = {"<!-- refresh -->": tag, "<!-- content -->": content, "$note": escape(note), "$name": escape(name)}
    page = template
    for mark, text in parts.items():
        page = page.replace(mark, text)
    return page
