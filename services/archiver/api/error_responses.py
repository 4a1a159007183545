"""The refusals of endpoints, as `/docs` describes them: `{"detail": …}` in words, with their status codes."""

from typing import Any, Final

from pydantic import BaseModel

_STATUS_CODES: Final = {
    "later": 202,
    "unknown": 404,
    "unfinished": 409,
    "gone": 410,
    "parameter": 422,
    "full": 429,
    "damaged": 500,
    "encoder": 501,
    "away": 503,
}


class ErrorAnswer(BaseModel):
    """What went wrong, and what to do."""

    detail: str


def error_responses(**descriptions: str) -> dict[int | str, dict[str, Any]]:
    """An endpoint's refusals for FastAPI's `responses`, by the names above."""
    return {_STATUS_CODES[name]: {"model": ErrorAnswer, "description": text} for name, text in descriptions.items()}
