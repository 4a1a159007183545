"""The path under which a reverse proxy publishes us (BASE_PATH), for proxies that forward it unchanged.

Paths are tidied on the way, before anybody decides by them: `//` counts as `/`, and where programs ask a slash at the
end counts as none, because they put addresses together and don't follow redirects.

It is removed from each request's path. Requests without it are served too: health checks, and those of proxies that
remove it themselves. The application sees no difference; only `base_path_of` tells, for the path of a cookie.
"""

import re
from typing import Final
from urllib.parse import quote

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_SLASHES: Final = re.compile("//+")
_FOR_PROGRAMS: Final = ("/api/", "/healthz/", "/readyz/", "/state/")


class BasePath:
    """ASGI middleware around `app`; `path` is the setting's value, empty or without a slash at its end."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        scope = _tidied(scope)
        if not self._path:
            await self._app(scope, receive, send)
        elif scope["path"] == self._path and scope["type"] == "http":
            await self._redirect_to_front_page(scope)(scope, receive, send)
        elif scope["path"].startswith(f"{self._path}/"):
            rest: str = scope["path"][len(self._path) :]
            # ASGI would leave the base in `path`. We remove it, because all code behind this reads `path` alone.
            inner = {**scope, "path": rest, "raw_path": quote(rest).encode(), "root_path": self._path}
            await self._app(_tidied(inner), receive, send)
        else:
            await self._app(scope, receive, send)
        return None

    def _redirect_to_front_page(self, scope: Scope) -> ASGIApp:
        """A redirect that adds the slash: all addresses in the page are relative to it."""
        query = scope["query_string"].decode("latin-1")
        there = self._path.rpartition("/")[2] + "/" + (f"?{query}" if query else "")
        return RedirectResponse(there, 307, {"Cache-Control": "no-store"})


def _tidied(scope: Scope) -> Scope:
    given: str = scope["path"]
    path = _SLASHES.sub("/", given)
    if path.startswith(_FOR_PROGRAMS):
        path = path.rstrip("/") or "/"
    return scope if path == given else {**scope, "path": path, "raw_path": quote(path).encode()}


def base_path_of(scope: Scope) -> str:
    """The base path with which a request came; empty when it came without."""
    path: str = scope.get("root_path", "")
    return path
