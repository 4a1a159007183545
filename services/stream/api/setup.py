"""The setup page: it takes the setup code and the operator's new password, and says where others find Framecast.

While nobody has set a password, it is all that others on the network see. Later it is the way for a forgotten password.
"""

import socket
from contextlib import suppress
from html import escape
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.stream.api.login import PAGE_ANSWER_HEADERS, form_of, to_the_page
from services.stream.api.page_files import page_text
from services.stream.api.session_cookie import set_session
from services.stream.base import access_texts
from shared.access.client_network import parsed_address
from shared.access.settings import LONGEST_PASSWORD, SHORTEST_PASSWORD
from shared.control.messages import ControlRefusedError, ControlSilentError, Proof
from shared.logs import get_logger
from shared.setup_command import setup_command
from shared.web.access.authenticator import Authenticator
from shared.web.access.guard import SETUP
from shared.web.access.logins import arrived
from shared.web.access.owner_access import OwnerAccess, client_facts
from shared.web.access.roles import requester_of
from shared.web.base_path import base_path_of

MAX_CODE: Final = 64
log = get_logger(__name__)
_STATUSES: Final = {"wrong": 401, "wait": 429, "taken": 409, "not_here": 409, "malformed": 422}
_NOTICE, _FORM = "<!-- notice -->", "<!-- form -->"
_FORM_HTML: Final = (
    f'<form method="post" action="setup"><label>{access_texts.CODE_LABEL}<input name="code" required '
    f'maxlength="{MAX_CODE}" autocomplete="off" autocapitalize="characters" spellcheck="false" autofocus></label>'
    '<input name="username" value="framecast" autocomplete="username" hidden>'
    f'<label>{access_texts.NEW}<input name="password" type="password" required '
    f'minlength="{SHORTEST_PASSWORD}" maxlength="{LONGEST_PASSWORD}" autocomplete="new-password"></label>'
    f'<button class="button main">{access_texts.BUTTON}</button></form>'
)


def setup_router(authenticator: Authenticator, owner: OwnerAccess, listens_at: tuple[str, int] | None) -> APIRouter:
    """`listens_at`: host and port; None where others reach us at another address, as under Docker."""
    router = APIRouter(include_in_schema=False)

    @router.get(SETUP)
    async def page(request: Request) -> Response:
        if authenticator.sign_on.is_on and not authenticator.takes_passwords:
            return to_the_page("")  # the proxy in front asks who somebody is
        return _page(_warning(request), form_html())

    @router.post(SETUP)
    async def set_up(request: Request) -> Response:
        form = await form_of(request)
        code, password = form.get("code", "").strip(), form.get("password", "")
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            return _refused(request, access_texts.TOO_SHORT, 422)
        if not 0 < len(code) <= MAX_CODE:
            return _refused(request, access_texts.NO_CODE, 422)
        facts = client_facts(requester_of(request.scope).address, request.headers.get("user-agent", ""))
        try:
            wanted = {"role": "operator", "password": password}
            result = await owner.ask("set_password", Proof(code=code), facts, wanted)
        except ControlRefusedError as error:
            return _refused(request, str(error), _STATUSES.get(error.why, 503))
        except ControlSilentError:
            return _refused(request, access_texts.INGEST_SILENT, 503)
        answer = _page(
            _done(request, listens_at, is_kept=result.get("is_kept", True)), access_texts.TO_THE_CAMERAS_HTML
        )
        session = await arrived(owner, result["secret"], result["ends_at"])
        set_session(answer, request, session.secret, session.seconds)
        return answer

    return router


async def tell_that_it_is_needed(authenticator: Authenticator, owner: OwnerAccess) -> None:
    """In the log, once: others see the setup page alone. Who has just started a stack looks there."""
    await owner.book.until_known()
    if authenticator.needs_setup:
        log.info("nobody has set a password", others_see="/setup alone", what_shows_the_code=setup_command())


def form_html() -> str:
    """The form, and which command shows the code."""
    return f'{_FORM_HTML}<p class="soft">{access_texts.explanation(setup_command())}</p>'


def _page(notice: str, content: str, status: int = 200) -> Response:
    """`notice` is text, `content` HTML."""
    shown = f'<p class="notice" role="alert">{escape(notice)}</p>' if notice else ""
    text = page_text("setup.html").replace(_NOTICE, shown).replace(_FORM, content)
    return HTMLResponse(text, status, PAGE_ANSWER_HEADERS)


def _refused(request: Request, reason: str, status: int) -> Response:
    return _page(" ".join(filter(None, (reason, _warning(request)))), form_html(), status)


def _warning(request: Request) -> str:
    requester = requester_of(request.scope)
    address = parsed_address(requester.address)
    is_here = address is not None and address.is_loopback
    return "" if requester.is_https or is_here else access_texts.PLAIN_HTTP


def _done(request: Request, listens_at: tuple[str, int] | None, *, is_kept: bool) -> str:
    address = _address_for_others(request, listens_at)
    words = [
        access_texts.IS_SET,
        "" if is_kept else access_texts.NOT_KEPT,
        access_texts.others_open(address) if address else "",
    ]
    return " ".join(filter(None, words))


def _address_for_others(request: Request, listens_at: tuple[str, int] | None) -> str | None:
    """Where other devices find this server; None where they don't, or nobody here knows."""
    named, path = request.headers.get("host", ""), base_path_of(request.scope) or ""
    host = named.rpartition(":")[0] if named.rpartition(":")[2].isdecimal() else named
    parsed = parsed_address(host.strip("[]"))
    if host and host != "localhost" and not (parsed is not None and parsed.is_loopback):
        return f"{'https' if requester_of(request.scope).is_https else 'http'}://{named}{path}/"
    address, port = listens_at or ("", 0)
    everywhere = parsed_address(address)
    if everywhere is not None and everywhere.is_unspecified:
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: it tells the address that packets to others leave from
            return f"http://{probe.getsockname()[0]}:{port}{path}/"
    return None
