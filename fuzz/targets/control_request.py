"""A request to ingest, and an answer to one: whoever reaches the control address may send the one or the other."""

from math import isfinite
from typing import Any, Final

from shared.control.messages import (
    MAX_ANSWER_BYTES,
    MAX_REQUEST_BYTES,
    decode_answer,
    decode_request,
    encode_answer,
    encode_request,
)
from shared.errors import MessageDecodeError

HANDLED: Final = (MessageDecodeError,)


def read(data: bytes) -> None:
    """The first byte says which of them it is. What is taken can be sent on, and is the same then."""
    if data[:1] == b"a":
        answer = decode_answer(data[1:])
        assert (answer.result is None) != (answer.refusal is None)
        sent = encode_answer(answer)
        assert len(sent) <= MAX_ANSWER_BYTES
        assert decode_answer(sent) == answer
        return
    request = decode_request(data[1:])
    assert _is_finite(request.arguments)
    sent = encode_request(request)
    assert len(sent) <= MAX_REQUEST_BYTES
    assert decode_request(sent) == request


def _is_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or isfinite(value)
