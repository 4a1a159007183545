"""The pages and what they are made of: where they lie, the headers that they get, and how they are sent."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

STATIC: Final = Path(__file__).parent / "static"
PAGES: Final = {"/": "index.html", "/archive": "archive.html", "/status": "status.html", "/connect": "connect.html"}
# Nothing but what we serve, and nothing written into a page: neither script nor style. Sockets to us count as 'self'.
_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'self'",
}
PAGE_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "; ".join(f"{kind} {sources}" for kind, sources in _POLICY.items()),
}

ELEMENT: Final = "/camera-feed.js"
ELEMENT_HEADERS: Final = {
    "Cache-Control": "no-cache",
    # A page of any origin may load it: a module needs to be told so. What it shows is guarded for itself.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def pages_app() -> ASGIApp:
    """All of it, compressed for those who take it so: a third of the bytes on a bad link."""
    routes = [Route(address, _file(name, PAGE_HEADERS)) for address, name in PAGES.items()]
    element = Route(ELEMENT, _file(ELEMENT.removeprefix("/"), ELEMENT_HEADERS))
    return GZipMiddleware(Router([*routes, element, Mount("/", StaticFiles(directory=STATIC))]))


def _file(name: str, headers: dict[str, str]) -> Callable[[Request], Awaitable[FileResponse]]:
    async def send(_request: Request) -> FileResponse:
        return FileResponse(STATIC / name, headers=headers)

    return send
