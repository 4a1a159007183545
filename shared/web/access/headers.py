"""Headers that every answer gets, whoever made it; an answer's own of the same name goes before."""

from typing import Final

from starlette.types import Message, Scope, Send

SECURITY_HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    # `no-referrer` would also hide a form's Origin from us.
    ("Referrer-Policy", "same-origin"),
    ("Content-Security-Policy", "frame-ancestors 'self'"),
)
_SHOWN_ELSEWHERE: Final = (b"image/", b"multipart/x-mixed-replace", b"text/javascript")
"""What a page on another port or host may show or load; all else is for pages of ours."""
_IN_SCOPE: Final = "framecast.headers"
RawHeaders = list[tuple[bytes, bytes]]


def add_headers(scope: Scope, send: Send, headers: list[tuple[str, str]]) -> Send:
    """A `send` that adds `headers`; `added_headers` tells them to who writes to the connection himself."""
    added = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    scope[_IN_SCOPE] = headers

    async def sending(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            message["headers"] = _completed(list(message.get("headers", ())), added)
        await send(message)

    return sending


def added_headers(scope: Scope) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = scope.get(_IN_SCOPE, [])
    return headers


def _completed(own: RawHeaders, added: RawHeaders) -> RawHeaders:
    names = {name.lower(): value for name, value in own}
    missing = [
        (name, value) for name, value in added if name not in names or (name == b"vary" and (name, value) not in own)
    ]
    if b"cross-origin-resource-policy" not in names:
        is_shown = names.get(b"content-type", b"").startswith(_SHOWN_ELSEWHERE)
        missing.append((b"cross-origin-resource-policy", b"cross-origin" if is_shown else b"same-origin"))
    return own + missing
