"""The guard before an application: says who sent each request, and turns away who may not do what it asks.

Plain ASGI: it costs a request something, and a frame nothing.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.web.access.authenticator import Authenticator, TooManyAttemptsError, WrongSecretError, secret_of
from shared.web.access.headers import SECURITY_HEADERS, add_headers
from shared.web.access.origins import Origins
from shared.web.access.proxies import Sender, TrustedProxies
from shared.web.access.roles import READING, Requester, Role, admit
from shared.web.access.share_links import PARAMETER, ShareLink
from shared.web.allowed_hosts import is_answered_to, why_not
from shared.web.settings import WebSettings

COOKIE: Final = "framecast_session"
HEALTH: Final = "/healthz"
LOGIN: Final = "/login"
_MOST_SESSIONS: Final = 4
_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="Framecast", charset="UTF-8"'}


@dataclass(frozen=True, slots=True)
class AccessRules:
    """What is not decided by the method alone: paths `open` to strangers, and writes that a viewer may do."""

    open: frozenset[str] = frozenset({HEALTH})
    viewer_writes: frozenset[str] = frozenset()
    has_login_page: bool = False


@dataclass(frozen=True, slots=True)
class _Request:
    """What of a request decides. A WebSocket counts as GET."""

    path: str
    method: str
    headers: Headers
    query: bytes
    sender: Sender
    is_socket: bool

    @property
    def wants_a_page(self) -> bool:
        return self.method == "GET" and "text/html" in self.headers.get("accept", "") and not self.is_socket


class Guard:
    """Wraps `app`. The endpoints learn who is there from `requester_of`."""

    def __init__(self, app: ASGIApp, settings: WebSettings, authenticator: Authenticator, doors: AccessRules) -> None:
        self._app = app
        self._authenticator = authenticator
        self._doors = doors
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._origins = Origins(settings.allowed_origins)
        self._named_hosts = settings.named_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        request = _Request(
            path=scope["path"],
            method=scope.get("method", "GET"),
            headers=Headers(scope=scope),
            query=scope["query_string"],
            sender=self._proxies.sender_of(scope),
            is_socket=scope["type"] == "websocket",
        )
        send = add_headers(scope, send, [*SECURITY_HEADERS, *self._origins.headers_for(request.headers)])
        answer = self._origins.preflight(request.method, request.headers) or self._decide(scope, request)
        return await (answer or self._app)(scope, receive, send)

    def _decide(self, scope: Scope, request: _Request) -> Response | None:
        """None when the request may pass; its guest is then in the scope."""
        host = request.headers.get("host", "")
        # What a password protects needs no such care: a browser keeps it for the name that it was given under.
        if not self._authenticator.is_on and request.path != HEALTH and not is_answered_to(host, self._named_hosts):
            return _words(403, why_not(host))
        try:
            guest, is_ambient = self._identify(scope, request)
        except TooManyAttemptsError as error:
            return _words(429, str(error), {"Retry-After": f"{error.seconds:.0f}"})
        writes = request.method not in READING
        if (writes or request.is_socket) and is_ambient and not self._origins.are_trusted(request.headers):
            return _words(403, "This came from a page of another site: name that site in ALLOWED_ORIGINS if it may.")
        needed = Role.OPERATOR if writes and request.path not in self._doors.viewer_writes else Role.VIEWER
        admit(scope, guest)
        if request.path in self._doors.open or (guest.role is not None and guest.role >= needed):
            return None
        return self._turn_away(request) if guest.role is None else self._forbid(request)

    def _identify(self, scope: Scope, request: _Request) -> tuple[Requester, bool]:
        """The guest, and whether his browser says so by itself, whichever page makes it ask.

        Raises:
            TooManyAttemptsError: he has tried too many passwords.
        """
        sender = request.sender
        link = self._link_of(request)
        if link is not None:
            return Requester(sender.address, sender.is_https, Role.VIEWER, link.ends_at), False
        if not self._authenticator.is_on:
            return Requester(sender.address, sender.is_https, Role.OPERATOR), True
        authorization = request.headers.get("authorization", "")
        role = self._role_of_session(request.headers)
        secret = secret_of(authorization)
        if secret is not None and role is not Role.OPERATOR and request.path not in self._doors.open:
            try:
                role = self._authenticator.role_of_secret(secret, sender.address)
            except WrongSecretError:
                # A session that is good stays good. Nobody behind us need count that secret as one more failure.
                scope["headers"] = [header for header in scope["headers"] if header[0] != b"authorization"]
            else:
                return Requester(sender.address, sender.is_https, role), not authorization.lower().startswith("bearer")
        return Requester(sender.address, sender.is_https, role), True

    def _link_of(self, request: _Request) -> ShareLink | None:
        if f"{PARAMETER}=".encode() not in request.query or request.method not in READING:
            return None
        given = parse_qs(request.query.decode("latin-1")).get(PARAMETER, [""])
        link = self._authenticator.signer.read_link(given[-1])
        return link if link is not None and link.opens(request.path) else None

    def _role_of_session(self, headers: Headers) -> Role | None:
        roles = (self._authenticator.signer.role_of_session(session) for session in _sessions(headers))
        return max((role for role in roles if role is not None), default=None)

    def _turn_away(self, request: _Request) -> Response:
        if self._doors.has_login_page and request.wants_a_page:
            return RedirectResponse(_login_address(request), 303, {"Cache-Control": "no-store"})
        if PARAMETER in parse_qs(request.query.decode("latin-1")):
            return _words(401, "This link has run out, or is for something else: ask for a new one.")
        # A page's own requests must not raise the browser's password window over it.
        is_of_a_page = request.headers.get("sec-fetch-mode", "navigate") != "navigate"
        knows_the_login = bool(_sessions(request.headers))
        ways = f"by HTTP Basic or a Bearer token{', or at /login' if self._doors.has_login_page else ''}"
        return _words(401, f"A password is needed: {ways}.", {} if is_of_a_page or knows_the_login else _CHALLENGE)

    def _forbid(self, request: _Request) -> Response:
        if self._authenticator.has_operator:
            return _words(403, f"{request.method} is for the operator: log in with OPERATOR_PASSWORD.")
        return _words(403, f"{request.method} is for the operator, and there is none: set OPERATOR_PASSWORD.")


def _words(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"detail": detail}, status, {"Cache-Control": "no-store", **(headers or {})})


def _sessions(headers: Headers) -> list[str]:
    """All that the browser has for us: of one under BASE_PATH and one without, either may be the one that is good."""
    pairs = (part.strip().partition("=") for part in headers.get("cookie", "").split(";"))
    return [value for name, _, value in pairs if name == COOKIE][:_MOST_SESSIONS]


def _login_address(request: _Request) -> str:
    """The login page, as seen from `request`: relative, for a proxy may have put us under any path."""
    wanted = request.path.removeprefix("/") + (f"?{request.query.decode('latin-1')}" if request.query else "")
    up = "../" * (request.path.count("/") - 1)
    return f"{up}{LOGIN.removeprefix('/')}" + (f"?next={quote(wanted, safe='/')}" if wanted else "")
