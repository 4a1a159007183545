"""Requests to ingest by whoever reaches BUS_CONTROL: with no proof or somebody else's, caught ones, and raw bytes."""

import json
import os
import socket
from collections.abc import Iterator
from typing import Any, Final

import pytest
import zmq

from shared.access.record_secret import digest_of, new_secret
from shared.control.messages import ClientFacts, ControlRequest, Proof, SignOnProof, encode_request, new_request_id
from tests.attacks.conftest import Count
from tests.shared.control.answering import ZeroMqClient
from tests.support.owned_stack import JSON, Headers, OwnedStack
from tests.web.support import bearer

LOOKING: Final = "looking at the garden"
DECISIONS: Final[dict[str, dict[str, Any]]] = {
    "sessions": {},
    "end_sessions": {"all": True},
    "make_token": {"name": "forged", "role": "operator", "cameras": None, "archive": True, "ends_at": None},
    "tokens": {},
    "end_token": {"id": "AAAAAAAAAAAA"},
    "links": {},
    "end_link": {"id": "AAAAAAAAAAAA"},
    "set_password": {"role": "operator", "password": "chosen by a stranger"},
    "overview": {},
    "setup_code": {},
    "settle": {},
    "open": {},
    "new": {},
}
LOCAL: Final = ("setup_code", "settle", "open", "new")


@pytest.fixture
def client(house: OwnedStack) -> Iterator[ZeroMqClient]:
    client = ZeroMqClient(house.control)
    yield client
    client.close()


def asked(client: ZeroMqClient, do: str, arguments: dict[str, Any], proof: Proof | None, address: str) -> Any:
    facts = ClientFacts(address=address, browser="a stranger's")
    request = ControlRequest(id=new_request_id(), do=do, proof=proof, client=facts, arguments=arguments)
    client.send(encode_request(request))
    return json.loads(client.receive())


def secret_in(session: Headers) -> str:
    return session["Cookie"].partition("=")[2]


def proofs(house: OwnedStack, operator: Headers) -> dict[str, Proof | None]:
    """What a stranger may have: nothing, inventions, what the topic tells, and proofs that open less than is asked."""
    house.decide("PUT", "/passwords/viewer", operator, {"password": LOOKING})
    mine, viewers = secret_in(operator), house.make_token(operator, "Viewer")
    scoped = house.make_token(operator, "Scoped", role="operator", cameras=["camera_1"])
    ended = house.make_token(operator, "Ended", role="operator")
    assert house.end_token(operator, ended).status == 200
    link = house.ask("POST", "/api/camera/links", operator | JSON, '{"camera": "camera_1"}')
    linked = json.loads(link.body)["stream_url"].partition("link=")[2]
    left = house.operator()
    house.ask("POST", "/logout", left)
    forged = SignOnProof(secret="-", user="alice", groups=("admins",))  # noqa: S106 it is no proxy's
    return {
        "nothing": None,
        "an invented secret": Proof(secret=new_secret()),
        "the digest of the operator's session": Proof(secret=digest_of(mine)),
        "the same in the form of a secret": Proof(secret=f"framecast_{digest_of(mine)}"),
        "its id": Proof(secret=digest_of(mine)[:12]),
        "a viewer's token": Proof(secret=viewers["secret"]),
        "an operator's token for one camera": Proof(secret=scoped["secret"]),
        "an ended token": Proof(secret=ended["secret"]),
        "a link": Proof(secret=linked),
        "a session that logged out": Proof(secret=secret_in(left)),
        "the viewer's password": Proof(password=LOOKING),
        "a wrong password": Proof(password="anything at all"),  # noqa: S106 wrong on purpose
        "the secret as a password": Proof(password=mine),
        "a wrong code": Proof(code="AAAA-AAAA-AAAA"),
        "the operator's secret as a code": Proof(code=mine[:64]),
        "a sign-on without a proxy": Proof(sign_on=forged),
    }


def test_nobody_decides_by_what_opens_less(
    house: OwnedStack, operator: Headers, client: ZeroMqClient, count: Count
) -> None:
    """The address of each request is another one, so that none is refused for the others."""
    tally, number = count("requests to ingest with another's proof, or none"), 0
    shown = proofs(house, operator)
    before = house.tokens(operator)
    for name, proof in shown.items():
        for do, arguments in DECISIONS.items():
            number += 1
            answer = asked(client, do, arguments, proof, f"198.51.{number // 250}.{number % 250}")
            tally.attempt(f"{do} with {name}", got_in=answer["refusal"] is None)
    assert house.everywhere(operator) == {200}
    assert {one["id"] for one in house.tokens(operator)} == {one["id"] for one in before}


def test_what_only_a_command_may_do_is_refused_to_the_operator_too(
    operator: Headers, client: ZeroMqClient, count: Count
) -> None:
    tally, proof = count("commands of the machine, by the network"), Proof(secret=secret_in(operator))
    for do in LOCAL:
        for arguments in ({}, {"fresh": True}, {"is_local": True}):
            answer = asked(client, do, arguments, proof, "127.0.0.1")
            tally.attempt(do, got_in=answer["refusal"] is None)


