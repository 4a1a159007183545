"""What kind of failure ends an RTSP session, and which words it gets. Pure."""

import re
import socket
import ssl
from typing import Final

from services.ingest.sources import (
    SourceRefusedError,
    SourceSilentError,
    SourceUnavailableError,
    SourceUnreachableError,
    SourceUnsupportedError,
    certificate_reasons,
    failure_reasons,
)
from services.ingest.sources.authentication import challenges_in
from services.ingest.sources.connection_options import ConnectionOptions, Transport
from services.ingest.sources.refusals import login_error, status_error
from services.ingest.sources.rtsp.message import Message

FIRST_REQUEST: Final = "OPTIONS"
REFUSALS: Final = frozenset({401, 403})
REDIRECTS: Final = range(300, 400)
_ERRNO: Final = re.compile(r"\[Errno (\d+)\]")


class TransportRefusedError(SourceUnsupportedError):
    """Raised when the camera does not send over this transport. It may over the other."""

    def __init__(self, transport: Transport, status: int | None = None) -> None:
        told = "it agrees to another way only" if status is None else f"it answers {status}"
        super().__init__(failure_reasons.refused_transport(transport, told))


class SilentCameraError(SourceUnavailableError):
    """Raised when the camera agreed to send, and not one packet came. It may send if it is asked in another way."""


def refusal_error(response: Message, options: ConnectionOptions, request: str) -> SourceUnavailableError:
    """The error for a response that is no success, to the method `request`. It may repeat our request: credentials are
    masked.
    """
    if not response.is_rtsp:
        return SourceRefusedError(failure_reasons.WEB_SERVER)
    status = response.status or 0
    if status in REFUSALS:
        return login_error(status, options, is_known=bool(challenges_in(response.headers)))
    if status in REDIRECTS:
        return SourceRefusedError(failure_reasons.REDIRECTED)
    return status_error(status, options.masked(response.reason), options, request)


def timeout_error(request: str, options: ConnectionOptions) -> SourceUnavailableError:
    """The error for a camera that lets the time to open pass. `request` is the method that it does not answer, empty
    while there is no connection.
    """
    if not request:
        words = failure_reasons.NO_ANSWER_BY_TLS if options.is_encrypted else failure_reasons.NO_ANSWER
        return SourceUnreachableError(words)
    kind = SourceSilentError if request == FIRST_REQUEST else SourceUnavailableError
    return kind(failure_reasons.unanswered(request, options.open_seconds))


def closed_error(request: str, options: ConnectionOptions) -> SourceUnavailableError:
    """The error for a connection that the camera closed, while `request` was its last."""
    if request and request != FIRST_REQUEST:
        return SourceUnavailableError(failure_reasons.CLOSED)
    is_amid_tls = not request and options.is_encrypted
    return SourceUnavailableError(
        failure_reasons.CLOSED_AT_ONCE_BY_TLS if is_amid_tls else failure_reasons.CLOSED_AT_ONCE
    )


def unreadable_error(start: bytes) -> SourceUnavailableError:
    """The error for an answer that is no RTSP and begins with `start`."""
    if start.startswith((b"HTTP/", b"<")):
        return SourceRefusedError(failure_reasons.WEB_SERVER)
    if start.startswith((b"\x15\x03", b"\x16\x03")):
        return SourceRefusedError(failure_reasons.SPEAKS_TLS)
    is_rtsp = start.startswith((b"RTSP/", b"$"))
    return SourceUnsupportedError(failure_reasons.NOT_UNDERSTOOD if is_rtsp else failure_reasons.NOT_RTSP)


def connection_error(cause: BaseException | None, options: ConnectionOptions, request: str) -> SourceUnavailableError:
    """The error for a connection that ended because of `cause`. `request` is our last one; empty if there was none."""
    if isinstance(cause, TimeoutError):
        return timeout_error("", options)
    if isinstance(cause, (socket.gaierror, UnicodeError)):
        return SourceUnreachableError(failure_reasons.UNKNOWN_HOST)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return SourceRefusedError(certificate_reasons.untrusted(cause))
    if isinstance(cause, ssl.SSLError):
        return SourceUnavailableError(failure_reasons.NO_TLS)
    if not isinstance(cause, OSError) or isinstance(cause, ConnectionResetError):
        return closed_error(request, options)
    # If a name has several addresses, asyncio puts the errors of all of them into one text.
    numbers = [cause.errno, *map(int, _ERRNO.findall(str(cause)))]
    known = (words for number in numbers if (words := failure_reasons.BY_ERRNO.get(number or 0)))
    return SourceUnreachableError(next(known, failure_reasons.NO_ANSWER))
