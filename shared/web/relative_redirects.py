"""Redirects within this server get a relative address: behind a proxy we know neither the scheme nor the path's begin.

Starlette's own redirects (a slash too many or too few) are absolute, with the scheme and host of the last hop. Behind
HTTPS they would lead to plain HTTP.
"""

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RelativeRedirects:
    """ASGI middleware around `app`. A `Location` without a host passes unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and 300 <= message["status"] < 400:  # noqa: PLR2004 redirects
                message["headers"] = [
                    (name, _relative(value, scope["path"]) if name.lower() == b"location" else value)
                    for name, value in message.get("headers", ())
                ]
            await send(message)

        await self._app(scope, receive, sending)


def _relative(location: bytes, path: str) -> bytes:
    """`location` as seen from a request for `path`. All our redirects lead to ourselves, so its host says nothing."""
    target = urlsplit(location.decode("latin-1"))
    if not target.netloc:
        return location
    up = "../" * (path.count("/") - 1)
    # Without the dot a path that begins with two slashes, or with a colon in it, would name another host.
    there = f"{up or './'}{target.path.lstrip('/')}" + (f"?{target.query}" if target.query else "")
    return there.encode("latin-1")
