"""The pages and their files: which addresses and headers they have, and how they are sent."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from html import escape
from typing import Final

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from services.stream.api.page_files import STATIC, for_owners, page_text
from services.stream.base import access_texts
from shared.web.access.authenticator import Authenticator
from shared.web.access.origins import Origins
from shared.web.access.roles import Requester, Role, requester_of

ICONS: Final = ("/icon-180.png", "/icon-192.png", "/icon-512.png", "/icon-maskable.png")
OPEN_FILES: Final = frozenset(
    {"/old-browser.js", "/link.js", "/link.css", "/server.js", "/manifest.json", "/worker.js", *ICONS}
)
"""What the login page, a share link's page and an installed app load. There is no secret in it."""
OWNERS_PAGES: Final = {"/access": access_texts.BY_SETTINGS_HTML, "/cameras": access_texts.CAMERAS_BY_SETTINGS_HTML}
"""There only where such things are decided at the page, and elsewhere these words."""
PAGES: Final = {"/": "index.html", "/archive": "archive.html", "/status": "status.html", "/connect": "connect.html"}
# A page loads nothing from elsewhere, and runs no script or style written into it. Sockets to us count as 'self'.
_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",  # without it the worker of an installed app leaves
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'self'",
}
# The files of one version belong together, so a browser that caches them asks each time whether they have changed.
_KEPT: Final = {"Cache-Control": "no-cache"}
PAGE_HEADERS: Final = _KEPT | {
    "Content-Security-Policy": "; ".join(f"{kind} {sources}" for kind, sources in _POLICY.items()),
}

ELEMENT: Final = "/camera-feed.js"
BARRED: Final = "camera-feed-barred.js"
"""The element for pages that may not read our answers: it makes no requests by script, so their consoles stay clean."""
ELEMENT_HEADERS: Final = {
    "Vary": "Origin",
    # A page of any origin may load it; browsers need this header for a module. The pictures it shows are guarded apart.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def pages_app(
    zone: str | None = None,
    allowed_origins: frozenset[str] = frozenset(),
    authenticator: Authenticator | None = None,
) -> ASGIApp:
    """All of them, compressed where the client accepts it: a third of the bytes, on a bad network.

    `zone` is the name of the time zone whose times they show; None for the browser's own. It is written into each page,
    so that no time waits for an answer. So is the requester's role if `authenticator` is on. Pages of `allowed_origins`
    may read our answers.
    """
    files = _Files(zone, authenticator)
    routes = [Route(address, files.sending(name)) for address, name in PAGES.items()]
    decides = authenticator is not None and authenticator.owner is not None
    for address, instead in OWNERS_PAGES.items():
        routes.append(Route(address, files.sending(f"{address[1:]}.html") if decides else _without(address, instead)))
    origins = Origins(allowed_origins)
    whole, barred = (files.sending(name, ELEMENT_HEADERS) for name in (ELEMENT.removeprefix("/"), BARRED))

    async def send_element(request: Request) -> Response:
        # A module of another origin is always asked for with the page's origin.
        return await (whole if origins.may_read(request.headers) else barred)(request)

    element = Route(ELEMENT, send_element)
    tidied = [
        Route(f"{address}/", _without_slash)
        for address in ("/archive", "/status", "/connect", *OWNERS_PAGES, "/login", "/setup", "/docs")
    ]
    return GZipMiddleware(Router([*routes, *tidied, element, Mount("/", files)]))


def _without(address: str, words: str) -> Callable[[Request], Awaitable[Response]]:
    title = address[1:].title()
    page = (
        '<!doctype html><html lang=en><meta name=viewport content="width=device-width">'
        f"<title>{title}</title><h1>{title}</h1><p>{words}"
    )

    async def send(_request: Request) -> Response:
        return HTMLResponse(page, 404, PAGE_HEADERS)

    return send


async def _without_slash(request: Request) -> Response:
    """A page's own addresses are relative to it, so it can't be sent here."""
    query = request.scope["query_string"].decode("latin-1")
    there = "../" + request.scope["path"].strip("/").rpartition("/")[2] + (f"?{query}" if query else "")
    return RedirectResponse(there, 307, {"Cache-Control": "no-store"})


def with_zone(page: str, zone: str | None) -> str:
    """The text of a page that shows the times of the time zone of this name; None for the browser's own."""
    return page if zone is None else page.replace("<html ", f'<html data-zone="{escape(zone)}" ', 1)


class _Files(StaticFiles):
    def __init__(self, zone: str | None, authenticator: Authenticator | None) -> None:
        super().__init__(directory=STATIC)
        self._authenticator = authenticator
        self._pages = {page.name: with_zone(page_text(page.name), zone).encode() for page in STATIC.glob("*.html")}
        """What is sent in place of the files of these names."""
        self._operators = {name: for_owners(page.decode()).encode() for name, page in self._pages.items()}
        """The same for whoever decides on access at the page."""

    def sending(self, name: str, headers: Mapping[str, str] = {}) -> Callable[[Request], Awaitable[Response]]:
        async def send(request: Request) -> Response:
            response = await self.get_response(name, request.scope)
            response.headers.update(headers)
            return response

        return send

    async def get_response(self, path: str, scope: Scope) -> Response:
        content = self._pages.get(path)
        if content is not None and scope["method"] in ("GET", "HEAD"):
            if self._authenticator is not None:
                requester = requester_of(scope)
                if self._authenticator.owner is not None and requester.role is Role.OPERATOR:
                    content = self._operators[path]
                told = _told(self._authenticator, requester)
                content = content.replace(b"<html ", f"<html {told}".encode(), 1)
            return _page(content, Request(scope).headers.get("if-none-match", ""))
        response = await super().get_response(path, scope)
        response.headers.update(PAGE_HEADERS if path.endswith(".html") else _KEPT)
        return response


def _told(authenticator: Authenticator, requester: Requester) -> str:
    """What the header needs: the role, and which of its acts lead somewhere. As attributes, each with a space."""
    if not authenticator.is_on or requester.role is None:
        return ""
    can_log_in = authenticator.has_operator and requester.role is Role.VIEWER
    login, logout = "data-login " if can_log_in else "", "data-logout " if requester.has_session else ""
    return f'data-role="{requester.role.name.lower()}" {login}{logout}'


def _page(content: bytes, if_none_match: str) -> Response:
    headers = PAGE_HEADERS | {"ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"'}
    is_known = headers["ETag"] in if_none_match
    return Response(status_code=304, headers=headers) if is_known else HTMLResponse(content, headers=headers)
