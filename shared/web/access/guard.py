"""The guard around an application: finds the requester's role, and refuses requests that the role does not allow.

ASGI middleware: it costs something per request, and nothing per frame of a stream.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.control.messages import ControlRefusedError, ControlSilentError
from shared.errors import FramecastError
from shared.setup_command import setup_command
from shared.web.access.authenticator import (
    AccessNotKnownError,
    Authenticator,
    BeyondTheTokenError,
    NotJudgedYetError,
    TooManyAttemptsError,
)
from shared.web.access.guarded_request import COOKIE as COOKIE  # noqa: PLC0414 it is ours to name to others
from shared.web.access.guarded_request import TOKEN, GuardedRequest
from shared.web.access.headers import add_headers, framed_by
from shared.web.access.identification import Identification
from shared.web.access.origins import Origins
from shared.web.access.owner_access import client_facts
from shared.web.access.proxies import TrustedProxies
from shared.web.access.refusals import CHALLENGE, EMBEDDABLE, refusal, words_for_a_page
from shared.web.access.roles import READING, Requester, Role, set_requester
from shared.web.access.shown_records import ShownRecords
from shared.web.access.sign_on import SignOnUnreadableError
from shared.web.allowed_hosts import host_refusal, is_allowed_host
from shared.web.base_path import base_path_of
from shared.web.refusal import RefusalApp
from shared.web.settings import WebSettings
from shared.web.texts import (
    ACCESS_CLOSED,
    EXPIRED_LINK,
    FOREIGN_PAGE,
    INGEST_SILENT,
    NOT_OR_NO_LONGER,
    OUR_PAGES_ALONE,
    SIGN_ON_NEEDED,
    operator_only,
    password_needed,
    setup_needed,
)

HEALTH: Final = "/healthz"
LOGIN: Final = "/login"
SETUP: Final = "/setup"
ACCESS: Final = "/api/access"
SETTINGS: Final = "/api/settings"
_OWNERS: Final = (ACCESS, SETTINGS)
"""What is below these is the operator's alone, to read too, and no other origin's page may change it."""
_ENTRANCES: Final = frozenset({LOGIN, "/logout", SETUP})
_SOON: Final = {"Retry-After": "1"}
_WITHOUT_A_DECISION: Final = (
    SignOnUnreadableError,
    BeyondTheTokenError,
    TooManyAttemptsError,
    AccessNotKnownError,
    NotJudgedYetError,
    ControlRefusedError,
    ControlSilentError,
)
Illustrate = Callable[[Scope, str, dict[str, str]], ASGIApp | None]
"""Given a request without a password, and the reason and the headers of the 401: that 401 with a picture for its body,
or None where words are better.
"""


def _in_words(_scope: Scope, _reason: str, _headers: dict[str, str]) -> ASGIApp | None:
    """For a service without pictures at its addresses."""
    return None


@dataclass(frozen=True, slots=True)
class AccessRules:
    """The exceptions from "viewers read, operators write": paths `open` to everybody, and writes of a viewer. While
    access is closed, the paths of `closable` are not open either.
    """

    open: frozenset[str] = frozenset({HEALTH})
    closable: frozenset[str] = frozenset()
    viewer_writes: frozenset[str] = frozenset()
    has_login_page: bool = False


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
        self._setup_needed = setup_needed(setup_command())
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._origins = Origins(settings.allowed_origins)
        self._own_pages = Origins(settings.site_origins)
        self._headers = framed_by(settings.allowed_origins)
        self._named_hosts = settings.named_hosts
        self._shown = ShownRecords(authenticator, rules.open)
        self._identification = Identification(authenticator, self._shown, rules.open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        request = GuardedRequest(
            path=scope["path"],
            method=scope.get("method", "GET"),
            headers=Headers(scope=scope),
            query=scope["query_string"],
            sender=self._proxies.sender_of(scope),
            is_socket=scope["type"] == "websocket",
        )
        owner = self._authenticator.owner
        if owner is not None and not owner.book.is_known and not self._is_open_when_closed(request.path):
            await owner.first_news()
        send = add_headers(scope, send, [*self._headers, *self._origins.headers_for(request.headers)])
        try:
            answer = self._origins.preflight(request.method, request.headers) or self._decide(scope, request)
        except _WITHOUT_A_DECISION as error:
            answer = await self._after(error, scope, request)
        return await (answer or self._app)(scope, receive, send)

    async def _after(self, error: FramecastError, scope: Scope, request: GuardedRequest) -> ASGIApp | None:
        """What `_decide` could not decide. It waits only for a password that ingest is to judge."""
        if not isinstance(error, NotJudgedYetError):
            return _undecided(error)
        client = client_facts(request.sender.address, request.headers.get("user-agent", ""))
        try:
            await self._authenticator.have_judged(error.password, client)
            return self._decide(scope, request)
        except _WITHOUT_A_DECISION as another:
            return _undecided(another)

    def _decide(self, scope: Scope, request: GuardedRequest) -> ASGIApp | None:
        """The refusal; None when the request may pass.

        Raises:
            FramecastError: one of those that `_after` knows.
        """
        closed = self._authenticator.why_closed
        if closed is not None and not self._is_open_when_closed(request.path):
            return RefusalApp(closed, ACCESS_CLOSED) if request.wants_a_page else refusal(503, closed, _SOON)
        requester, is_ambient = self._identification.of(scope, request)
        host, is_signed_on = request.headers.get("host", ""), requester.user is not None
        # With a password this is not needed: a browser sends it only to the host name that the user gave it for. A
        # proxy may know its users by their network, whatever the name.
        depends_on_host = is_signed_on or not self._authenticator.needs_a_secret
        if depends_on_host and request.path != HEALTH and not is_allowed_host(host, self._named_hosts):
            return refusal(403, host_refusal(host, is_signed_on=is_signed_on))
        if is_ambient and (why := self._why_foreign(request)) is not None:
            return words_for_a_page(EXPIRED_LINK) if request.is_a_pages_socket_by_link else refusal(403, why)
        needed = Role.OPERATOR if self._is_the_operators(request) else Role.VIEWER
        set_requester(scope, requester)
        if request.path in self._rules.open or (requester.role is not None and requester.role >= needed):
            has_query = request.query and self._authenticator.owner is not None
            return self._without_the_token(scope, request, requester) if has_query else None
        return self._ask_for_password(scope, request) if requester.role is None else self._forbid(request, requester)

    def _why_foreign(self, request: GuardedRequest) -> str | None:
        """Why a page of another origin may not send this; None where it may, or no page did. A page of ALLOWED_ORIGINS
        may do what its visitor may, but not decide who comes in.
        """
        writes = request.method not in READING
        if not (writes or request.is_socket) or self._own_pages.are_trusted(request.headers):
            return None
        if not self._origins.are_trusted(request.headers):
            return FOREIGN_PAGE
        decides = self._authenticator.owner is not None and (
            request.path in _ENTRANCES or request.path.startswith(_OWNERS)
        )
        return OUR_PAGES_ALONE if writes and decides else None

    def _is_open_when_closed(self, path: str) -> bool:
        return path in self._rules.open and path not in self._rules.closable

    def _is_the_operators(self, request: GuardedRequest) -> bool:
        if request.method in READING:
            return request.path.startswith(_OWNERS)
        return request.path not in self._rules.viewer_writes

    def _without_the_token(self, scope: Scope, request: GuardedRequest, requester: Requester) -> ASGIApp | None:
        """For a page with a good token in its address: the way to the same page without it, where it is in no history.
        The browser gets the token as a cookie, unless it is logged in already.
        """
        token, shown = request.in_address(TOKEN), requester.proof and requester.proof.secret
        if token is None or token != shown or not request.wants_a_page or request.path.startswith("/api/"):
            return None
        query = request.query_without_token.decode("latin-1")
        # Because of the dot, no page's name can be taken for a scheme: `javascript:`.
        page = "./" + quote(request.path.rpartition("/")[2])
        answer = RedirectResponse(page + (f"?{query}" if query else ""), 303, {"Cache-Control": "no-store"})
        if self._shown.session_of(request) is None:
            path = base_path_of(scope) or "/"
            answer.set_cookie(COOKIE, token, path=path, secure=requester.is_https, httponly=True, samesite="lax")
        return answer

    def _ask_for_password(self, scope: Scope, request: GuardedRequest) -> ASGIApp:
        authenticator = self._authenticator
        takes_passwords, needs_setup = authenticator.takes_passwords, authenticator.needs_setup
        if self._rules.has_login_page and (takes_passwords or needs_setup) and request.wants_a_page:
            page = LOGIN if takes_passwords else SETUP
            return RedirectResponse(request.address_of(page), 303, {"Cache-Control": "no-store"})
        if request.is_a_pages_socket_by_link:
            return words_for_a_page(EXPIRED_LINK)
        if request.has_link:
            return self._unauthorized(scope, EXPIRED_LINK)
        if authenticator.owner is not None and request.has_token:
            return self._unauthorized(scope, NOT_OR_NO_LONGER)
        if not takes_passwords:
            return self._unauthorized(scope, self._setup_needed if needs_setup else SIGN_ON_NEEDED)
        # A challenge would open the browser's password window over a page that sends requests by script.
        is_of_a_page = request.headers.get("sec-fetch-mode", "navigate") != "navigate"
        knows_the_login = bool(request.sessions)
        detail = password_needed(has_login_page=self._rules.has_login_page)
        return self._unauthorized(scope, detail, {} if is_of_a_page or knows_the_login else CHALLENGE)

    def _unauthorized(self, scope: Scope, reason: str, challenge: dict[str, str] | None = None) -> ASGIApp:
        headers = EMBEDDABLE | (challenge or {})
        return self._illustrate(scope, reason, headers) or refusal(401, reason, headers)

    def _forbid(self, request: GuardedRequest, requester: Requester) -> Response:
        has_operator, is_signed_on = self._authenticator.has_operator, requester.user is not None
        return refusal(403, operator_only(request.method, has_operator=has_operator, is_signed_on=is_signed_on))


def _undecided(error: FramecastError) -> Response:
    """The answer where nobody could find out who the requester is, or what it shows is for something else."""
    match error:
        case SignOnUnreadableError():
            return refusal(400, str(error))
        case BeyondTheTokenError():
            return refusal(403, str(error))
        case TooManyAttemptsError():
            return refusal(429, str(error), {"Retry-After": f"{error.seconds:.0f}"})
        case AccessNotKnownError() | ControlRefusedError():
            return refusal(503, str(error), _SOON)
        case _:
            return refusal(503, INGEST_SILENT, _SOON)
