"""The guard around an application: finds the requester's role, and refuses requests that the role does not allow.

ASGI middleware: it costs something per request, and nothing per frame of a stream.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.web.access.authenticator import Authenticator, TooManyAttemptsError, WrongSecretError, secret_of
from shared.web.access.headers import add_headers, framed_by
from shared.web.access.origins import Origins
from shared.web.access.proxies import Sender, TrustedProxies
from shared.web.access.roles import READING, Requester, Role, set_requester
from shared.web.access.share_links import PARAMETER, ShareLink
from shared.web.access.sign_on import SIGN_ON_SECONDS, SignedOn, SignOnUnreadableError
from shared.web.allowed_hosts import host_refusal, is_allowed_host
from shared.web.settings import WebSettings
from shared.web.texts import EXPIRED_LINK, FOREIGN_PAGE, SIGN_ON_NEEDED, operator_only, password_needed

COOKIE: Final = "framecast_session"
HEALTH: Final = "/healthz"
LOGIN: Final = "/login"
_MAX_SESSIONS: Final = 4
_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="Framecast", charset="UTF-8"'}

_EMBEDDABLE: Final = {"Cross-Origin-Resource-Policy": "cross-origin"}
"""For words that tell nothing of anybody. Without it an `<img>` of another origin fails as if it were not allowed."""
_POLICY_VIOLATION: Final = 1008
Illustrate = Callable[[Scope, str, dict[str, str]], ASGIApp | None]
"""Given a request without a password, and the reason and the headers of the 401: that 401 with a picture for its body,
or None where words are better.
"""


def _in_words(_scope: Scope, _reason: str, _headers: dict[str, str]) -> ASGIApp | None:
    """For a service without pictures at its addresses."""
    return None


@dataclass(frozen=True, slots=True)
class AccessRules:
    """The exceptions from "viewers read, operators write": paths `open` to everybody, and writes of a viewer."""

    open: frozenset[str] = frozenset({HEALTH})
    viewer_writes: frozenset[str] = frozenset()
    has_login_page: bool = False


@dataclass(frozen=True, slots=True)
class _Request:
    """The parts of a request that the guard decides by. A WebSocket counts as GET."""

    path: str
    method: str
    headers: Headers
    query: bytes
    sender: Sender
    is_socket: bool

    @property
    def wants_a_page(self) -> bool:
        """Whether a browser navigates here. Java names `text/html` by itself, and only browsers XHTML with it."""
        return self.method == "GET" and "application/xhtml+xml" in self.headers.get("accept", "") and not self.is_socket

    @property
    def has_link(self) -> bool:
        return PARAMETER in parse_qs(self.query.decode("latin-1"), keep_blank_values=True)

    @property
    def is_a_pages_socket_by_link(self) -> bool:
        """Whether a page opens a socket here with a share link: only browsers name an origin."""
        return self.is_socket and "origin" in self.headers and self.has_link


class Guard:
    """Wraps `app`. Its endpoints get the requester from `requester_of`. `illustrate` may turn a 401 into a picture."""

    def __init__(
        self,
        app: ASGIApp,
        settings: WebSettings,
        authenticator: Authenticator,
        rules: AccessRules,
        illustrate: Illustrate = _in_words,
    ) -> None:
        self._app = app
        self._authenticator = authenticator
        self._rules = rules
        self._illustrate = illustrate
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._origins = Origins(settings.allowed_origins)
        self._headers = framed_by(settings.allowed_origins)
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
        send = add_headers(scope, send, [*self._headers, *self._origins.headers_for(request.headers)])
        answer = self._origins.preflight(request.method, request.headers) or self._decide(scope, request)
        return await (answer or self._app)(scope, receive, send)

    def _decide(self, scope: Scope, request: _Request) -> ASGIApp | None:
        """The refusal; None when the request may pass."""
        try:
            requester, is_ambient = self._identify(scope, request)
        except SignOnUnreadableError as error:
            return _refusal(400, str(error))
        except TooManyAttemptsError as error:
            return _refusal(429, str(error), {"Retry-After": f"{error.seconds:.0f}"})
        host, is_signed_on = request.headers.get("host", ""), requester.user is not None
        # With a password this is not needed: a browser sends it only to the host name that the user gave it for. A
        # proxy may know its users by their network, whatever the name.
        depends_on_host = is_signed_on or not self._authenticator.is_on
        if depends_on_host and request.path != HEALTH and not is_allowed_host(host, self._named_hosts):
            return _refusal(403, host_refusal(host, is_signed_on=is_signed_on))
        writes = request.method not in READING
        if (writes or request.is_socket) and is_ambient and not self._origins.are_trusted(request.headers):
            return _words_for_a_page(EXPIRED_LINK) if request.is_a_pages_socket_by_link else _refusal(403, FOREIGN_PAGE)
        needed = Role.OPERATOR if writes and request.path not in self._rules.viewer_writes else Role.VIEWER
        set_requester(scope, requester)
        if request.path in self._rules.open or (requester.role is not None and requester.role >= needed):
            return None
        return self._ask_for_password(scope, request) if requester.role is None else self._forbid(request, requester)

    def _identify(self, scope: Scope, request: _Request) -> tuple[Requester, bool]:
        """The requester, and whether the proof is ambient: added by the browser itself, for a request from any page.

        Raises:
            TooManyAttemptsError: the client has tried too many passwords.
            SignOnUnreadableError: a proxy that signs users on names none.
        """
        sender = request.sender
        signed_on = self._authenticator.sign_on.take(scope)
        link = self._link_of(request)
        if link is not None:
            scope["path"], scope["query_string"] = link.own_address(request.path, request.query)
            return Requester(sender.address, sender.is_https, Role.VIEWER, link.ends_at), False
        if not self._authenticator.is_on:
            return Requester(sender.address, sender.is_https, Role.OPERATOR), True
        role = self._role_of_session(request.headers)
        if signed_on is not None:
            return self._signed_on(scope, sender, signed_on, role), True
        authorization = request.headers.get("authorization", "")
        secret = secret_of(authorization)
        if secret is not None and role is not Role.OPERATOR and request.path not in self._rules.open:
            try:
                role = self._authenticator.role_of_secret(secret, sender.address)
            except WrongSecretError:
                # A valid session stays valid. The wrong secret is removed, so the archiver behind us does not count it.
                scope["headers"] = [header for header in scope["headers"] if header[0] != b"authorization"]
            else:
                return Requester(sender.address, sender.is_https, role), not authorization.lower().startswith("bearer")
        return Requester(sender.address, sender.is_https, role, has_session=role is not None), True

    def _signed_on(self, scope: Scope, sender: Sender, signed_on: SignedOn, session: Role | None) -> Requester:
        """The user, with the better one of the roles of sign-on and of `session`. Behind us that is shown by a session
        of our own: the archiver believes no proxy that it does not see. A password is the proxy's to read.
        """
        role = signed_on.role if session is None else max(session, signed_on.role)
        shown = (b"cookie", f"{COOKIE}={self._authenticator.signer.session(role)}".encode())
        others = [header for header in scope["headers"] if header[0] not in (b"authorization", b"cookie")]
        scope["headers"] = [*others, shown]
        ends_at = self._authenticator.clock.utc_ns() // 10**9 + SIGN_ON_SECONDS
        return Requester(sender.address, sender.is_https, role, ends_at, signed_on.user, session is not None)

    def _link_of(self, request: _Request) -> ShareLink | None:
        if f"{PARAMETER}=".encode() not in request.query or request.method not in READING:
            return None
        given = parse_qs(request.query.decode("latin-1")).get(PARAMETER, [""])
        link = self._authenticator.signer.read_link(given[-1])
        return link if link is not None and link.opens(request.path, request.query) else None

    def _role_of_session(self, headers: Headers) -> Role | None:
        roles = (self._authenticator.signer.role_of_session(session) for session in _sessions(headers))
        return max((role for role in roles if role is not None), default=None)

    def _ask_for_password(self, scope: Scope, request: _Request) -> ASGIApp:
        takes_passwords = self._authenticator.takes_passwords
        if self._rules.has_login_page and takes_passwords and request.wants_a_page:
            return RedirectResponse(_login_address(request), 303, {"Cache-Control": "no-store"})
        if request.is_a_pages_socket_by_link:
            return _words_for_a_page(EXPIRED_LINK)
        if request.has_link:
            return self._unauthorized(scope, EXPIRED_LINK)
        if not takes_passwords:
            return self._unauthorized(scope, SIGN_ON_NEEDED)
        # A challenge would open the browser's password window over a page that sends requests by script.
        is_of_a_page = request.headers.get("sec-fetch-mode", "navigate") != "navigate"
        knows_the_login = bool(_sessions(request.headers))
        detail = password_needed(has_login_page=self._rules.has_login_page)
        return self._unauthorized(scope, detail, {} if is_of_a_page or knows_the_login else _CHALLENGE)

    def _unauthorized(self, scope: Scope, reason: str, challenge: dict[str, str] | None = None) -> ASGIApp:
        headers = _EMBEDDABLE | (challenge or {})
        return self._illustrate(scope, reason, headers) or _refusal(401, reason, headers)

    def _forbid(self, request: _Request, requester: Requester) -> Response:
        has_operator, is_signed_on = self._authenticator.has_operator, requester.user is not None
        return _refusal(403, operator_only(request.method, has_operator=has_operator, is_signed_on=is_signed_on))


def _refusal(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"detail": detail}, status, {"Cache-Control": "no-store", **(headers or {})})


def _words_for_a_page(reason: str) -> ASGIApp:
    """Accepts a socket only to close it. A browser keeps the answer to a refused handshake from its page, which would
    go on to try every other way, and write an error into the console for each.
    """

    async def close(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": reason})

    return close


def _sessions(headers: Headers) -> list[str]:
    """All session cookies of the request: there may be one for BASE_PATH and one for `/`, and either may be valid."""
    pairs = (part.strip().partition("=") for part in headers.get("cookie", "").split(";"))
    return [value for name, _, value in pairs if name == COOKIE][:_MAX_SESSIONS]


def _login_address(request: _Request) -> str:
    """The login page's address, relative to `request`: a proxy may publish us under any path."""
    wanted = request.path.removeprefix("/") + (f"?{request.query.decode('latin-1')}" if request.query else "")
    up = "../" * (request.path.count("/") - 1)
    return f"{up}{LOGIN.removeprefix('/')}" + (f"?next={quote(wanted, safe='/')}" if wanted else "")
