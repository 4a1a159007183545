"""What one hostile connection costs: little memory, and nobody else's time. A server in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from shared.web.protocol import MAX_FIELDS
from tests.support.ports import free_port
from tests.support.waiting import wait_until

MOST_BYTES = 8 * 1024 * 1024
"""One connection is to cost 1 MB. The rest is what an allocator keeps for itself."""
FLOOD_SECONDS = 4.0
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
MASK = b"\0\0\0\0"
POLL_SECONDS = 6.0


class Server:
    def __init__(self) -> None:
        self.port = free_port()
        self._process = subprocess.Popen([sys.executable, "-m", "tests.web.small_server", str(self.port)])

    def resident_bytes(self) -> int:
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def answer_seconds(self) -> float:
        """How long a well-behaved client waits for an answer."""
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as client:
            client.sendall(b"GET /ok HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 200")
        return time.monotonic() - begun

    def is_up(self) -> bool:
        with suppress(OSError):
            return self.answer_seconds() > 0
        return False

    def stop(self) -> None:
        self._process.terminate()
        assert self._process.wait(20) == 0, "the server did not end cleanly"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    wait_until(server.is_up, "the server answers", timeout_seconds=15)
    yield server
    server.stop()


def flood(server: Server, first: bytes, block: bytes, reads_answer: bool = False) -> tuple[int, bool]:
    """Send `first`, then `block` again and again, reading nothing: how many bytes went out, and whether we were cut."""
    sent = 0
    with socket.create_connection(("127.0.0.1", server.port), timeout=1.0) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(first)
        if reads_answer:
            assert b"\r\n\r\n" in client.recv(4096)
        until = time.monotonic() + FLOOD_SECONDS
        while time.monotonic() < until:
            try:
                sent += client.send(block)
            except TimeoutError:
                continue
            except OSError:
                return sent, True
    return sent, False


FLOODS: dict[str, tuple[bytes, bytes]] = {
    "trailers": (CHUNKED + b"0\r\n", b"a:b\r\n" * 13_000),
    "chunk extensions": (CHUNKED, b"1;" + b"e" * 65_000 + b"\r\nx\r\n"),
    "one endless chunk extension": (CHUNKED + b"1;", b"e" * 65_536),
    "header fields": (b"GET / HTTP/1.1\r\n", b"a:b\r\n" * 13_000),
    "one endless header": (b"GET / HTTP/1.1\r\na:", b"b" * 65_536),
    "an endless target": (b"GET /", b"a" * 65_536),
    "requests, pipelined": (b"", b"GET /large HTTP/1.1\r\n\r\n" * 3000),
    "empty lines": (b"", b"\r\n" * 30_000),
}
SOCKET_FLOODS: dict[str, bytes] = {
    "pings of 125 bytes": (b"\x89\xfd" + MASK + b"p" * 125) * 500,
    "empty pings": (b"\x89\x80" + MASK) * 10_000,
    "pongs": (b"\x8a\xfd" + MASK + b"p" * 125) * 500,
    "empty fragments": b"\x00\x80" + MASK,
    "empty messages": (b"\x81\x80" + MASK) * 10_000,
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_connection_that_floods_costs_little_memory_and_no_ones_time(server: Server, kind: str) -> None:
    """One that sent trailers for ever once took 4 GB, and 7 s of everybody's."""
    first, block = FLOODS[kind]
    assert_harmless(server, lambda: flood(server, first, block))


@pytest.mark.parametrize("kind", SOCKET_FLOODS)
def test_a_socket_that_floods_costs_little_memory_and_no_ones_time(server: Server, kind: str) -> None:
    """Answers to pings that nobody reads once filled 900 MB."""
    first = HANDSHAKE
    block = SOCKET_FLOODS[kind]
    if kind == "empty fragments":
        block = b"\x01\x80" + MASK + block * 10_000
    assert_harmless(server, lambda: flood(server, first, block, reads_answer=True))


def assert_harmless(server: Server, attack: Callable[[], tuple[int, bool]]) -> None:
    before = server.resident_bytes()
    sent, _ = attack()
    grown = server.resident_bytes() - before
    assert grown < MOST_BYTES, f"{grown / 1e6:.1f} MB for {sent / 1e6:.1f} MB"
    assert server.answer_seconds() < 5


def test_a_socket_whose_client_pings_for_ever_is_closed(server: Server) -> None:
    """Ten a second are more than any client needs."""
    sent, was_cut = flood(server, HANDSHAKE, SOCKET_FLOODS["empty pings"], reads_answer=True)
    assert was_cut, f"{sent} bytes were taken"


def test_a_head_of_more_fields_than_anybody_sends_is_refused(server: Server) -> None:
    """Each tiny field costs ten times its bytes: a thousand such heads once took 215 MB."""
    for fields, status in ((MAX_FIELDS, b"200"), (MAX_FIELDS + 1, b"431")):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
            client.sendall(b"GET /ok HTTP/1.1\r\nHost: x\r\n" + b"a:b\r\n" * (fields - 1) + b"\r\n")
            assert client.recv(4096).split()[1] == status


@pytest.mark.parametrize("kind", ["trailers", "header fields", "one endless chunk extension"])
def test_a_client_that_was_refused_is_not_read_any_further(server: Server, kind: str) -> None:
    """It has two seconds to read why. In that time one sent 2 GB, all of which was read and thrown away."""
    first, block = FLOODS[kind]
    sent, was_cut = flood(server, first, block)
    assert was_cut
    assert sent < 20_000_000, f"{sent / 1e6:.0f} MB were taken"


def test_requests_that_wait_for_their_turn_cost_little(server: Server) -> None:
    """Those behind one that is being answered are not even parsed: forty of them once cost 140 KB."""
    request = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"
    before = server.resident_bytes()
    clients = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(400)]
    for client in clients:
        client.sendall(request % b"endless" + request % b"ok" * 50)
    assert server.answer_seconds() < 5, "all have been read"
    grown = (server.resident_bytes() - before) / len(clients)
    assert grown < 50_000, f"{grown / 1000:.0f} KB each"
    for client in clients:
        client.close()


@pytest.mark.parametrize(
    ("first", "block"),
    [(b"", b"GET /costly HTTP/1.1\r\nHost: x\r\n\r\n" * 20), (HANDSHAKE, SOCKET_FLOODS["empty messages"])],
    ids=["requests", "messages of sockets"],
)
def test_a_client_with_many_connections_delays_no_other_client(server: Server, first: bytes, block: bytes) -> None:
    """What it sends costs a millisecond each, and hundreds of it wait all the time."""
    clients = [socket.create_connection(("127.0.0.1", server.port), 30, ("127.0.0.2", 0)) for _ in range(400)]
    for client in clients:
        client.sendall(first)
    for client in clients:
        assert not first or client.recv(4096)
        client.setblocking(False)
        with suppress(BlockingIOError):
            client.send(block)
    waits = [server.answer_seconds() for _ in range(3)]
    for client in clients:
        client.close()
    assert max(waits) < 1, waits


def test_a_client_that_asks_again_after_six_seconds_finds_its_connection_open(server: Server) -> None:
    """uvicorn's usual 5 s are also a usual period of polling: request and close would cross on the way."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=POLL_SECONDS) as client:
        client.sendall(b"GET /ok HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while not answer.endswith(b"ok"):
            answer += client.recv(4096)
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.sendall(b"GET /ok HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 200")
