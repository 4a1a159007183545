"""Requests to the page from outside, by the standard library: what goes wrong on the way becomes a finding."""

import http.client
import socket
import ssl
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json

from services.doctor import texts
from services.doctor.address import PageAddress
from shared.checkup.finding import Finding, Weight
from shared.errors import FramecastError

CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 40.0
MAX_BYTES: Final = 4 * 1024 * 1024


class CannotLookError(FramecastError):
    """Raised when the page can't be asked. `finding` says why, and what to do."""

    def __init__(self, about: str, text: str, advice: str = "") -> None:
        super().__init__(text)
        self.finding: Final = Finding(Weight.WRONG, about, text, advice)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's status, its `Location`, `Content-Type` and `WWW-Authenticate` (empty without), and its body."""

    status: int
    location: str
    content_type: str
    challenge: str
    body: bytes

    @property
    def document(self) -> Any:
        """The body's JSON; None where it has none. It may be any server's."""
        try:
            return from_json(self.body)
        except ValueError:
            return None

    @property
    def detail(self) -> str | None:
        """The words of a refusal."""
        document = self.document
        detail = document.get("detail") if isinstance(document, dict) else None
        return detail if isinstance(detail, str) else None


def look_up(page: PageAddress) -> None:
    """Whether the name is known.

    Raises:
        CannotLookError: it is not.
    """
    try:
        socket.getaddrinfo(page.host, page.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise CannotLookError(texts.PAGE, texts.name_unknown(page.host), texts.CHECK_THE_NAME) from None


def ask(page: PageAddress, path: str, headers: dict[str, str] | None = None) -> Answer:
    """The answer at `path` below the page's address. No redirect is followed.

    Raises:
        CannotLookError: there is none.
    """
    kind = http.client.HTTPSConnection if page.is_https else http.client.HTTPConnection
    connection = kind(page.host, page.port, timeout=CONNECT_SECONDS)
    try:
        connection.connect()
        connection.sock.settimeout(ANSWER_SECONDS)
        connection.request("GET", page.base + path, headers={"Accept": "application/json", **(headers or {})})
        answer = connection.getresponse()
        return Answer(
            answer.status,
            answer.getheader("Location", ""),
            answer.getheader("Content-Type", ""),
            answer.getheader("WWW-Authenticate", ""),
            answer.read(MAX_BYTES),
        )
    except (OSError, http.client.HTTPException) as error:
        raise _cannot_look(page, error) from None
    finally:
        connection.close()


def _cannot_look(page: PageAddress, error: Exception) -> CannotLookError:
    match error:
        case ssl.SSLCertVerificationError():
            found = texts.not_trusted(error.verify_message), texts.TRUST_IT
        case ssl.SSLError():
            found = texts.NO_HTTPS, texts.NO_HTTPS_ADVICE
        case ConnectionRefusedError():
            found = texts.nothing_listens(page.host, page.port), texts.IS_IT_STARTED
        case TimeoutError():
            found = texts.no_answer(page.host), texts.IS_IT_OPEN
        case http.client.HTTPException() | ConnectionResetError():
            found = texts.NO_HTTP, texts.NOT_FRAMECAST_ADVICE
        case OSError():
            found = texts.not_reached(page.host, error.strerror or type(error).__name__), texts.IS_IT_OPEN
        case _:
            found = texts.NO_HTTP, texts.NOT_FRAMECAST_ADVICE
    return CannotLookError(texts.PAGE, *found)
