"""Why an HTTP camera gives no pictures, in words for the user. Pure."""

import errno
import http.client
import socket
import ssl
from typing import Final

from services.ingest.sources import (
    SourceUnauthorizedError,
    SourceUnavailableError,
    SourceUnsupportedError,
    failure_reasons,
)
from services.ingest.sources.connection_options import ConnectionOptions

ENDED: Final = "The camera ended its stream."
CLOSED: Final = "The camera closed the connection."
NO_TLS: Final = "The camera's address does not speak TLS as we do. Check the port, and whether it should be http://."
NOT_HTTP: Final = (
    "Something answers at the camera's address, but not by HTTP. Check the port, and whether it should be rtsp:// or "
    "https://."
)
WEB_PAGE: Final = (
    "The address answers like a web server: with a page, not with pictures. Set CAMERA_RTSP_URL to the address of the "
    "camera's video or snapshot; its manual has it."
)
PLAYLIST: Final = (
    "The address is a playlist (HLS or DASH), which is not read here. Set CAMERA_RTSP_URL to the camera's RTSP, MJPEG "
    "or snapshot address."
)
LOGIN_WANTED: Final = (
    "The camera wants a user name and password; none is set. Set CAMERA_RTSP_USERNAME and CAMERA_RTSP_PASSWORD."
)
FORBIDDEN: Final = (
    "The camera forbids this address (403). The user may lack the right to see video, or the camera takes no requests "
    "from here. Check CAMERA_RTSP_USERNAME and CAMERA_RTSP_PASSWORD, and the camera's settings."
)
LOGIN_UNKNOWN: Final = (
    "The camera asks for a kind of login that we don't know. Choose Digest or Basic in the camera's settings."
)
TOO_BUSY: Final = "The camera is too busy ({}). It may have too many viewers, or it is still starting."
STRANGE: Final = "The camera's address sends {}, which is no kind of picture or video that we know."
REDIRECT_LOOP: Final = (
    "The camera sends us from one address to the next without end. Check the path in CAMERA_RTSP_URL."
)
REDIRECTED: Final = (
    "The camera sends us to another server, which we don't follow: {}. If that is right, set CAMERA_RTSP_URL to it."
)
REDIRECTED_NOWHERE: Final = "The camera sends us to no HTTP address. Check the path in CAMERA_RTSP_URL."
NO_JPEG: Final = "The camera's stream holds no JPEG picture."
TOO_LARGE: Final = "The camera sends a picture that is too large."
NOTHING_CAME: Final = "The camera answers, but sends no pictures."
_MAX_WORDS: Final = 100
_BUSY: Final = frozenset({408, 429, 453, 500, 502, 503, 504})
_BY_ERRNO: Final = {
    errno.ECONNREFUSED: failure_reasons.CONNECTION_REFUSED,
    errno.ENETUNREACH: failure_reasons.NETWORK_UNREACHABLE,
    errno.EHOSTUNREACH: failure_reasons.HOST_UNREACHABLE,
}
_BY_CLASS: Final[dict[type[Exception], str]] = {
    TimeoutError: failure_reasons.NO_ANSWER,
    socket.gaierror: failure_reasons.UNKNOWN_HOST,
    UnicodeError: failure_reasons.UNKNOWN_HOST,  # no name can be written so
    ssl.SSLCertVerificationError: failure_reasons.UNTRUSTED,
    ssl.SSLError: NO_TLS,
    # So http.client says of an answer that ends before it has begun, or amid its body.
    http.client.RemoteDisconnected: CLOSED,
    http.client.IncompleteRead: CLOSED,
    ConnectionResetError: CLOSED,
    BrokenPipeError: CLOSED,
}
"""The first that fits counts."""


def failure_of(error: Exception) -> SourceUnavailableError:
    """The failure that an error of the connection is: an OSError, or one of http.client's."""
    for kind, words in _BY_CLASS.items():
        if isinstance(error, kind):
            return SourceUnavailableError(words)
    if isinstance(error, OSError):
        return SourceUnavailableError(_BY_ERRNO.get(error.errno or 0, failure_reasons.NO_ANSWER))
    return SourceUnsupportedError(NOT_HTTP)


def refusal(status: int, reason: str, options: ConnectionOptions) -> SourceUnavailableError:
    """The failure that an answer with `status` is, other than 200."""
    has_credentials = bool(options.username or options.password)
    if status == http.client.UNAUTHORIZED:
        return SourceUnauthorizedError(failure_reasons.REFUSED if has_credentials else LOGIN_WANTED)
    if status == http.client.FORBIDDEN:
        return SourceUnauthorizedError(FORBIDDEN if has_credentials else f"{FORBIDDEN} None is set.")
    if status in (http.client.NOT_FOUND, http.client.GONE):
        return SourceUnavailableError(failure_reasons.NO_STREAM)
    words = told(f"{status} {reason}", options)
    if status in _BUSY:
        return SourceUnavailableError(TOO_BUSY.format(words))
    return SourceUnavailableError(f"{failure_reasons.CANT_BE_OPENED} The camera says: {words}")


def told(text: str, options: ConnectionOptions) -> str:
    """Words of the camera's, for the user: short, printable and without a secret."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[:_MAX_WORDS])
    return " ".join(options.masked(printable).split())
