"""What ingest's refusals become as HTTP: a status for the program, ingest's words for the person."""

from typing import Any, Final

from fastapi import HTTPException

from services.stream.base import access_texts
from shared.control.messages import ControlRefusedError, ControlSilentError
from shared.web.error_answer import error_answers

_STATUSES: Final = {
    "wrong": 403,
    "wait": 429,
    "not_allowed": 403,
    "full": 409,
    "taken": 409,
    "not_here": 409,
    "unknown": 404,
    "malformed": 422,
}
"""All others are 503: to be tried again."""
REFUSALS: Final[dict[int | str, dict[str, Any]]] = error_answers(
    {
        403: "Only the operator may, or the code or password is wrong",
        404: "There is no such record",
        409: "There are as many as there may be, somebody was first, or the environment sets it",
        429: "Too many wrong codes or passwords came before",
        503: "Ingest, which keeps this, does not answer",
    }
)


def as_http(error: ControlRefusedError | ControlSilentError) -> HTTPException:
    """The answer to a request that ingest refused, or did not answer."""
    if isinstance(error, ControlSilentError):
        return HTTPException(503, access_texts.INGEST_SILENT, {"Retry-After": "5"})
    wait = {} if error.wait_seconds is None else {"Retry-After": f"{max(1.0, error.wait_seconds):.0f}"}
    return HTTPException(_STATUSES.get(error.why, 503), str(error), wait)
