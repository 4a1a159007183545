"""A path that a proxy puts before all addresses (BASE_PATH), and does not take away again before it asks us.

What comes under it is served as if it came without; so is what comes without it: health checks, and proxies that take
it away. Behind this nobody sees it but who asks `base_path_of`, for a cookie.
"""

from urllib.parse import quote

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class BasePath:
    """Plain ASGI around `app`; `path` is as the setting allows it, without a slash at its end."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._path or scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif scope["path"] == self._path and scope["type"] == "http":
            await self._to_the_front_page(scope)(scope, receive, send)
        elif scope["path"].startswith(f"{self._path}/"):
            rest: str = scope["path"][len(self._path) :]
            # `path` loses the base, other than ASGI would have it: everything behind us looks at it, and at it alone.
            inner = {**scope, "path": rest, "raw_path": quote(rest).encode(), "root_path": self._path}
            await self._app(inner, receive, send)
        else:
            await self._app(scope, receive, send)

    def _to_the_front_page(self, scope: Scope) -> ASGIApp:
        """With the slash that all addresses in it are relative to."""
        query = scope["query_string"].decode("latin-1")
        there = self._path.rpartition("/")[2] + "/" + (f"?{query}" if query else "")
        return RedirectResponse(there, 307, {"Cache-Control": "no-store"})


def base_path_of(scope: Scope) -> str:
    """The base path under which a request came; empty when it came without."""
    path: str = scope.get("root_path", "")
    return path
