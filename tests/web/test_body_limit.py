"""How large a request's body may be: for stream, for the archiver, and through stream for the archiver."""

import http.client
import json
import logging
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from shared.web.body_limit import MAX_BODY_BYTES
from tests.support.ports import free_port
from tests.support.replica import running_replica
from tests.support.services import Stack
from tests.support.waiting import wait_until
from tests.web.support import CHUNK, OPERATOR, bearer, flood

LINKS, LOGIN, ESTIMATE = "/api/camera/links", "/login", "/api/camera/timelapses/estimate"
PLACES = [("stream", LINKS), ("stream", LOGIN), ("archiver", ESTIMATE), ("stream", ESTIMATE)]


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """The ports of both services, as processes."""
    stack = Stack(tmp_path_factory.mktemp("bodies"), OPERATOR_PASSWORD=OPERATOR)
    ports = {"stream": stack.stream_port, "archiver": int(stack.environment["ARCHIVER_PORT"])}
    with ExitStack() as end:
        end.push(stack)
        for name in ports:
            stack.start(name)
        for port in ports.values():
            wait_until(partial(answers, port), "the service answers", 20)
        yield ports


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def post(port: int, path: str, body: bytes | list[bytes]) -> tuple[int, bytes]:
    """The status and body of the answer. A body given as a list is sent in chunks."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json", **bearer(OPERATOR)}
    connection.request("POST", path, body if isinstance(body, bytes) else iter(body), headers)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


@pytest.mark.parametrize(("service", "path"), PLACES)
def test_a_body_that_is_too_large_is_413_in_words(ports: dict[str, int], service: str, path: str) -> None:
    """With a Content-Length and without one."""
    blanks = b" " * 1024
    for body in (blanks * 65, [blanks] * 65):
        status, answer = post(ports[service], path, body)
        assert (status, "64 KiB" in json.loads(answer)["detail"]) == (413, True)


@pytest.mark.parametrize(("service", "path"), PLACES)
def test_a_body_of_just_the_limit_is_read(ports: dict[str, int], service: str, path: str) -> None:
    """It is refused only because it is no JSON and no form."""
    assert MAX_BODY_BYTES == 64 * 1024
    blanks = b" " * 1024
    for body in (blanks * 64, [blanks] * 64):
        assert post(ports[service], path, body)[0] == 422


@pytest.mark.parametrize("path", [LINKS, ESTIMATE])
def test_a_body_without_end_is_answered_and_cut(ports: dict[str, int], path: str) -> None:
    """While it arrives, so that it fills neither our memory nor the network for long."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += f"Authorization: {bearer(OPERATOR)['Authorization']}\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", ports["stream"]), timeout=30) as client:
        client.sendall(head.encode() + CHUNK * 2)
        assert client.recv(4096).startswith(b"HTTP/1.1 413")
        with pytest.raises(ConnectionError):
            flood(client)


@pytest.mark.parametrize("path", [LINKS, LOGIN, ESTIMATE])
def test_a_client_that_leaves_in_the_midst_of_its_body_is_no_error(path: str, caplog: pytest.LogCaptureFixture) -> None:
    """Otherwise any client could fill the log."""
    settings = {"operator_password": OPERATOR} if path == LOGIN else {}
    with running_replica(f"tcp://127.0.0.1:{free_port()}", settings=settings) as replica:
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx"
        with socket.create_connection(("127.0.0.1", replica.port), timeout=30) as client:
            client.sendall(head.encode())
        assert replica.request("/healthz")[0] == 200
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
