"""Why an HTTP camera gives no pictures, in words for the user, where they are other than any camera's. Pure."""

import http.client
import socket
import ssl
from typing import Final

from services.ingest.sources import (
    SourceRefusedError,
    SourceSilentError,
    SourceUnauthorizedError,
    SourceUnavailableError,
    SourceUnreachableError,
    SourceUnsupportedError,
    certificate_reasons,
    failure_reasons,
)
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.failure_reasons import RECORD, unclear

ENDED: Final = "The camera ended its stream."
CLOSED: Final = "The camera closed the connection."
CLOSED_AT_ONCE: Final = (
    "The camera closed the connection without an answer. Check the port; one for TLS needs https://. A camera that has "
    "too many viewers may do so, too."
)
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
FORBIDDEN: Final = (
    "The camera forbids this address (403). The user may lack the right to see video, or the camera takes no requests "
    "from here. Check CAMERA_RTSP_USERNAME and CAMERA_RTSP_PASSWORD, and the camera's settings."
)
TOO_BUSY: Final = "The camera is too busy ({}). It may have too many viewers, or it is still starting."
STRANGE: Final = f"The camera's address sends {{}}, which is no kind of picture or video that we know. {RECORD}"
REDIRECT_LOOP: Final = (
    f"The camera sends us from one address to the next without end. Check the path in CAMERA_RTSP_URL. {RECORD}"
)
REDIRECTED: Final = (
    "The camera sends us to another server, which we don't follow: {}. If that is right, set CAMERA_RTSP_URL to it."
)
REDIRECTED_NOWHERE: Final = f"The camera sends us to no HTTP address. Check the path in CAMERA_RTSP_URL. {RECORD}"
NO_JPEG: Final = f"The camera's stream holds no JPEG picture. {RECORD}"
TOO_LARGE: Final = (
    f"The camera sends a picture of more bytes than any should have. Choose a smaller one in its settings. {RECORD}"
)
NOTHING_CAME: Final = f"The camera answers, but sends no pictures. Restart it if it never does. {RECORD}"
_MAX_WORDS: Final = 100
_BUSY: Final = frozenset({408, 429, 453, 500, 502, 503, 504})
_BY_CLASS: Final[dict[type[Exception], str]] = {
    TimeoutError: failure_reasons.NO_ANSWER,
    socket.gaierror: failure_reasons.UNKNOWN_HOST,
    UnicodeError: failure_reasons.UNKNOWN_HOST,  # no name can be written so
    ssl.SSLError: NO_TLS,
    # So http.client says of an answer that ends before it has begun, and of one that ends amid its body.
    http.client.RemoteDisconnected: CLOSED_AT_ONCE,
    http.client.IncompleteRead: CLOSED,
    ConnectionResetError: CLOSED,
    BrokenPipeError: CLOSED,
}
"""The first that fits counts."""


def failure_of(error: Exception) -> SourceUnavailableError:
    """The failure that an error of the connection is: an OSError, or one of http.client's."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return SourceRefusedError(certificate_reasons.untrusted(error))
    for kind, words in _BY_CLASS.items():
        if isinstance(error, kind):
            is_unreachable = words in failure_reasons.NO_CONNECTION
            return SourceUnreachableError(words) if is_unreachable else SourceUnavailableError(words)
    if isinstance(error, OSError):
        return SourceUnreachableError(failure_reasons.BY_ERRNO.get(error.errno or 0, failure_reasons.NO_ANSWER))
    return SourceUnsupportedError(NOT_HTTP)


def silence(answer_seconds: float | None) -> SourceUnavailableError:
    """The failure of a camera that lets the time to open pass: `answer_seconds` after it accepted the connection; None
    if it did not."""
    if answer_seconds is None:
        return SourceUnreachableError(failure_reasons.NO_ANSWER)
    return SourceSilentError(failure_reasons.unanswered("our request", answer_seconds))


def refusal(status: int, reason: str, options: ConnectionOptions) -> SourceUnavailableError:
    """The failure that an answer with `status` is, other than 200 and 401."""
    if status == http.client.FORBIDDEN:
        return SourceUnauthorizedError(FORBIDDEN if options.has_login else f"{FORBIDDEN} None is set.")
    if status in (http.client.NOT_FOUND, http.client.GONE):
        return SourceUnavailableError(failure_reasons.NO_STREAM)
    words = told(f"{status} {reason}", options)
    if status in _BUSY:
        return SourceUnavailableError(TOO_BUSY.format(words))
    return SourceUnavailableError(unclear(f"{failure_reasons.CANT_BE_OPENED} The camera says: {words}"))


def told(text: str, options: ConnectionOptions) -> str:
    """Words of the camera's, for the user: short, printable and without a secret."""
    # Cut afterwards: of a secret at the border no part may stay.
    shown = "".join(letter if letter.isprintable() else " " for letter in options.masked(text))
    return " ".join(shown.split())[:_MAX_WORDS]
