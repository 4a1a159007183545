"""A stream that is written beneath ASGI, and what else comes on its connection."""

import socket
from collections.abc import Iterator

import pytest

from tests.support.ports import free_port
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until

STREAM = b"GET /api/camera/stream HTTP/1.1\r\nHost: x\r\n\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
FORM = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n"


@pytest.fixture
def replica() -> Iterator[Replica]:
    with running_replica(f"tcp://127.0.0.1:{free_port()}") as replica:
        yield replica


def watch(replica: Replica, request: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", replica.port), timeout=30)
    client.sendall(request)
    wait_until(lambda: replica.hub.viewer_total == 1, "it watches")
    return client


@pytest.mark.parametrize(
    "more", [HEALTH, STREAM, HEALTH + FORM, HEALTH[:9]], ids=["one", "a stream", "two", "half of one"]
)
def test_a_viewer_who_asks_for_more_in_the_same_breath_leaves_like_any_other(replica: Replica, more: bytes) -> None:
    """Else its seat would be taken for ever: the server tells a client's end to the last request it has read."""
    with watch(replica, STREAM + more):
        pass
    wait_until(lambda: replica.hub.viewer_total == 0, "its seat is free")


@pytest.mark.parametrize(
    ("at_once", "later"),
    [(b"", HEALTH), (b"", FORM), (b"", b"no request at all"), (HEALTH[:9], HEALTH[9:]), (FORM, b"x")],
    ids=["a request", "a form", "neither", "in two pieces", "a body"],
)
def test_what_a_viewer_sends_besides_is_not_read_as_a_request(
    replica: Replica, monkeypatch: pytest.MonkeyPatch, at_once: bytes, later: bytes
) -> None:
    """So it is neither answered within the stream nor, being late or wrong, the stream's end."""
    monkeypatch.setattr("shared.web.protocol.HEAD_SECONDS", 0.5)
    monkeypatch.setattr("shared.web.protocol.BODY_SECONDS", 0.5)
    with watch(replica, STREAM + at_once) as client:
        client.sendall(later)
        received = b""
        # Where nobody is heard of, a picture that says so comes once a second.
        while received.count(b"X-Live") < 2:
            piece = client.recv(65536)
            assert piece, "the stream has ended"
            received += piece
        assert received.count(b"HTTP/1.1 ") == 1
    wait_until(lambda: replica.hub.viewer_total == 0, "its seat is free")
