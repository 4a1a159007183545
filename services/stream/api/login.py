"""The login page: it gives a cookie for a password. `shared.web.access` decides what the cookie holds and opens."""

import html
from typing import Final
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.stream.api.page_files import page_text
from services.stream.api.pages import PAGE_HEADERS
from services.stream.api.session_cookie import drop_session, set_session
from services.stream.base import access_texts, texts
from shared.control.messages import ControlRefusedError, ControlSilentError
from shared.errors import FramecastError
from shared.web.access.authenticator import Authenticator, TooManyAttemptsError, WrongSecretError
from shared.web.access.logins import end_sessions, log_in
from shared.web.access.roles import requester_of

_NOTICE: Final = "<!-- notice -->"
_LOGGED_IN: Final = "<!-- logged in -->"
_LOG_OUT: Final = f'<form method="post" action="logout"><button class="button">{texts.LOG_OUT}</button></form>'
PAGE_ANSWER_HEADERS: Final = PAGE_HEADERS | {"Cache-Control": "no-store"}
MAX_FIELDS: Final = 8


def login_router(authenticator: Authenticator) -> APIRouter:
    """`/login` and `/logout`. `?next=` is the page to open afterwards, a path on this server."""
    router = APIRouter(include_in_schema=False)

    @router.get("/login")
    async def page(request: Request) -> Response:
        if not authenticator.takes_passwords:
            return to_the_page("setup" if authenticator.needs_setup else "")
        requester = requester_of(request.scope)
        notice = "" if requester.user is None else texts.signed_on_as(requester.user)
        return _page(notice, is_logged_in=requester.role is not None)

    @router.post("/login")
    async def log_in_by_form(request: Request) -> Response:
        if not authenticator.takes_passwords:
            return to_the_page("setup" if authenticator.needs_setup else "")
        password = (await form_of(request)).get("password")
        if password is None:
            return _page(texts.FORM_UNREADABLE, 422)
        requester = requester_of(request.scope)
        try:
            session = await log_in(authenticator, password, requester, request.headers.get("user-agent", ""))
        except (WrongSecretError, TooManyAttemptsError, ControlRefusedError, ControlSilentError) as error:
            return _refused(error)
        answer = to_the_page(request.query_params.get("next", ""))
        set_session(answer, request, session.secret, session.seconds)
        return answer

    @router.post("/logout")
    async def log_out(request: Request) -> Response:
        has_ended = await end_sessions(authenticator, request.headers)
        answer = RedirectResponse("./login", 303) if has_ended else _page(access_texts.LOGGED_OUT_HERE)
        drop_session(answer, request)
        return answer

    return router


def _refused(error: FramecastError) -> Response:
    match error:
        case WrongSecretError():
            return _page(texts.LOGIN_REFUSED, 401)
        case TooManyAttemptsError():
            return _page(str(error), 429, {"Retry-After": f"{error.seconds:.0f}"})
        case ControlRefusedError():
            return _page(str(error), 503)
        case _:
            return _page(access_texts.INGEST_SILENT, 503)


def _page(
    notice: str, status: int = 200, headers: dict[str, str] | None = None, *, is_logged_in: bool = False
) -> Response:
    shown_notice = f'<p class="notice" role="alert">{html.escape(notice)}</p>' if notice else ""
    text = page_text("login.html").replace(_NOTICE, shown_notice)
    text = text.replace(_LOGGED_IN, _LOG_OUT if is_logged_in else "")
    return HTMLResponse(text, status, PAGE_ANSWER_HEADERS | (headers or {}))


def to_the_page(path: str) -> Response:
    # Because of the dot, no path can be taken for another host.
    return RedirectResponse("./" + quote(path, safe="/?&=%:,;@+~"), 303, {"Cache-Control": "no-store"})


async def form_of(request: Request) -> dict[str, str]:
    """The form's fields; none when the body is no form."""
    body = await request.body()
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=MAX_FIELDS)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in fields.items()}
