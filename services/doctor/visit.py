"""A visit to the page: whether Framecast is there, whether it lets us in, and its own check-up."""

import base64
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ValidationError

from services.doctor import texts
from services.doctor.address import PageAddress
from services.doctor.web import Answer, CannotLookError, ask, look_up
from shared import __version__
from shared.checkup.finding import Finding, Weight

CHECK: Final = "/api/check"
CLOCK_SECONDS: Final = 5.0
RETRIES: Final = 5
RETRY_SECONDS: Final = 5.0
_OPEN_FILE: Final = "/framecast.css"
"""The pages' own style, which needs no password."""
_NO_SERVER_BEHIND: Final = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
Secret = tuple[Literal["password", "token"], str]


class _Finding(BaseModel):
    weight: Weight
    about: str
    text: str
    advice: str = ""


class CheckUp(BaseModel):
    """What the server found."""

    now: AwareDatetime
    version: str
    role: str
    findings: list[_Finding]

    def told(self) -> Iterator[Finding]:
        for each in self.findings:
            yield Finding(each.weight, each.about, each.text, each.advice)


def visit(page: PageAddress, secret: Callable[[], Secret | None]) -> list[Finding]:
    """What the server found, and what is seen from outside. `secret` is called only where one is needed.

    Raises:
        CannotLookError: the server can't be asked.
    """
    look_up(page)
    _recognize(page)
    sent_at, answer, is_logged_in = _checked(page, secret)
    received_at = time.time()
    try:
        check = CheckUp.model_validate_json(answer.body)
    except ValidationError:
        raise CannotLookError(texts.PAGE, texts.NOT_UNDERSTOOD, texts.NOT_UNDERSTOOD_ADVICE) from None
    return [*_seen(page, check, is_logged_in=is_logged_in), *_clock(check, sent_at, received_at), *check.told()]


def _recognize(page: PageAddress) -> None:
    """Raises CannotLookError where it is not Framecast's page."""
    answer = ask(page, "/healthz")
    if answer.status in _NO_SERVER_BEHIND:
        raise CannotLookError(texts.PAGE, texts.gateway_answers(answer.status), texts.NOTHING_BEHIND)
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST and answer.location:
        place = _place_of(answer.location, page)
        raise CannotLookError(texts.PAGE, texts.leads_elsewhere(place), texts.ask_there(place))
    if not _is_healthy(answer):
        root = replace(page, base="")
        if page.base and _is_healthy(ask(root, "/healthz")):
            raise CannotLookError(texts.PAGE, texts.another_path(str(root)), texts.ask_there(str(root)))
        raise CannotLookError(texts.PAGE, texts.NOT_FRAMECAST, texts.NOT_FRAMECAST_ADVICE)
    style = ask(page, _OPEN_FILE)
    if style.status != HTTPStatus.OK or not style.content_type.startswith("text/css"):
        raise CannotLookError(texts.PAGE, texts.NO_PAGE, texts.NO_PAGE_ADVICE)


def _is_healthy(answer: Answer) -> bool:
    document = answer.document
    return answer.status == HTTPStatus.OK and isinstance(document, dict) and document.get("status") == "ok"


def _place_of(location: str, page: PageAddress) -> str:
    """Where a redirect leads, without the path that we asked for and without what may be secret."""
    try:
        parts = urlsplit(location)
        if not parts.hostname:
            return str(replace(page, base=parts.path.removesuffix("/healthz").rstrip("/")))
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return str(page)
    return f"{parts.scheme or 'http'}://{host}{port}{parts.path.removesuffix('/healthz').rstrip('/')}/"


def _checked(page: PageAddress, secret: Callable[[], Secret | None]) -> tuple[float, Answer, bool]:
    """When the check-up was asked for (epoch seconds), the answer, and whether a secret was shown for it."""
    headers: dict[str, str] = {}
    for _ in range(RETRIES):
        sent_at, answer = time.time(), ask(page, CHECK, headers)
        if answer.status == HTTPStatus.OK:
            return sent_at, answer, bool(headers)
        if answer.status == HTTPStatus.UNAUTHORIZED and not headers:
            shown = secret()
            if shown is None:
                # Where no password would help, as before the first one is chosen, the server says what does.
                advice = texts.HOW_TO_LOG_IN if answer.challenge else ""
                raise CannotLookError(texts.LOGIN, answer.detail or texts.NEEDS_LOGIN, advice)
            headers = _header_of(shown)
        elif answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            time.sleep(RETRY_SECONDS)
        else:
            raise _refused(answer)
    raise _refused(answer)


def _header_of(shown: Secret) -> dict[str, str]:
    kind, value = shown
    if kind == "token":
        return {"Authorization": f"Bearer {value}"}
    return {"Authorization": f"Basic {base64.b64encode(f'framecast:{value}'.encode()).decode()}"}


def _refused(answer: Answer) -> CannotLookError:
    match answer.status:
        case HTTPStatus.UNAUTHORIZED:
            return CannotLookError(texts.LOGIN, texts.NOT_ACCEPTED, texts.NOT_ACCEPTED_ADVICE)
        case HTTPStatus.NOT_FOUND:
            return CannotLookError(texts.VERSION, texts.UPDATE_IT)
        case status:
            return CannotLookError(texts.PAGE, answer.detail or texts.server_answers(status))


def _seen(page: PageAddress, check: CheckUp, *, is_logged_in: bool) -> Iterator[Finding]:
    yield Finding(Weight.WELL, texts.PAGE, texts.page_answers(str(page), check.version))
    yield Finding(Weight.WELL, texts.LOGIN, texts.logged_in(check.role) if is_logged_in else texts.OPEN)
    if check.version != __version__:
        text = texts.version_differs(__version__, check.version)
        yield Finding(Weight.DOUBT, texts.VERSION, text, texts.NOT_UNDERSTOOD_ADVICE)


def _clock(check: CheckUp, sent_at: float, received_at: float) -> Iterator[Finding]:
    """The server told its time between the two."""
    now = (check.now - datetime.fromtimestamp(0, UTC)).total_seconds()
    ahead = sent_at - now if now < sent_at else min(0.0, received_at - now)
    if abs(ahead) > CLOCK_SECONDS:
        yield Finding(Weight.DOUBT, texts.CLOCK, texts.clock_differs(ahead), texts.CLOCK_ADVICE)
