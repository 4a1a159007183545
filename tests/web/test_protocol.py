"""Clients that are slow, stop half-way, leave, or send two requests at once. Real sockets, a small app."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
from starlette.types import Receive, Scope, Send
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from shared.web.server import _Server, listen, make_server
from shared.web.websocket_protocol import WebSocketProtocol
from tests.support.ports import free_port
from tests.support.serving import serving
from tests.support.waiting import wait_until
from tests.web.support import flood

SLOW_SECONDS = 1.5
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)


class App:
    """Plain ASGI: `/body` answers with how much it was sent, `/deaf` reads nothing, `/slow` takes a while.

    `/endless` waits until its client has gone. `/stall` blocks the loop.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.connections: Callable[[], int] = lambda: 0
        self.peak: Callable[[], int] = lambda: 0
        self.begun = self.left = 0
        self.stands_still = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] != "websocket.disconnect":
                if message["type"] == "websocket.receive":
                    await send({"type": "websocket.send", "text": message["text"]})
            return
        self.begun += 1
        answer = scope["path"]
        if answer == "/endless":
            while (await receive())["type"] != "http.disconnect":
                pass
            self.left += 1
            return
        if answer in ("/slow", "/stall"):
            await (self._stall() if answer == "/stall" else asyncio.sleep(SLOW_SECONDS))
        if answer == "/body":
            length, more = 0, True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    self.left += 1
                    return
                length, more = length + len(message["body"]), message["more_body"]
            answer = f"/{length}"
        head = [(b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": answer.encode()})

    async def _stall(self) -> None:
        """Block the loop while it reads: libuv runs the timers next, before it reads anything else."""
        loop, has_ended = asyncio.get_running_loop(), asyncio.Event()
        ours, theirs = socket.socketpair()

        def block() -> None:
            loop.remove_reader(ours)
            self.stands_still.set()
            time.sleep(SLOW_SECONDS)
            has_ended.set()

        with ours, theirs:
            loop.add_reader(ours, block)
            theirs.send(b"x")
            await has_ended.wait()


@pytest.fixture
def app() -> Iterator[App]:
    app = App(free_port())

    async def without_lifespan(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)

    server = make_server(without_lifespan)
    assert isinstance(server, _Server)
    app.connections = lambda: len(server.server_state.connections)
    app.peak = lambda: server._most_connections
    listener = listen("127.0.0.1", app.port, setting="TEST")
    with serving(server, listener):
        yield app


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines that a test can wait for."""
    for name in ("HEAD_SECONDS", "BODY_SECONDS"):
        monkeypatch.setattr(f"shared.web.protocol.{name}", 0.5)


@contextmanager
def connected(app: App, *first: bytes) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", app.port), timeout=30) as client:
        client.sendall(b"".join(first))
        yield client


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def post(path: str, length: int, body: bytes = b"") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode() + body


def read(client: socket.socket, *ends: bytes) -> bytes:
    """The bytes received up to each of `ends` in turn."""
    received = b""
    for end in ends:
        while end not in received:
            piece = client.recv(4096)
            assert piece, f"closed after {received!r}"
            received += piece
    return received


def drip_until_closed(client: socket.socket, byte: bytes = b"x") -> bytes:
    """Sends a byte now and then, and returns the bytes received meanwhile."""
    received = b""
    client.settimeout(0.05)
    with suppress(ConnectionError):
        for _ in range(400):
            with suppress(TimeoutError):
                if not (piece := client.recv(4096)):
                    return received
                received += piece
            client.sendall(byte)
        pytest.fail(f"the connection is still open after {received!r}")
    return received


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(("beginning", "answer"), [(b"", b""), (b"GET /healthz HTTP/1.1\r\nX-Long: ", b"HTTP/1.1 408")])
def test_a_head_must_come_in_time(app: App, beginning: bytes, answer: bytes) -> None:
    """A connection without a whole request is closed, however many bytes it sends."""
    with connected(app, beginning) as client, suppress(ConnectionResetError):
        assert client.recv(100)[:12] == answer
    with connected(app, beginning) as client:
        assert drip_until_closed(client, b"\n" if not beginning else b"x")[:12] == answer


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(("first", "rest"), [(get("/a")[:-2], b"\r\n"), (post("/body", 4, b"bo"), b"dy")])
def test_what_came_while_our_own_loop_stood_still_is_not_late(app: App, first: bytes, rest: bytes) -> None:
    """The timer is due before the loop has read anything."""
    with connected(app, first) as client:
        wait_until(lambda: app.connections() == 1, "it is connected")
        with connected(app, get("/stall")) as stalling:
            assert app.stands_still.wait(10)
            client.sendall(rest)
            read(stalling, b"/stall")
        assert read(client, b"\r\n").startswith(b"HTTP/1.1 200")


def test_a_pong_that_came_while_our_own_loop_stood_still_is_not_late(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """uvicorn would close the socket before it reads the pong."""
    monkeypatch.setattr(WebSocketProtocol, "start_keepalive", _hasty_keepalive)
    with connected(app, UPGRADE) as client:
        answer = read(client, b"\r\n\r\n", b"\x89\x04").partition(b"\x89\x04")[2]
        payload = answer + client.recv(4 - len(answer)) if len(answer) < 4 else answer[:4]
        with connected(app, get("/stall")) as stalling:
            assert app.stands_still.wait(10)
            client.sendall(b"\x8a\x84" + bytes(4) + payload + b"\x81\x82" + bytes(4) + b"ok")
            read(stalling, b"/stall")
        assert b"\x81\x02ok" in read(client, b"ok")


def _hasty_keepalive(socket: WebSocketProtocol) -> None:
    socket.ping_interval, socket.ping_timeout = 0.05, 1.0
    socket.schedule_ping()


@pytest.mark.usefixtures("hasty")
def test_empty_lines_between_requests_hold_no_connection(app: App) -> None:
    """The parser skips them, so it sees no request begin."""
    with connected(app, get("/a")) as client:
        read(client, b"/a")
        client.sendall(b"\r\n")
        with suppress(ConnectionResetError):
            assert client.recv(100) == b""


def test_a_head_must_not_be_endless(app: App) -> None:
    """No client can fill our memory with headers."""
    with connected(app, b"GET /healthz HTTP/1.1\r\nX-Long: ") as client:
        client.setblocking(False)
        answer = b""
        for _ in range(1000):
            with suppress(BlockingIOError):
                client.send(b"x" * 4096)
                time.sleep(0.01)
                answer = client.recv(100)
            if answer:
                break
        assert answer.startswith(b"HTTP/1.1 431")


def test_a_large_head_is_answered(app: App) -> None:
    """A browser may have many cookies; what is allowed around a body is less."""
    head = get("/a").removesuffix(b"\r\n") + b"Cookie: " + b"a=b; " * 6000 + b"\r\n\r\n"
    with connected(app, head, head) as client:
        assert read(client, b"/a").startswith(b"HTTP/1.1 200")


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("framing", ["Content-Length: 4000", "Transfer-Encoding: chunked"])
def test_a_body_must_come_in_time(app: App, framing: str) -> None:
    """However steadily it drips; the endpoint that reads it is told that no more will come."""
    with connected(app, f"POST /body HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n".encode()) as client:
        answer = drip_until_closed(client, b"x" if "Length" in framing else b"1\r\nx\r\n")
    assert answer.startswith(b"HTTP/1.1 408")
    wait_until(lambda: app.left == 1, "the app was told")


def test_an_answer_before_the_bodys_end_closes_the_connection_soon(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused request must not stay open, but its client must be able to read the refusal."""
    monkeypatch.setattr("shared.web.protocol.REST_SECONDS", 0.3)
    with connected(app, post("/deaf", 4000)) as client:
        assert drip_until_closed(client).endswith(b"/deaf")


def test_a_body_without_end_ends_the_connection_although_some_of_it_always_waits(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes faster than we take it in. That is no reason to wait for the rest of it."""
    monkeypatch.setattr("shared.web.protocol.REST_SECONDS", 0.3)
    monkeypatch.setattr("shared.web.loop_share.STEPS_PER_TURN", 1)
    head = b"POST /deaf HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connected(app, head) as client:
        read(client, b"/deaf")
        with pytest.raises(ConnectionError):
            flood(client)


def test_a_body_that_comes_just_behind_its_answer_costs_no_connection(app: App) -> None:
    """A browser sends head and body in two pieces, and may ask for more."""
    with connected(app, post("/deaf", 4)) as client:
        read(client, b"/deaf")
        client.sendall(b"body" + get("/next"))
        read(client, b"/next")


def test_a_connection_whose_body_came_behind_its_answer_is_not_kept_for_ever(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uvicorn would wait for the next request without a limit."""
    monkeypatch.setattr("shared.web.protocol.REST_SECONDS", 0.3)
    with connected(app, post("/deaf", 4)) as client:
        read(client, b"/deaf")
        client.sendall(b"body")
        assert client.recv(100) == b""


@pytest.mark.usefixtures("hasty")
def test_no_deadline_is_for_the_answer_or_for_what_has_come(app: App) -> None:
    """One after the other on one connection, and the slow one takes its time."""
    with connected(app) as client:
        for request, answer in [(post("/body", 4, b"body"), b"/4"), (get("/slow"), b"/slow"), (get("/a"), b"/a")]:
            client.sendall(request)
            read(client, answer)


@pytest.mark.usefixtures("hasty")
def test_requests_sent_in_one_go_are_answered_in_turn(app: App) -> None:
    """Bytes that we don't read yet, because an earlier request takes its time, are not late."""
    with connected(app, get("/slow"), post("/body", 100_000)) as client:
        wait_until(lambda: app.begun == 1, "the slow one is being answered")
        client.sendall(bytes(100_000) + get("/a") + get("/b"))
        read(client, b"/slow", b"/100000", b"/a", b"/b")


@pytest.mark.parametrize("size", [600, 5000])
def test_small_requests_behind_a_slow_one_are_all_answered(app: App, size: int) -> None:
    """Also those that were read before their turn, with nothing sent after them."""
    count = size // len(get("/a"))
    with connected(app, get("/slow"), get("/a") * (count - 1), get("/end")) as client:
        answers = read(client, b"/end")
    assert answers.count(b"HTTP/1.1 200") == count + 1


def test_the_request_being_answered_is_told_that_its_client_has_left(app: App) -> None:
    """Not only the last request that was read is told, and not only where nothing waits behind it."""
    with connected(app, get("/endless"), get("/a"), get("/b") * 20):
        wait_until(lambda: app.begun == 1, "it is being answered")
    wait_until(lambda: app.left == 1, "it was told")


def test_memory_is_given_back_after_the_end_of_many_connections(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, however slowly they end; not after the end of a few."""
    calls: list[int] = []
    monkeypatch.setattr("shared.web.server.MANY_CONNECTIONS", 20)
    monkeypatch.setattr("shared.web.server.TICK_SECONDS", 0.05)
    monkeypatch.setattr("shared.web.server.give_memory_back", lambda: calls.append(1))
    with ExitStack() as clients:
        for _ in range(30):
            read(clients.enter_context(connected(app, get("/a"))), b"/a")
        with ExitStack() as few:
            for _ in range(10):
                read(few.enter_context(connected(app, get("/a"))), b"/a")
            wait_until(lambda: app.peak() == 40, "the server has counted them")
        wait_until(lambda: app.connections() == 30, "the few have ended")
        assert not calls
    wait_until(lambda: calls, "it is given back")
    assert len(calls) == 1


@pytest.mark.parametrize("upgrade", ["h2c", "websocket", "x"])
@pytest.mark.parametrize("framing", ["Content-Length: %d", "Transfer-Encoding: chunked"])
def test_a_body_behind_an_upgrade_is_never_taken_for_a_request(app: App, upgrade: str, framing: str) -> None:
    """Somebody could hide a request in it from a proxy, whose next client would get the answer."""
    hidden = get("/hidden")
    fields = (framing % len(hidden)) if "%" in framing else framing
    head = f"POST /body HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: {upgrade}\r\n{fields}\r\n\r\n"
    with connected(app, head.encode(), hidden) as client:
        answers = drip_until_closed(client)
    assert (answers.count(b"HTTP/1.1 400"), answers.count(b"HTTP/1.1"), app.begun) == (1, 1, 0)


def test_what_is_no_request_is_told_so(app: App) -> None:
    with connected(app, b"\x16\x03\x01") as client:
        assert b'{"detail": "This is no HTTP/1.1 request' in drip_until_closed(client, b"")


def test_what_is_no_request_is_not_answered_before_the_request_that_waits(app: App) -> None:
    """The client would take the refusal for the answer to that one."""
    with connected(app, get("/slow"), b"\x16\x03\x01\r\n\r\n") as client:
        assert drip_until_closed(client, b"") == b""


def test_a_socket_behind_a_request_that_waits_for_its_answer_is_none(app: App) -> None:
    """The answer would come in the middle of the socket's frames."""
    with connected(app, get("/slow"), UPGRADE) as client:
        assert b"101" not in read(client, b"/slow", b"/ws")


@pytest.mark.parametrize("field", [b"Cookie: " + b"x" * 9000, b"X: y\r\n" * 150 + b"X: y"], ids=["long", "many"])
def test_a_handshake_that_the_library_does_not_read_is_refused(app: App, field: bytes) -> None:
    """It once stayed open for ever, without an answer."""
    with connected(app, UPGRADE[:-2] + field + b"\r\n\r\n") as client:
        assert drip_until_closed(client).startswith(b"HTTP/1.1 400")


def test_a_text_that_is_none_ends_its_socket_with_a_reason(app: App) -> None:
    """And not with a traceback in the log."""
    with connect(f"ws://127.0.0.1:{app.port}/ws") as client:
        client.protocol.send_text(b"\xff\xfe")
        client.socket.sendall(b"".join(client.protocol.data_to_send()))
        with pytest.raises(ConnectionClosedError) as closed:
            client.recv(10)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1007, "a text message must be UTF-8")


@pytest.mark.usefixtures("hasty")
def test_a_websocket_has_no_deadline(app: App) -> None:
    """Also on a connection that has served a request before."""
    with connect(f"ws://127.0.0.1:{app.port}/ws") as client:
        with pytest.raises(TimeoutError):
            client.recv(SLOW_SECONDS)
        client.send("still there")
        assert client.recv(10) == "still there"
    with connected(app, get("/a")) as client:
        read(client, b"/a")
        client.sendall(UPGRADE)
        read(client, b"101", b"\r\n\r\n")
        client.settimeout(SLOW_SECONDS)
        with pytest.raises(TimeoutError):
            client.recv(100)


def test_a_client_that_ends_its_sending_gets_its_answers(app: App) -> None:
    """`nc -N` does so behind its request. The answers come, and then the end."""
    with connected(app, get("/slow") + get("/ok")) as client:
        client.shutdown(socket.SHUT_WR)
        assert read(client, b"/slow", b"/ok")
        assert client.recv(4096) == b""
    wait_until(lambda: app.connections() == 0, "the connection is gone")


def test_work_for_a_client_that_ended_its_sending_ends_soon(app: App) -> None:
    """It may have left: that looks the same."""
    with connected(app, get("/endless")) as client:
        client.shutdown(socket.SHUT_WR)
        wait_until(lambda: app.left == 1, "the app was told")
        assert client.recv(4096) == b""


@pytest.mark.parametrize(
    "beginning", [b"", b"GET /ok HTTP/1.1\r\n", post("/body", 9, b"x")], ids=["none", "head", "body"]
)
def test_half_a_request_is_owed_no_answer(app: App, beginning: bytes) -> None:
    """Its rest can't come any more."""
    with connected(app, beginning) as client:
        client.shutdown(socket.SHUT_WR)
        assert client.recv(4096) == b""


def test_an_offer_of_http_2_is_served_without_a_log_line(app: App, caplog: pytest.LogCaptureFixture) -> None:
    """Java's client and `curl --http2` make one with each request."""
    fields = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n"
    offer = get("/ok").removesuffix(b"\r\n") + fields
    with connected(app, offer) as client:
        read(client, b"/ok")
        client.sendall(offer)
        read(client, b"/ok")
    assert caplog.records == []
