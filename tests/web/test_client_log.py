"""What clients write into the log: a line for each address and kind, once a second or an hour."""

import json
import logging
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from shared.web.client_log import ClientLog, quieten_libraries
from tests.support.asking import answers, ask
from tests.support.services import Stack
from tests.support.waiting import wait_until
from tests.web.support import VIEWER, FakeTime, bearer

ROOT = Path(__file__).parents[2]


def test_an_address_has_a_line_of_a_kind_in_its_time() -> None:
    """The networks of one IPv6 site have it together."""
    time = FakeTime()
    client_log = ClientLog(60, time.clock.monotonic)
    with capture_logs() as lines:
        for _ in range(3):
            for address in ("10.0.0.1", "10.0.0.2", "2001:db8:0:1::1", "2001:db8:0:2::1"):
                client_log.report("limit met", address, limit="viewers")
        client_log.report("limit met", "10.0.0.1", limit="bytes")
        time.seconds += 60
        client_log.report("limit met", "10.0.0.1", limit="viewers")
    assert [(line["address"], line["limit"], line["count"]) for line in lines] == [
        ("10.0.0.1", "viewers", 1),
        ("10.0.0.2", "viewers", 1),
        ("2001:db8:0:1::1", "viewers", 1),
        ("10.0.0.1", "bytes", 1),
        ("10.0.0.1", "viewers", 3),
    ]


def test_a_library_writes_a_line_of_a_kind_once_a_second(caplog: pytest.LogCaptureFixture) -> None:
    """uvicorn has one for each malformed request."""
    quieten_libraries()
    quieten_libraries()
    for _ in range(100):
        logging.getLogger("uvicorn.error").warning("Such a request has never been seen before: %s", "x")
    assert len(caplog.records) <= 2


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Stream and archiver, behind a proxy on this machine, with a password."""
    settings = {"VIEWER_PASSWORD": VIEWER, "TRUSTED_PROXIES": "127.0.0.1", "STREAM_MAX_VIEWERS_PER_ADDRESS": "1"}
    stack = Stack(tmp_path_factory.mktemp("logs"), **settings)
    with closing(stack._stack):
        for name in ("stream", "archiver"):
            stack.start(name)
        for port in ports(stack).values():
            wait_until(partial(answers, port), "the service answers", 20)
        yield stack


def ports(stack: Stack) -> dict[str, int]:
    return {"stream": stack.stream_port, "archiver": int(stack.environment["ARCHIVER_PORT"])}


def lines_of(stack: Stack, service: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in stack.services[service].output().splitlines() if line.startswith("{")]


def shot(port: int, request: bytes) -> bytes:
    """The beginning of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request)
        try:
            return connection.recv(65_536)
        except ConnectionResetError:
            return b""


NOISE = {
    "no HTTP": b"\x00\xff\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + bytes(200),
    "bad request line": b"GET / HTTP/9.9\r\n\r\n",
    "odd upgrade": b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "refused socket": (
        b"GET /api/cameras/a/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ),
    "socket without a key": b"GET /api/x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "bad host": b"GET /api/devices HTTP/1.1\r\nHost: \xff\r\n\r\n",
    "no such page": b"GET /no/such HTTP/1.1\r\nHost: a\r\n\r\n",
    "large body": b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n",
    "bad length": b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    "large head": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 40_000,
    "http/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.mark.parametrize("kind", NOISE)
@pytest.mark.parametrize("service", ["stream", "archiver"])
def test_a_stranger_fills_no_log(stack: Stack, service: str, kind: str) -> None:
    """Compose keeps three files of 10 MB, and fail2ban must find the failed logins in them."""
    before = len(lines_of(stack, service))
    for _ in range(300):
        shot(ports(stack)[service], NOISE[kind])
    written = lines_of(stack, service)[before:]
    # Three hundred take a second or two; a slow machine has the time for a few lines more.
    assert len(written) <= 12, written[:3]


@pytest.mark.parametrize("service", ["stream", "archiver"])
def test_failed_logins_are_few_lines_and_name_every_source(stack: Stack, service: str) -> None:
    """As fail2ban reads them, by the pattern in docs/access.md."""
    page = (ROOT / "docs/access.md").read_text()
    pattern = re.search(r"^failregex = (.*)$", page, re.MULTILINE)
    assert pattern is not None
    failure = re.compile(pattern[1].replace("<ADDR>", r"(?P<address>[0-9a-f.:]+)"), re.MULTILINE)
    sources = {f"192.0.2.{number}" for number in range(1, 11)}
    for attempt in range(30):
        for source in sources:
            headers = {"X-Forwarded-For": f"198.51.100.9, {source}"} | bearer(f"guess {attempt}")
            assert ask(ports(stack)[service], "GET", "/api/devices", headers).status in (401, 429)
    found = [match["address"] for match in failure.finditer(stack.services[service].output())]
    assert set(found) == sources
    assert len(found) <= 5 * len(sources)
    met = [line for line in lines_of(stack, service) if line.get("limit") == "wrong passwords"]
    assert {line["address"] for line in met} == sources
    assert len(met) == len(sources), "once for each"


def test_whoever_meets_a_limit_is_told_each_time_and_the_log_has_it_once(stack: Stack) -> None:
    """With the number and the setting."""
    headers = {"X-Forwarded-For": "203.0.113.5"} | bearer(VIEWER)
    with socket.create_connection(("127.0.0.1", stack.stream_port), timeout=20) as viewer:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        viewer.sendall(f"GET /api/camera/stream HTTP/1.1\r\nHost: a\r\n{lines}\r\n".encode())
        assert b" 200 " in viewer.recv(4096)
        for _ in range(20):
            answer = ask(stack.stream_port, "GET", "/api/camera/stream", headers)
            assert answer.status == 429
            assert "watches 1 streams" in answer.detail
            assert "STREAM_MAX_VIEWERS_PER_ADDRESS" in answer.detail
    met = [line for line in lines_of(stack, "stream") if line.get("limit") == "viewers of one address"]
    assert len(met) == 1
    expected = {"address": "203.0.113.5", "number": 1, "setting": "STREAM_MAX_VIEWERS_PER_ADDRESS"}
    assert met[0].items() >= expected.items()
