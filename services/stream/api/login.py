"""The login page: it gives a cookie for a password. `shared.web.access` decides what the cookie holds and opens."""

import html
from typing import Final
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.stream.api.page_files import page_text
from services.stream.api.pages import PAGE_HEADERS
from services.stream.base import texts
from shared.web.access.authenticator import Authenticator, TooManyAttemptsError, WrongSecretError
from shared.web.access.guard import COOKIE
from shared.web.access.roles import Requester, requester_of
from shared.web.access.signing import SESSION_SECONDS
from shared.web.base_path import base_path_of

_NOTICE: Final = "<!-- notice -->"
_LOGGED_IN: Final = "<!-- logged in -->"
_LOG_OUT: Final = f'<form method="post" action="logout"><button class="button">{texts.LOG_OUT}</button></form>'
_HEADERS: Final = PAGE_HEADERS | {"Cache-Control": "no-store"}


def login_router(authenticator: Authenticator) -> APIRouter:
    """`/login` and `/logout`. `?next=` is the page to open afterwards, a path on this server."""
    router = APIRouter(include_in_schema=False)

    @router.get("/login")
    async def page(request: Request) -> Response:
        if not authenticator.takes_passwords:
            return _to_the_page("")
        requester = requester_of(request.scope)
        notice = "" if requester.user is None else texts.signed_on_as(requester.user)
        return _page(notice, is_logged_in=requester.role is not None)

    @router.post("/login")
    async def log_in(request: Request) -> Response:
        if not authenticator.takes_passwords:
            return _to_the_page("")
        requester = requester_of(request.scope)
        password = await _password(request)
        if password is None:
            return _page(texts.FORM_UNREADABLE, 422)
        try:
            role = authenticator.role_of_secret(password, requester.address)
        except WrongSecretError:
            return _page(texts.LOGIN_REFUSED, 401)
        except TooManyAttemptsError as error:
            return _page(str(error), 429, {"Retry-After": f"{error.seconds:.0f}"})
        answer = _to_the_page(request.query_params.get("next", ""))
        _set_cookie(answer, _path_of(request), authenticator.signer.session(role), requester, SESSION_SECONDS)
        return answer

    @router.post("/logout")
    async def log_out(request: Request) -> Response:
        answer = RedirectResponse("./login", 303)
        # A login at an address without the base path made another cookie, which this browser would go on sending.
        for path in {_path_of(request), "/"}:
            _set_cookie(answer, path, "", requester_of(request.scope), 0)
        return answer

    return router


def _page(
    notice: str, status: int = 200, headers: dict[str, str] | None = None, *, is_logged_in: bool = False
) -> Response:
    shown_notice = f'<p class="notice" role="alert">{html.escape(notice)}</p>' if notice else ""
    text = page_text("login.html").replace(_NOTICE, shown_notice)
    return HTMLResponse(text.replace(_LOGGED_IN, _LOG_OUT if is_logged_in else ""), status, _HEADERS | (headers or {}))


def _to_the_page(path: str) -> Response:
    # Because of the dot, no path can be taken for another host.
    return RedirectResponse("./" + quote(path, safe="/?&=%:,;@+~"), 303, {"Cache-Control": "no-store"})


def _path_of(request: Request) -> str:
    """The cookie's path: the base path, if we know one, so that other services on this host do not get the session."""
    return base_path_of(request.scope) or "/"


def _set_cookie(answer: Response, path: str, value: str, requester: Requester, seconds: int) -> None:
    answer.set_cookie(
        COOKIE, value, max_age=seconds, path=path, secure=requester.is_https, httponly=True, samesite="lax"
    )


async def _password(request: Request) -> str | None:
    """The form's password; None when the form has none, or the body is no form."""
    body = await request.body()
    try:
        return parse_qs(body.decode("ascii"), max_num_fields=8).get("password", [None])[-1]
    except ValueError:
        return None
