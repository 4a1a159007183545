"""Errors as our HTTP services answer them: `{"detail": …}`, in one sentence that says what to do."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse


def use_error_messages(app: FastAPI) -> None:
    """Replace FastAPI's list of validation errors by a sentence about the first."""

    @app.exception_handler(RequestValidationError)
    async def bad_parameter(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        name = ".".join(str(place) for place in first["loc"][1:]) or "the request"
        reason = first["msg"].removeprefix("Value error, ")
        return JSONResponse({"detail": f"'{name}' is not valid: {reason}."}, status_code=422)