def test_a_caught_request_does_nothing_a_second_time(
    house: OwnedStack, operator: Headers, client: ZeroMqClient, count: Count
) -> None:
    """Its id with other bytes is refused: nobody gets an answer, or a decision, by an id alone."""
    tally = count("caught requests, sent again or changed")
    arguments = {**DECISIONS["make_token"], "name": "caught"}
    request = ControlRequest(
        id=new_request_id(), do="make_token", proof=Proof(secret=secret_in(operator)), arguments=arguments
    )
    caught = encode_request(request)
    client.send(caught)
    first = json.loads(client.receive())
    assert first["refusal"] is None

    def made() -> int:
        return sum(one["name"] in ("caught", "changed") for one in house.tokens(operator))

    assert made() == 1
    for _ in range(20):
        other = ZeroMqClient(house.control, zmq.REQ)
        other.send(caught)
        assert json.loads(other.receive()) == first, "it is the answer of the first one"
        tally.attempt("the same bytes", got_in=made() != 1)
        other.close()
    for change in (
        {"proof": None},
        {"arguments": {**arguments, "name": "changed"}},
        {"do": "tokens", "arguments": {}},
        {"client": ClientFacts(address="198.51.100.9")},
        {"proof": Proof(secret=new_secret())},
        {"deadline_seconds": 9.0},
    ):
        client.send(encode_request(request.model_copy(update=change)))
        answer = json.loads(client.receive())
        tally.attempt(f"its id with {change}", got_in=answer["refusal"] is None or made() != 1)


def test_a_caught_request_is_refused_once_its_proof_has_ended(
    house: OwnedStack, operator: Headers, client: ZeroMqClient, count: Count
) -> None:
    """With an id of its own: the session that it shows was logged out."""
    tally = count("caught requests, after their session has ended")
    mine = house.operator()
    secret = secret_in(mine)
    assert asked(client, "tokens", {}, Proof(secret=secret), "")["refusal"] is None
    house.ask("POST", "/logout", mine)
    for do, arguments in DECISIONS.items():
        answer = asked(client, do, arguments, Proof(secret=secret), "")
        tally.attempt(do, got_in=answer["refusal"] is None)
    assert house.everywhere(operator) == {200}


GREETING: Final = b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00NULL" + bytes(16) + b"\x00" + bytes(31)
READY: Final = b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x03REQ"


def raw(house: OwnedStack, *parts: bytes) -> bytes:
    """What ingest sends to whoever sends these bytes."""
    host, _, port = house.control.removeprefix("tcp://").partition(":")
    received = b""
    with socket.create_connection((host, int(port)), 5) as connection:
        connection.settimeout(0.5)
        try:
            for part in parts:
                connection.sendall(part)
            while data := connection.recv(65536):
                received += data
        except OSError:
            pass
    return received


def test_raw_bytes_decide_nothing(house: OwnedStack, operator: Headers, count: Count) -> None:
    """A request before the handshake, in a command, in many parts, of another kind of socket, too long, and garbage."""
    tally = count("raw bytes to ingest")
    proof, arguments = Proof(secret=secret_in(operator)), {**DECISIONS["make_token"], "name": "raw"}
    body = encode_request(ControlRequest(id=new_request_id(), do="make_token", proof=None, arguments=arguments))
    whole = encode_request(ControlRequest(id=new_request_id(), do="make_token", proof=proof, arguments=arguments))
    frame, valid = b"\x02" + len(body).to_bytes(8, "big") + body, b"\x02" + len(whole).to_bytes(8, "big") + whole
    sent = [
        (body,),
        (valid,),  # with the operator's secret, but before any handshake
        (GREETING, valid),
        (GREETING, READY, b"\x06" + len(body).to_bytes(8, "big") + body),
        (GREETING, READY, b"\x01\x00" + frame),
        (GREETING, READY.replace(b"REQ", b"SUB"), b"\x01\x00" + frame),
        (GREETING, READY.replace(b"REQ", b"PUB"), b"\x01\x00" + frame),
        (GREETING, READY, (b"\x01\x00" * 20) + frame),
        (GREETING, READY, b"\x02" + (2**62).to_bytes(8, "big") + body),
        (GREETING.replace(b"NULL", b"PLAIN")[:64], valid),
        (b"POST /api/access/tokens HTTP/1.1\r\n\r\n" + body,),
        *((os.urandom(400),) for _ in range(20)),
    ]
    for parts in sent:
        received = raw(house, *parts)
        told = b"secret" in received or any(one["name"] == "raw" for one in house.tokens(operator))
        tally.attempt(f"{parts}", got_in=told)
    assert house.everywhere(bearer(secret_in(operator))) == {200}
