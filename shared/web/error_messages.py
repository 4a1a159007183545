"""The answer to an invalid parameter in our HTTP services: `{"detail": …}` with one sentence that says what to do."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from shared.web.texts import invalid_parameter


def use_error_messages(app: FastAPI) -> None:
    """Answer 422 with a sentence about the first validation error, instead of FastAPI's list of all."""

    @app.exception_handler(RequestValidationError)
    async def bad_parameter(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        name = ".".join(str(place) for place in first["loc"][1:])
        reason = first["msg"].removeprefix("Value error, ")
        return JSONResponse({"detail": invalid_parameter(name, reason)}, status_code=422)
