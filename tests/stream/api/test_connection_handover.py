"""A stream that is written beneath ASGI, and what else its client sends on the connection."""

import socket

import pytest

from tests.support.replica import Replica
from tests.support.waiting import wait_until

STREAM = b"GET /api/camera/stream HTTP/1.1\r\nHost: x\r\n\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
FORM = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n"


def viewer(replica: Replica, request: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", replica.port), timeout=30)
    client.sendall(request)
    wait_until(lambda: replica.hub.viewer_total == 1, "it is attached")
    return client


@pytest.mark.parametrize(
    "more", [HEALTH, STREAM, HEALTH + FORM, HEALTH[:9]], ids=["one", "a stream", "two", "half of one"]
)
def test_a_viewer_that_pipelines_requests_leaves_like_any_other(lonely_replica: Replica, more: bytes) -> None:
    """Else it would count for ever: the server reports that a client left to the last request it has read."""
    with viewer(lonely_replica, STREAM + more):
        pass
    wait_until(lambda: lonely_replica.hub.viewer_total == 0, "the viewer is forgotten")


@pytest.mark.parametrize(
    ("at_once", "later"),
    [(b"", HEALTH), (b"", FORM), (b"", b"no request at all"), (HEALTH[:9], HEALTH[9:]), (FORM, b"x")],
    ids=["a request", "a form", "neither", "in two pieces", "a body"],
)
def test_what_a_viewer_sends_besides_is_not_read_as_a_request(
    lonely_replica: Replica, monkeypatch: pytest.MonkeyPatch, at_once: bytes, later: bytes
) -> None:
    """So it is not answered within the stream, and being late or malformed it does not end the stream."""
    monkeypatch.setattr("shared.web.protocol.HEAD_SECONDS", 0.5)
    monkeypatch.setattr("shared.web.protocol.BODY_SECONDS", 0.5)
    with viewer(lonely_replica, STREAM + at_once) as client:
        client.sendall(later)
        received = b""
        # Without an ingest, a placeholder comes once a second.
        while received.count(b"X-Live") < 2:
            piece = client.recv(65536)
            assert piece, "the stream has ended"
            received += piece
        assert received.count(b"HTTP/1.1 ") == 1
    wait_until(lambda: lonely_replica.hub.viewer_total == 0, "the viewer is forgotten")
