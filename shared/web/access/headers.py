"""Headers that are added to every response. A response's own header of the same name wins."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from starlette.types import Message, Scope, Send

OWN_FRAMES: Final = "frame-ancestors 'self'"
_POLICY: Final = "Content-Security-Policy"
SECURITY_HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    # `no-referrer` would also remove the Origin of a form that is sent to us.
    ("Referrer-Policy", "same-origin"),
    (_POLICY, OWN_FRAMES),
    # Only what says so itself may be kept: nearly all answers depend on the requester, and a shared browser has a disk.
    ("Cache-Control", "no-store"),
)
_FRAMEABLE: Final = (b"image/", b"multipart/x-mixed-replace", b"video/")
"""Pages of any origin may show these in a frame: an `<img>` of theirs may, too, and nothing in them can be clicked."""
_EMBEDDABLE: Final = (b"image/", b"multipart/x-mixed-replace", b"text/javascript")
"""Pages of other ports and hosts may embed these content types; everything else is for our own pages."""
_NOT_MODIFIED: Final = 304
_OF_A_BODY: Final = (b"content-security-policy", b"cache-control")
_IN_SCOPE: Final = "framecast.headers"
RawHeaders = list[tuple[bytes, bytes]]


def add_headers(scope: Scope, send: Send, headers: list[tuple[str, str]]) -> Send:
    """A `send` that adds `headers` to the response. An endpoint that writes to the connection itself gets them from
    `added_headers`.
    """
    added = _encoded(tuple(headers))
    scope[_IN_SCOPE] = headers

    async def sending(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            message["headers"] = _completed(message["status"], list(message.get("headers", ())), added)
        await send(message)

    return sending


@lru_cache(maxsize=64)
def _encoded(headers: tuple[tuple[str, str], ...]) -> RawHeaders:
    """The same for nearly all requests. Nobody may change the list."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def framed_by(origins: Iterable[str]) -> list[tuple[str, str]]:
    """`SECURITY_HEADERS` of a server whose pages may be framed by those of `origins`, too."""
    policy = " ".join((OWN_FRAMES, *sorted(origins)))
    return [(name, policy if name == _POLICY else value) for name, value in SECURITY_HEADERS]


def added_headers(scope: Scope) -> list[tuple[str, str]]:
    """The headers that a response without ASGI's `send` must carry. It is pictures, which any page may frame."""
    headers: list[tuple[str, str]] = scope.get(_IN_SCOPE, [])
    return [(name, value) for name, value in headers if name != _POLICY]


def _completed(status: int, own: RawHeaders, added: RawHeaders) -> RawHeaders:
    names = {name.lower(): value for name, value in own}
    policy = dict(added).get(b"content-security-policy", b"")
    if status == _NOT_MODIFIED:  # what is kept has its own, and would get these in their place
        return own + [(name, value) for name, value in added if name not in (*names, *_OF_A_BODY)]
    if names.get(b"content-type", b"").startswith(_FRAMEABLE):
        added = [(name, value) for name, value in added if name != b"content-security-policy"]
    # A page has more of a policy than who may frame it, which is the server's to say.
    own = [(name, value.replace(OWN_FRAMES.encode(), policy) if policy else value) for name, value in own]
    missing = [
        (name, value) for name, value in added if name not in names or (name == b"vary" and (name, value) not in own)
    ]
    if b"cross-origin-resource-policy" not in names:
        is_embeddable = names.get(b"content-type", b"").startswith(_EMBEDDABLE)
        missing.append((b"cross-origin-resource-policy", b"cross-origin" if is_embeddable else b"same-origin"))
    return own + missing
