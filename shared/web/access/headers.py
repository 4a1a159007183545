"""Headers that are added to every response. A response's own header of the same name wins."""

from typing import Final

from starlette.types import Message, Scope, Send

SECURITY_HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    # `no-referrer` would also remove the Origin of a form that is sent to us.
    ("Referrer-Policy", "same-origin"),
    ("Content-Security-Policy", "frame-ancestors 'self'"),
    # Only what says so itself may be kept: nearly all answers depend on the requester, and a shared browser has a disk.
    ("Cache-Control", "no-store"),
)
_EMBEDDABLE: Final = (b"image/", b"multipart/x-mixed-replace", b"text/javascript")
"""Pages of other ports and hosts may embed these content types; everything else is for our own pages."""
_IN_SCOPE: Final = "framecast.headers"
RawHeaders = list[tuple[bytes, bytes]]


def add_headers(scope: Scope, send: Send, headers: list[tuple[str, str]]) -> Send:
    """A `send` that adds `headers` to the response. An endpoint that writes to the connection itself gets them from
    `added_headers`.
    """
    added = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    scope[_IN_SCOPE] = headers

    async def sending(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            message["headers"] = _completed(list(message.get("headers", ())), added)
        await send(message)

    return sending


def added_headers(scope: Scope) -> list[tuple[str, str]]:
    """The headers that a response without ASGI's `send` must carry."""
    headers: list[tuple[str, str]] = scope.get(_IN_SCOPE, [])
    return headers


def _completed(own: RawHeaders, added: RawHeaders) -> RawHeaders:
    names = {name.lower(): value for name, value in own}
    missing = [
        (name, value) for name, value in added if name not in names or (name == b"vary" and (name, value) not in own)
    ]
    if b"cross-origin-resource-policy" not in names:
        is_embeddable = names.get(b"content-type", b"").startswith(_EMBEDDABLE)
        missing.append((b"cross-origin-resource-policy", b"cross-origin" if is_embeddable else b"same-origin"))
    return own + missing
