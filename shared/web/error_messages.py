"""The answer to an invalid parameter in our HTTP services: `{"detail": …}` with one sentence that says what to do."""

from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from shared.web.error_answer import with_our_refusals
from shared.web.texts import UNREADABLE_BODY, invalid_parameter

_BAD_REQUEST: Final = 400


def use_error_messages(app: FastAPI) -> None:
    """Answer 422 with a sentence about the first validation error, instead of FastAPI's list of all.

    The application's description says so too.
    """
    description = app.openapi

    def our_description() -> dict[str, Any]:
        return with_our_refusals(description())

    app.openapi = our_description  # type: ignore[method-assign] # FastAPI's own way to change a description

    @app.exception_handler(RequestValidationError)
    async def bad_parameter(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        name = ".".join(str(place) for place in first["loc"][1:])
        reason = first["msg"].removeprefix("Value error, ")
        return JSONResponse({"detail": invalid_parameter(name, reason)}, status_code=422)

    @app.exception_handler(HTTPException)
    async def refusal(request: Request, error: HTTPException) -> Response:
        # FastAPI answers 400 to a body that is not even text, and to one that is nested without end.
        if error.status_code == _BAD_REQUEST and error.__cause__ is not None:
            return JSONResponse({"detail": invalid_parameter("", UNREADABLE_BODY)}, status_code=422)
        return await http_exception_handler(request, error)
