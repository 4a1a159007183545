"""The bytes of requests and answers: golden ones, and those that are refused."""

import json
from pathlib import Path

import pytest

from shared.control.messages import (
    MAX_ANSWER_BYTES,
    MAX_REQUEST_BYTES,
    ClientFacts,
    ControlAnswer,
    ControlRefusedError,
    ControlRequest,
    MalformedRequestError,
    Proof,
    Refusal,
    SignOnProof,
    decode_answer,
    decode_request,
    done,
    encode_answer,
    encode_request,
    new_request_id,
)
from shared.errors import MessageDecodeError

PASSWORD, SHOWN = "pässword", "hunter2"
GOLDEN = Path(__file__).parents[2] / "golden"
REQUEST = ControlRequest(
    id="Zk3vQ0m1x-_2aBcD",
    do="log_in",
    proof=Proof(password=PASSWORD),
    client=ClientFacts(address="192.0.2.7", browser="Firefox on Linux"),
    arguments={"cameras": ["door"], "ends_at": None, "archive": True},
)
RESULT = ControlAnswer(
    id="Zk3vQ0m1x-_2aBcD", result={"secret": "framecast_x", "role": "operator", "ends_at": 1_795_363_200}
)
REFUSAL = ControlAnswer(
    id="Zk3vQ0m1x-_2aBcD", refusal=Refusal(why="wait", words="Too many wrong passwords.", wait_seconds=30)
)
FIELD = ControlAnswer(
    id="Zk3vQ0m1x-_2aBcD",
    refusal=Refusal(why="malformed", words="fps is '500' but must be a number above 0, at most 120.", field="fps"),
)


def golden(name: str) -> bytes:
    return (GOLDEN / name).read_bytes().rstrip(b"\n")


def test_a_request_has_the_golden_bytes() -> None:
    """A program of somebody else's sends these, and an older ingest reads them."""
    assert encode_request(REQUEST) == golden("control_request.json")
    assert decode_request(golden("control_request.json")) == REQUEST


@pytest.mark.parametrize(
    ("name", "answer"),
    [("control_result.json", RESULT), ("control_refusal.json", REFUSAL), ("control_refused_setting.json", FIELD)],
)
def test_an_answer_has_the_golden_bytes(name: str, answer: ControlAnswer) -> None:
    """As above, in the other direction."""
    assert encode_answer(answer) == golden(name)
    assert decode_answer(golden(name)) == answer


@pytest.mark.parametrize(
    "proof",
    [
        Proof(secret=SHOWN),
        Proof(code="ABCD-EFGH"),
        Proof(sign_on=SignOnProof(secret=SHOWN, user="anna", groups=("a", "b"))),
    ],
)
def test_each_kind_of_proof_arrives_as_it_was(proof: Proof) -> None:
    """Ingest judges it alone."""
    sent = ControlRequest(id=new_request_id(), do="state", proof=proof)
    assert decode_request(encode_request(sent)) == sent


def test_members_that_have_defaults_may_be_absent_and_unknown_ones_are_ignored() -> None:
    """A program in five lines leaves them out; a later version adds some."""
    data = b'{"version": 1, "id": "0123456789abcdef", "do": "state", "new": {"a": 1}}'
    assert decode_request(data) == ControlRequest(id="0123456789abcdef", do="state")


@pytest.mark.parametrize(
    "members",
    [
        {"version": "1"},
        {"version": None},
        {"do": "x" * 33},
        {"do": 1},
        {"proof": {"password": ""}},
        {"proof": {"password": "x" * 1025}},
        {"proof": {"sign_on": {"secret": "s"}}},
        {"proof": []},
        {"client": {"address": "1" * 65}},
        {"client": {"browser": 7}},
        {"arguments": []},
        {"arguments": None},
        {"deadline_seconds": 0.5},
        {"deadline_seconds": "5"},
    ],
    ids=str,
)
def test_a_request_that_is_not_as_told_is_refused_with_its_id(members: dict[str, object]) -> None:
    """Nothing is read into it."""
    document = {"version": 1, "id": "0123456789abcdef", "do": "state", **members}
    with pytest.raises(MalformedRequestError) as error:
        decode_request(json.dumps(document).encode())
    assert error.value.request_id == "0123456789abcdef"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "[[-1e999]]"])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    """It would pass each comparison with a limit."""
    with pytest.raises(MalformedRequestError):
        decode_request(
            f'{{"version": 1, "id": "0123456789abcdef", "do": "a", "arguments": {{"n": {number}}}}}'.encode()
        )


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b'{"id": "0123456789abcde"}', b'{"id": "0123456789abcde\xff"}'])
def test_what_has_no_id_is_refused_without_one(data: bytes) -> None:
    """There is nothing to answer."""
    with pytest.raises(MalformedRequestError) as error:
        decode_request(data)
    assert error.value.request_id is None


def test_no_secret_is_in_an_error_or_a_representation() -> None:
    """Both may reach a log."""
    with pytest.raises(MalformedRequestError) as error:
        decode_request(b'{"version": 1, "id": "0123456789abcdef", "do": "a", "proof": {"password": ["hunter2"]}}')
    assert SHOWN not in str(error.value)
    for proof in (
        Proof(password=SHOWN),
        Proof(secret=SHOWN),
        Proof(code=SHOWN),
        Proof(sign_on=SignOnProof(secret=SHOWN, user="a")),
    ):
        assert SHOWN not in repr(ControlRequest(id=new_request_id(), do="a", proof=proof))
    request = ControlRequest(id=new_request_id(), do="set_password", arguments={"password": SHOWN})
    assert SHOWN not in repr(request)
    assert SHOWN not in repr(done(request, {"secret": SHOWN}))


def test_sizes_are_limited_at_both_ends() -> None:
    """A request that is too large is not sent, and an answer becomes a refusal."""
    large = ControlRequest(id=new_request_id(), do="a", arguments={"text": "x" * MAX_REQUEST_BYTES})
    with pytest.raises(ControlRefusedError, match="may have 65536"):
        encode_request(large)
    with pytest.raises(MalformedRequestError):
        decode_request(large.model_dump_json().encode())
    answer = ControlAnswer(id=large.id, result={"text": "x" * MAX_ANSWER_BYTES})
    assert decode_answer(encode_answer(answer)).refusal is not None
    with pytest.raises(MessageDecodeError):
        decode_answer(answer.model_dump_json().encode())


@pytest.mark.parametrize("data", [b"", b"{}", b'{"version": 1, "id": "0123456789abcdef"}'])
def test_an_answer_has_a_result_or_a_refusal(data: bytes) -> None:
    """What has neither is from no ingest."""
    with pytest.raises(MessageDecodeError):
        decode_answer(data)
