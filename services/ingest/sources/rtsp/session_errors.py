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
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.rtsp.message import Message

CLOSED: Final = "The camera closed the connection."
ENDED: Final = "The camera ended its stream."
NO_TLS: Final = "The camera's address does not speak TLS as we do. Check the port, and whether it should be rtsp://."
NOT_UNDERSTOOD: Final = "The camera's RTSP can't be understood."
REFUSALS: Final = frozenset({401, 403})
REDIRECTS: Final = range(300, 400)
_NOT_FOUND: Final = 404
_TEMPORARY: Final = frozenset({408, 453, 500, 502, 503, 504})
"""Answers that may change in a while. Any other refusal means that we ask for something the camera can't do."""
_ERRNO: Final = re.compile(r"\[Errno (\d+)\]")
_BY_ERRNO: Final = {
    errno.ECONNREFUSED: failure_reasons.CONNECTION_REFUSED,
    errno.ENETUNREACH: failure_reasons.NETWORK_UNREACHABLE,
    errno.EHOSTUNREACH: failure_reasons.HOST_UNREACHABLE,
}


def refusal_error(response: Message, options: ConnectionOptions) -> SourceUnavailableError:
    """The error for a response that is no success. It may repeat our request: credentials are masked."""
    if response.status in REFUSALS:
        return SourceUnauthorizedError(failure_reasons.REFUSED)
    if response.status == _NOT_FOUND:
        return SourceUnavailableError(failure_reasons.NO_STREAM)
    if response.status in REDIRECTS:
        return SourceUnavailableError(failure_reasons.REDIRECTED)
    words = options.masked(response.status_msg)
    kind = SourceUnavailableError if response.status in _TEMPORARY else SourceUnsupportedError
    return kind(f"{failure_reasons.CANT_BE_OPENED} The camera says: {response.status} {words}")


def connection_error(cause: BaseException | None) -> SourceUnavailableError:
    """The error for a connection that failed because of `cause`."""
    if isinstance(cause, TimeoutError):
        return SourceSilentError(failure_reasons.NO_ANSWER)
    if isinstance(cause, socket.gaierror):
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
