"""Requests and answers with the sockets of libzmq, which any program of a user's may have."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import zmq
from structlog.testing import capture_logs

from shared.control import request_desk, server
from shared.control.messages import MAX_REQUEST_BYTES
from tests.shared.control.answering import Answering, ZeroMqClient, answering, request, request_id, why
from tests.support.waiting import wait_until


@pytest.fixture
def control() -> Iterator[Answering]:
    with answering() as running:
        yield running


@pytest.fixture
def client(control: Answering) -> Iterator[ZeroMqClient]:
    with closing(ZeroMqClient(control.address)) as connected:
        yield connected


def ask(client: ZeroMqClient, data: bytes) -> dict[str, Any]:
    client.send(data)
    answer: dict[str, Any] = json.loads(client.receive())
    return answer


@pytest.mark.parametrize("kind", [zmq.REQ, zmq.DEALER])
def test_a_socket_of_any_library_asks(control: Answering, kind: int) -> None:
    """A REQ puts an empty part before its request and wants it back; a DEALER does not."""
    with closing(ZeroMqClient(control.address, kind)) as client:
        for number in (1, 2):
            assert ask(client, request(number=number)) == {
                "version": 1,
                "id": request_id(number),
                "result": {"did": "state", "is_local": False},
                "refusal": None,
            }


def test_a_request_through_other_sockets_gets_its_answer_the_same_way_back(client: ZeroMqClient) -> None:
    """A device of somebody's between them puts the names of its clients before each request."""
    client.socket.send_multipart([b"one", b"two", b"", request()])
    assert client.socket.poll(10_000)
    *envelope, body = client.socket.recv_multipart()
    assert envelope == [b"one", b"two", b""]
    assert json.loads(body)["id"] == request_id(1)


def test_others_are_answered_while_one_request_takes_its_time(control: Answering, client: ZeroMqClient) -> None:
    """A login takes a tenth of a second of CPU time, and a full disk seconds."""
    client.send(request("wait", 1, deadline_seconds=30))
    assert ask(client, request("state", 2))["id"] == request_id(2)
    control.handler.release.set()
    assert json.loads(client.receive())["id"] == request_id(1)


def test_the_deadline_is_kept_and_the_same_id_asks_for_what_was_done_after_all(
    control: Answering, client: ZeroMqClient
) -> None:
    """Nobody waits for ever, and a decision is not made twice."""
    late = request("wait", deadline_seconds=1)
    assert why(ask(client, late)) == "late"
    client.send(late)
    control.handler.release.set()
    assert json.loads(client.receive())["result"] == {"did": "wait", "is_local": False}
    assert len(control.handler.done) == 1


def test_a_repeated_request_is_done_once(control: Answering, client: ZeroMqClient) -> None:
    """A client that lost its connection can't know whether its request arrived."""
    once = request("make_token")
    first = ask(client, once)
    with closing(ZeroMqClient(control.address, zmq.REQ)) as another:
        assert ask(another, once) == first
    client.send(request("wait", 2))
    client.send(request("wait", 2))
    wait_until(lambda: len(control.handler.done) == 2)
    control.handler.release.set()
    assert client.receive() == client.receive()
    assert len(control.handler.done) == 2


def test_an_id_of_another_request_is_refused(control: Answering, client: ZeroMqClient) -> None:
    """Its answer would be that of the other one."""
    ask(client, request("make_token"))
    assert why(ask(client, request("end_token"))) == "malformed"
    assert [one.do for one in control.handler.done] == ["make_token"]


def test_what_was_refused_as_busy_may_be_tried_again(control: Answering, client: ZeroMqClient) -> None:
    """It was not done. The ninth request of a connection is refused so."""
    for number in range(server.MAX_OF_A_CONNECTION):
        client.send(request("wait", number, deadline_seconds=30))
    ninth = request("state", 100)
    assert why(ask(client, ninth)) == "busy"
    control.handler.release.set()
    for _ in range(server.MAX_OF_A_CONNECTION):
        client.receive()
    assert why(ask(client, ninth)) is None


def test_requests_of_all_connections_are_limited_together(control: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a thread."""
    monkeypatch.setattr(request_desk, "MAX_UNDER_WAY", 3)
    with closing(ZeroMqClient(control.address)) as first, closing(ZeroMqClient(control.address)) as second:
        for number in range(3):
            first.send(request("wait", number, deadline_seconds=30))
        wait_until(lambda: len(control.handler.done) == 3)
        assert why(ask(second, request("state", 4))) == "busy"


def test_a_refusal_is_told_in_words(client: ZeroMqClient) -> None:
    """With a code for the program, and after how long it may be tried again."""
    assert ask(client, request("refuse"))["refusal"] == {
        "why": "wrong",
        "words": "That is not the password.",
        "wait_seconds": 3.0,
        "field": None,
    }


def test_a_handler_that_fails_is_logged_and_refused_and_not_called_again(
    control: Answering, client: ZeroMqClient
) -> None:
    """It may have done a part."""
    with capture_logs() as lines:
        assert why(ask(client, request("fail"))) == "busy"
        assert why(ask(client, request("fail"))) == "busy"
    assert [line["event"] for line in lines] == ["control request failed"]
    assert len(control.handler.done) == 1


@pytest.mark.parametrize(
    "data",
    [
        b'{"version": 2, "id": "0123456789abcdef", "do": "state"}',
        b'{"version": 1, "id": "0123456789abcdef", "do": "State"}',
        b'{"version": 1, "id": "0123456789abcdef"}',
        b'{"version": 1, "id": "0123456789abcdef", "do": "state", "proof": {"secret": "a", "password": "b"}}',
        b'{"version": 1, "id": "0123456789abcdef", "do": "state", "proof": {}}',
        b'{"version": 1, "id": "0123456789abcdef", "do": "state", "deadline_seconds": 31}',
    ],
)
def test_a_malformed_request_with_an_id_is_refused(control: Answering, client: ZeroMqClient, data: bytes) -> None:
    """So that whoever writes a program sees what is wrong."""
    answer = ask(client, data)
    assert (answer["id"], why(answer)) == ("0123456789abcdef", "malformed")
    assert control.server.malformed == 1
    assert not control.handler.done


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"id": 1}', b'{"id": "short"}', b"\xff", b"[" * 60_000, b"x" * MAX_REQUEST_BYTES]
)
def test_a_malformed_request_without_an_id_is_counted_and_gets_nothing(
    control: Answering, client: ZeroMqClient, data: bytes
) -> None:
    """The next answer is that of the next request."""
    client.send(data)
    assert ask(client, request())["id"] == request_id(1)
    assert control.server.malformed == 1


def test_a_client_that_leaves_does_not_stop_its_request(control: Answering) -> None:
    """Somebody may have pressed the button and closed the page."""
    with closing(ZeroMqClient(control.address)) as leaving:
        leaving.send(request("wait", 1))
        wait_until(lambda: control.handler.done)
    control.handler.release.set()
    with closing(ZeroMqClient(control.address)) as client:
        assert ask(client, request("wait", 1))["result"] == {"did": "wait", "is_local": False}
    assert len(control.handler.done) == 1


def test_it_ends_while_a_request_is_under_way() -> None:
    """Whoever ends ingest does not wait for a disk."""
    with answering() as control, closing(ZeroMqClient(control.address)) as client:
        client.send(request("wait"))
        wait_until(lambda: control.handler.done)
        control.server.close()
        control.handler.release.set()
