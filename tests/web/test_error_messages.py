"""Invalid parameters are answered in one sentence."""

from typing import Annotated

import pytest
from fastapi import FastAPI, Query
from fastapi.testclient import TestClient
from pydantic import AfterValidator, BaseModel

from shared.web.error_messages import use_error_messages
from shared.web.texts import UNREADABLE_BODY, invalid_parameter


def must_be_even(number: int) -> int:
    if number % 2:
        raise ValueError("it must be even")
    return number


class Size(BaseModel):
    width: int


def client() -> TestClient:
    app = FastAPI()
    use_error_messages(app)

    @app.post("/")
    async def size(wanted: Size) -> Size:
        return wanted

    @app.get("/")
    async def number(width: Annotated[int, Query(ge=1), AfterValidator(must_be_even)]) -> int:
        return width

    return TestClient(app)


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("", "'width' is not valid: Field required."),
        ("?width=x", "'width' is not valid: Input should be a valid integer, unable to parse string as an integer."),
        ("?width=0", "'width' is not valid: Input should be greater than or equal to 1."),
        ("?width=3", "'width' is not valid: it must be even."),
    ],
)
def test_the_sentence_names_the_parameter_and_the_reason(query: str, detail: str) -> None:
    """FastAPI's own answer is a list of objects, which no page can show to a person."""
    answer = client().get(f"/{query}")
    assert (answer.status_code, answer.json()) == (422, {"detail": detail})


@pytest.mark.parametrize("body", [b"\x80", b'{"width": "\xe9"}', b"[" * 100_000])
def test_a_body_that_can_not_be_read_is_a_sentence_too(body: bytes) -> None:
    """Bytes that are no text, and lists without end. FastAPI alone answers 400 with words that help nobody."""
    answer = client().post("/", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()) == (422, {"detail": invalid_parameter("", UNREADABLE_BODY)})


def test_the_description_has_our_form_of_a_refusal() -> None:
    """A client that is generated from it can read the sentence."""
    document = client().get("/openapi.json").json()
    answer = document["paths"]["/"]["get"]["responses"]["422"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/ErrorAnswer"}
    assert set(document["components"]["schemas"]) == {"ErrorAnswer", "Size"}


def test_a_fault_of_the_whole_request_is_a_sentence_too() -> None:
    """There the error names no parameter."""
    assert invalid_parameter("", "it is no JSON") == "'the request' is not valid: it is no JSON."
