"""What ingest's refusals become as HTTP: a status for the program, ingest's words for the person."""

from typing import Any, Final

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from services.stream.base import access_texts
from shared.control.messages import ControlRefusedError, ControlSilentError
from shared.errors import FramecastError
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
    "changed": 409,
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


class SettingsRefusal(BaseModel):
    """What went wrong, and what to do."""

    detail: str
    why: str | None = Field(None, description="ingest's code, as in docs/wire-format.md; null: stream itself refuses")
    field: str | None = Field(None, description="the setting that is at fault, where it is one")


class IngestRefusalError(HTTPException, FramecastError):
    """A refusal of ingest's as the answer to a request."""

    def __init__(self, error: ControlRefusedError) -> None:
        wait = {} if error.wait_seconds is None else {"Retry-After": f"{max(1.0, error.wait_seconds):.0f}"}
        super().__init__(_STATUSES.get(error.why, 503), str(error), wait)
        self.why: Final = error.why
        self.field: Final = error.field


def as_http(error: ControlRefusedError | ControlSilentError) -> HTTPException:
    """The answer to a request that ingest refused, or did not answer."""
    if isinstance(error, ControlSilentError):
        return HTTPException(503, access_texts.INGEST_SILENT, {"Retry-After": "5"})
    return IngestRefusalError(error)


def tell_fields(app: FastAPI) -> None:
    """Have the refusal of a setting name it, so that a page can show the words beside it."""

    @app.exception_handler(IngestRefusalError)
    async def refused(_request: Request, error: IngestRefusalError) -> JSONResponse:
        told: dict[str, Any] = {"detail": error.detail, "why": error.why}
        if error.field is not None:
            told["field"] = error.field
        return JSONResponse(told, error.status_code, error.headers)
