"""Why an RTSP session failed, in words that a user can act on. Pure."""

import errno
import re
import socket
import ssl
from typing import Final

from services.ingest.sources import (
    SourceSilentError,
    SourceUnauthorizedError,
    SourceUnavailableError,
    SourceUnsupportedError,
    failure_reasons,
)
from services.ingest.sources.connection_options import ConnectionOptions, Transport
from services.ingest.sources.rtsp.message import Message

CLOSED: Final = "The camera closed the connection."
ENDED: Final = "The camera ended its stream."
NO_TLS: Final = "The camera's address does not speak TLS as we do. Check the port, and whether it should be rtsp://."
NOT_UNDERSTOOD: Final = "The camera's RTSP can't be understood."
REDIRECTS: Final = range(300, 400)
_REFUSALS: Final = frozenset({401, 403})
_NOT_FOUND: Final = 404
_TOO_MANY: Final = 453
_TEMPORARY: Final = frozenset({408, 453, 454, 500, 502, 503, 504})
"""Answers that may change in a while, such as when an old session of ours has ended. Any other refusal means that we
ask for something the camera can't do."""
_ERRNO: Final = re.compile(r"\[Errno (\d+)\]")
_BY_ERRNO: Final = {
    errno.ECONNREFUSED: failure_reasons.CONNECTION_REFUSED,
    errno.ENETUNREACH: failure_reasons.NETWORK_UNREACHABLE,
    errno.EHOSTUNREACH: failure_reasons.HOST_UNREACHABLE,
}


class TransportRefusedError(SourceUnsupportedError):
    """Raised when the camera does not send over this transport. It may over the other."""

    def __init__(self, transport: Transport, status: int | None = None) -> None:
        answer = "it agrees to another way only" if status is None else f"it answers {status} to that"
        super().__init__(f"The camera does not send over {transport.upper()}: {answer}.")


class SilentCameraError(SourceUnavailableError):
    """Raised when the camera agreed to send, and not one packet came. It may send if it is asked in another way."""


def refusal_error(answer: Message, options: ConnectionOptions) -> SourceUnavailableError:
    """The error for an answer that is no success. It may repeat our request: credentials are masked."""
    if not answer.is_rtsp:
        return SourceUnsupportedError(failure_reasons.WEB_SERVER)
    if answer.status in _REFUSALS:
        return SourceUnauthorizedError(failure_reasons.REFUSED if options.username else failure_reasons.NO_CREDENTIALS)
    if answer.status == _NOT_FOUND:
        return SourceUnavailableError(failure_reasons.NO_STREAM)
    if answer.status in REDIRECTS:
        return SourceUnavailableError(failure_reasons.REDIRECTED)
    words = f"The camera says: {answer.status} {options.masked(answer.reason)}".strip()
    if answer.status == _TOO_MANY:
        return SourceUnavailableError(f"{failure_reasons.TOO_MANY_VIEWERS} {words}")
    kind = SourceUnavailableError if answer.status in _TEMPORARY else SourceUnsupportedError
    return kind(f"{failure_reasons.CANT_BE_OPENED} {words}")


def connection_error(cause: BaseException | None) -> SourceUnavailableError:
    """The error for a connection that failed because of `cause`."""
    if isinstance(cause, TimeoutError):
        return SourceSilentError(failure_reasons.NO_ANSWER)
    if isinstance(cause, socket.gaierror | UnicodeError):
        return SourceSilentError(failure_reasons.UNKNOWN_HOST)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return SourceUnavailableError(failure_reasons.UNTRUSTED)
    if isinstance(cause, ssl.SSLError):
        return SourceUnavailableError(NO_TLS)
    if isinstance(cause, OSError):
        # If a name has several addresses, asyncio puts the errors of all of them into one text.
        numbers = [cause.errno, *map(int, _ERRNO.findall(str(cause)))]
        known = (words for number in numbers if (words := _BY_ERRNO.get(number or 0)))
        return SourceSilentError(next(known, failure_reasons.NO_ANSWER))
    return SourceUnavailableError(CLOSED)
