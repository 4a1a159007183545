"""A client that meets a limit of the protocols is told which and how much, and the log has it once."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

from shared.web import client_log, protocol
from shared.web.client_log import ClientLog
from shared.web.server import listen, make_server
from shared.web.websocket_protocol import MAX_CONTROL_FRAMES, MAX_FRAGMENTS
from tests.support.ports import free_port
from tests.support.serving import serving
from tests.support.waiting import PATIENCE
from tests.web.small_server import app

DRIP_SECONDS = 0.1


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Of a server whose log has no line yet, and that does not wait long for a client that it has answered."""
    monkeypatch.setattr(client_log, "_limits", ClientLog(client_log.LIMIT_SECONDS))
    monkeypatch.setattr(protocol, "REST_SECONDS", 0.5)
    monkeypatch.setattr(protocol, "MAX_IDLE_CONNECTIONS", 2)
    server, port = make_server(app), free_port()
    listener = listen("127.0.0.1", port, setting="TEST")
    with serving(server, listener):
        yield port


@pytest.fixture
def _is_hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadlines are short: for requests that are to miss them. On a busy machine others would miss them, too."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(protocol, "BODY_SECONDS", 0.5)


def answer_to(port: int, request: bytes, drip: bytes = b"") -> str:
    """Everything that the server answers to `request` until it ends the connection. Meanwhile `drip` is sent."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10 * PATIENCE) as client:
        client.sendall(request)
        client.settimeout(DRIP_SECONDS)
        ends_at = time.monotonic() + 10 * PATIENCE
        while time.monotonic() < ends_at:
            with suppress(TimeoutError):
                if not (piece := client.recv(4096)):
                    return received.decode()
                received += piece
            with suppress(ConnectionError):  # it has ended, and its answer can still be read
                client.sendall(drip)
    pytest.fail(f"the connection is still open after {received!r}")


HEAD = b"GET /ok HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"POST /patient HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
UPGRADE = (
    HEAD + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
Meeting = tuple[bytes, bytes, int, str, str]
"""A request, what is sent after it, the answer's status and the number in its text, and the limit's name in the log."""
TOO_SLOW: dict[str, Meeting] = {
    "a slow head": (HEAD + b"X: ", b"x", 408, "0.5 s", "seconds for a request's head"),
    "a slow body": (CHUNKED + b"1\r\n", b"x\r\n1\r\n", 408, "0.5 s", "seconds for a request's body"),
}
TOO_MUCH: dict[str, Meeting] = {
    "a large head": (HEAD + b"Cookie: " + b"x" * 50_000 + b"\r\n\r\n", b"", 431, "32 KiB", "bytes of a request's head"),
    "many fields": (HEAD + b"a: b\r\n" * 900 + b"\r\n", b"", 431, "200 are", "fields of a request's head"),
    "trailers": (CHUNKED + b"0\r\n" + b"a: b\r\n" * 7000, b"", 413, "8 KiB", "bytes around a request's body"),
    "tiny chunks": (CHUNKED + b"1\r\nx\r\n" * 9000, b"", 413, "8 KiB", "bytes around a request's body"),
    "many query fields": (
        b"GET /ok?" + b"a&" * 300 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"",
        414,
        "200 are",
        "fields of a request's query",
    ),
    "many fields of an upgrade": (
        UPGRADE + b"a: b\r\n" * 900 + b"\r\n",
        b"",
        431,
        "200 are",
        "fields of a request's head",
    ),
}


@pytest.mark.parametrize("kind", TOO_MUCH)
def test_a_request_beyond_a_limit_is_answered_with_it(port: int, kind: str) -> None:
    """Even where the client has sent more than we read, and each time; the log has a line for the address."""
    assert_told(port, TOO_MUCH[kind])


@pytest.mark.usefixtures("_is_hasty")
@pytest.mark.parametrize("kind", TOO_SLOW)
def test_a_request_that_is_too_slow_is_answered_with_its_deadline(port: int, kind: str) -> None:
    """Each time, while it is still being sent; the log has a line for the address."""
    assert_told(port, TOO_SLOW[kind])


def assert_told(port: int, meeting: Meeting) -> None:
    request, drip, status, number, limit = meeting
    with capture_logs() as lines:
        for _ in range(3):
            answer = answer_to(port, request, drip)
            assert answer.startswith(f"HTTP/1.1 {status} ")
            assert answer.count("HTTP/1.1") == 1
            assert number in answer.partition("\r\n\r\n")[2]
    met = [line for line in lines if line["event"] == "limit met"]
    assert [(line["limit"], line["address"]) for line in met] == [(limit, "127.0.0.1")]


def test_nothing_is_written_into_an_answer_that_is_under_way(port: int) -> None:
    """The limit ends the connection all the same."""
    with capture_logs() as lines:
        answer = answer_to(port, b"GET /ok HTTP/1.1\r\nHost: x\r\n\r\n" + HEAD + b"a: b\r\n" * 900 + b"\r\n")
    assert answer.startswith("HTTP/1.1 200 ") or not answer
    assert any(line["event"] == "limit met" for line in lines)


@pytest.mark.usefixtures("_is_hasty")
def test_a_connection_that_never_sends_anything_is_no_meeting(port: int) -> None:
    """Browsers open spare ones. They are closed without a word, and without a line."""
    with capture_logs() as lines:
        assert not answer_to(port, b"")
    assert not [line for line in lines if line["event"] == "limit met"]


def flood_with_pongs(client: ClientConnection) -> None:
    for _ in range(MAX_CONTROL_FRAMES + 1):
        client.pong()


# The last frame is the one too many. Where more is sent, the kernel may end the connection before the close is read.
OFFENCES: dict[str, tuple[Callable[[ClientConnection], None], int, tuple[str, ...]]] = {
    "a large message": (lambda client: client.send("x" * 5000), 1009, ("4096 bytes",)),
    "many fragments": (lambda client: client.send("" for _ in range(MAX_FRAGMENTS)), 1009, ("64 fragments",)),
    "many pongs": (flood_with_pongs, 1008, ("600 pings and pongs", "60 s")),
}


def offend_and_read(client: ClientConnection, offend: Callable[[ClientConnection], None]) -> None:
    """The close may come while more is being sent."""
    offend(client)
    client.recv(10 * PATIENCE)


@pytest.mark.parametrize("kind", OFFENCES)
def test_a_socket_beyond_a_limit_is_closed_with_it(port: int, kind: str) -> None:
    """In the reason of the close, where a page can read it; the log has a line."""
    offend, code, words = OFFENCES[kind]
    with (
        capture_logs() as lines,
        connect(f"ws://127.0.0.1:{port}/", ping_interval=None) as client,
        pytest.raises(ConnectionClosedError) as closed,
    ):
        offend_and_read(client, offend)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code
    assert all(word in closed.value.rcvd.reason for word in words), closed.value.rcvd.reason
    assert [line["event"] for line in lines] == ["limit met"]


def test_the_log_tells_that_idle_connections_are_closed(port: int) -> None:
    """The client is not told: browsers open a new one by themselves."""
    clients = [socket.create_connection(("127.0.0.1", port), timeout=10 * PATIENCE) for _ in range(3)]
    with capture_logs() as lines:
        for client in clients:
            client.sendall(HEAD + b"\r\n")
            while not client.recv(4096).endswith(b"ok"):
                pass
        assert clients[0].recv(10) == b""
    met = [line for line in lines if line["event"] == "limit met"]
    assert [(line["limit"], line["number"]) for line in met] == [("idle connections", 2)]
    for client in clients:
        client.close()
