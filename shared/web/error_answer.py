"""The body of every refusal, `{"detail": …}`, and what an API's description says of it."""

from typing import Any, Final

from pydantic import BaseModel

_REFERENCE: Final = {"$ref": "#/components/schemas/ErrorAnswer"}
_THEIRS: Final = ("HTTPValidationError", "ValidationError")


class ErrorAnswer(BaseModel):
    """What went wrong, and what to do."""

    detail: str


def error_answers(descriptions: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    """An endpoint's refusals by status code, for FastAPI's `responses`."""
    return {code: {"model": ErrorAnswer, "description": text} for code, text in descriptions.items()}


def with_our_refusals(document: dict[str, Any]) -> dict[str, Any]:
    """The description with our form of a 422 where FastAPI put its own, which no client of ours ever gets."""
    schemas = document.get("components", {}).get("schemas", {})
    if _THEIRS[0] not in schemas:
        return document
    for path in document["paths"].values():
        for operation in path.values():
            body = operation["responses"].get("422", {}).get("content", {}).get("application/json", {})
            if body.get("schema", {}).get("$ref", "").endswith(f"/{_THEIRS[0]}"):
                body["schema"] = _REFERENCE
    for name in _THEIRS:
        del schemas[name]
    schemas["ErrorAnswer"] = ErrorAnswer.model_json_schema()
    return document
