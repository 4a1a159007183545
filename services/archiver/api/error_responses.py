"""The refusals of endpoints, as `/docs` describes them: `{"detail": …}` in words, with their status codes."""

from typing import Any, Final

from shared.web.error_answer import error_answers

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


def error_responses(**descriptions: str) -> dict[int | str, dict[str, Any]]:
    """An endpoint's refusals for FastAPI's `responses`, by the names above."""
    return error_answers({_STATUS_CODES[name]: text for name, text in descriptions.items()})
