"""How a camera's refusal of a request is told, whichever reader asked. Pure."""

from typing import Final

from services.ingest.sources import (
    SourceRefusedError,
    SourceUnauthorizedError,
    SourceUnavailableError,
    SourceUnsupportedError,
    failure_reasons,
)
from services.ingest.sources.connection_options import ConnectionOptions

_UNAUTHORIZED: Final = 401
_NOT_FOUND: Final = frozenset({404, 410})
_OF_THE_PATH: Final = frozenset({"OPTIONS", "DESCRIBE"})
"""Requests that ask for the path as the user wrote it. Later ones ask for what the camera named itself."""
_TOO_MANY: Final = frozenset({453, 503})
_TRANSPORT: Final = frozenset({406, 461})
_TEMPORARY: Final = frozenset({408, 500, 502, 504})
"""Answers that may change in a while. Any other refusal means that we ask for something the camera can't do."""


def login_error(status: int, options: ConnectionOptions, *, is_known: bool = True) -> SourceUnauthorizedError:
    """The error for a 401 or 403."""
    if status != _UNAUTHORIZED and options.has_login:
        return SourceUnauthorizedError(failure_reasons.FORBIDDEN)
    return SourceUnauthorizedError(failure_reasons.refused_login(options.username, options.password, is_known=is_known))


def status_error(status: int, words: str, options: ConnectionOptions, request: str) -> SourceUnavailableError:
    """The error for any other status; `words` is the camera's reason, masked."""
    told = f"{status} {words}".strip()
    if status in _NOT_FOUND and request in _OF_THE_PATH:
        return SourceRefusedError(failure_reasons.NO_STREAM)
    if status in _TOO_MANY:
        return SourceRefusedError(failure_reasons.too_many_viewers(told))
    if status in _TRANSPORT and request == "SETUP":
        return SourceUnsupportedError(failure_reasons.wrong_transport(options.transport, told))
    kind = SourceUnavailableError if status in _TEMPORARY else SourceUnsupportedError
    return kind(failure_reasons.refused_request(request, told))
