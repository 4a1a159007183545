"""Requests that no honest client sends, and what every answer has in common, at both services as real processes."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import pytest

from tests.support.asking import answers, ask
from tests.support.bus import fake_ingest, status_of
from tests.support.services import Stack
from tests.support.waiting import wait_until
from tests.web.support import OPERATOR_TOKEN, SECRETS, bearer

BASE: Final = "/yard/cams"
FRAMES: Final = "/api/camera/frames"
_BEFORE: Final = ("/", "/api/", "/api/cameras/", "/api/cameras/x/", "/api/camera/frames/", "/api/camera/timelapses/")
_ENDS: Final = (
    *("%00", "%07", "%0a", "%0d%0aX-Evil:1", "%1b[31m", "%7f", "%80", "%ff", "%c3%28", "%e2%80%ae", "%ed%a0%80"),
    *("..", "../", "%2e%2e", "..%2f..%2f..%2freadyz", "%2e%2e%2f%2e%2e%2freadyz", "..%5c..%5creadyz", "%5c..%5c", "."),
    *("%252e%252e%252f", "%2500", "%25", "%", "%zz", "%u0041", "a%2fb", "%2f", "//", "//evil.example/x", "@evil", ";x"),
    *("%3Fx=1", "%23x", "?", "?x=%ff", "?x=%00", "?camera=%00", "?camera=%ff", "?limit=%d9%a1", "?link=%ff", "?link="),
    *("?width=1e400", "?fps=nan", "?fps=inf", "?from=%00", "?cursor=%00", "?cursor=%ff", "?ids=1,,2", "?x" * 4000),
    *("b" * 30_000, "/" * 8_000, "../" * 4_000, "%2e%2e%2f" * 2_000, "\u00e9", "\xff\xfe", "9" * 400, "-1", "1e9"),
)
TARGETS: Final = [
    *(before + end for before in _BEFORE for end in _ENDS),
    *("*", "evil.example:443", "http://evil.example/api/devices", "https://[::1/api/devices", "http://", "//", "///"),
    *("http://127.0.0.1:1/api/camera/frames/7", "ftp://x/y", "http://[", "file:///etc/passwd", "?", "#", "\\", "x"),
    *("/api/camera/frames@evil.example/x", "/api/camera/framesX", "//evil.example/..", "/docs/", "/docs/../healthz"),
    *("/api/%00/latest.jpg", "/api/%0a/latest.jpg", "/?action=%ff", "/api/stream.mjpeg?src=%00", "/cam.jpg?%ff=%ff"),
]
METHODS: Final = ("GET", "get", "Get", "POST", "CONNECT", "OPTIONS", "TRACE", "PROPFIND", "DELETE", "PATCH", "M-SEARCH")
HOSTS: Final = (
    *(
        "",
        " ",
        "evil.example",
        "[",
        "[::1",
        "a@b",
        "x:99999999",
        "\xff",
        "x" * 5000,
        "a, b",
        "%00",
        "x\\y",
        "localhost/",
    ),
)


@dataclass(frozen=True)
class Services:
    stack: Stack
    ports: dict[str, int]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Stream and archiver with all four secrets and a base path."""
    with running_services(tmp_path_factory.mktemp("locked"), SECRETS) as running:
        yield running


@pytest.fixture(scope="module")
def open_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The same without a secret, so that everybody is the operator, and with other servers' addresses."""
    with running_services(tmp_path_factory.mktemp("open"), {"compatibility_urls": "true"}) as running:
        yield running


@contextmanager
def running_services(directory: Path, settings: Mapping[str, str]) -> Iterator[Services]:
    environment = {name.upper(): value for name, value in settings.items()}
    stack = Stack(directory, BASE_PATH=BASE, TRUSTED_PROXIES="127.0.0.1", **environment)
    with fake_ingest(stack.environment["BUS_BIND"], status_of("cam1")), ExitStack() as end:
        end.push(stack)
        for name in ("stream", "archiver"):
            stack.start(name)
        ports = {"stream": stack.stream_port, "archiver": int(stack.environment["ARCHIVER_PORT"])}
        for port in ports.values():
            wait_until(partial(answers, port), "the service answers", 20)
        knows = partial(ask, stack.stream_port, "GET", "/api/cameras/cam1/stream/status", bearer(OPERATOR_TOKEN))
        wait_until(lambda: knows().status == 200, "the camera is known", 20)
        yield Services(stack, ports)


def raw_answer(port: int, request: bytes) -> bytes:
    """All that the server sends until it closes, or the head and some of the body of a long answer."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request)
        while len(received) < 100_000:
            try:
                piece = connection.recv(65_536)
            except ConnectionResetError:
                break
            if not piece:
                break
            received += piece
            if b"multipart/x-mixed-replace" in received:  # a stream has no end
                break
    return received


def asked(port: int, method: str, target: str, host: str = "camera.local", token: str | None = OPERATOR_TOKEN) -> bytes:
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{authorization}Content-Length: 0\r\nConnection: close\r\n\r\n"
    )
    return raw_answer(port, head.encode("utf-8" if any(ord(each) > 255 for each in head) else "latin-1"))


def is_clean(answer: bytes, allowed: bytes = b"234") -> bool:
    """No 5xx but a 503 in words, no injected header."""
    head = answer.partition(b"\r\n\r\n")[0]
    status = head[9:12]
    return (status[:1] in allowed or status == b"503") and len(status) == 3 and b"x-evil" not in head.lower()


@pytest.mark.parametrize("service", ["stream", "archiver"])
@pytest.mark.parametrize("token", [None, OPERATOR_TOKEN], ids=["stranger", "operator"])
def test_no_path_is_an_error_of_ours(services: Services, service: str, token: str | None) -> None:
    """Whoever sends it, and whatever characters or steps it has."""
    assert faults_of_targets(services, service, token) == {}
    assert_it_is_well(services, service)


@pytest.mark.parametrize("service", ["stream", "archiver"])
def test_no_path_is_an_error_of_ours_where_there_is_no_password(open_services: Services, service: str) -> None:
    """Other servers' addresses, which stream translates, are among them."""
    assert faults_of_targets(open_services, service, None) == {}
    assert_it_is_well(open_services, service)


@pytest.mark.parametrize("service", ["stream", "archiver"])
def test_no_method_and_no_host_is_an_error_of_ours(services: Services, open_services: Services, service: str) -> None:
    """CONNECT, lower case and others; a `Host` that is none."""
    for running in (services, open_services):
        failed = {}
        for method in METHODS:
            for target in ("/", FRAMES, f"{FRAMES}/7", "/api/devices", "*", "evil.example:443", "http://evil.example/"):
                answer = asked(running.ports[service], method, target)
                if not is_clean(answer):
                    failed[method, target] = answer[:300]
        for host in HOSTS:
            for target in ("/", FRAMES, f"{FRAMES}/", "/docs", BASE, f"{BASE}/archive/"):
                answer = asked(running.ports[service], "GET", target, host=host)
                if not is_clean(answer):
                    failed[host[:20], target] = answer[:300]
        assert failed == {}
        assert_it_is_well(running, service)


def faults_of_targets(services: Services, service: str, token: str | None) -> dict[str, bytes]:
    answers = {target: asked(services.ports[service], "GET", target, token=token) for target in TARGETS}
    return {
        target[:60]: answer[:300]
        for target, answer in answers.items()
        if not is_clean(answer)
        or (b" 503 " in answer[:13] and b'"detail"' not in answer and b"content-type: image/jpeg" not in answer)
    }


def assert_it_is_well(services: Services, service: str) -> None:
    assert "Traceback" not in services.stack.services[service].output()
    assert services.stack.services[service].is_running()


@pytest.mark.parametrize("service", ["stream", "archiver"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
@pytest.mark.parametrize("path", [FRAMES, "/api/camera/timelapses", "/login", "/api/devices", "/api/camera/links"])
def test_a_client_that_leaves_within_its_body_is_no_error(
    services: Services, service: str, method: str, path: str
) -> None:
    """Nor is one that sends a body where nobody expects one."""
    authorization = f"Host: a\r\nAuthorization: Bearer {OPERATOR_TOKEN}\r\n"
    for framing, body in (("Transfer-Encoding: chunked", "5\r\nabcde\r\n4000\r\nxyz"), ("Content-Length: 999", "x")):
        with socket.create_connection(("127.0.0.1", services.ports[service]), timeout=20) as connection:
            connection.sendall(f"{method} {path} HTTP/1.1\r\n{authorization}{framing}\r\n\r\n{body}".encode())
    assert answers(services.ports[service])
    assert_it_is_well(services, service)


STEPS: Final = (
    *("..%2f..%2f..%2freadyz", "../../../readyz", "%2e%2e/%2e%2e/%2e%2e/readyz", "..%5c..%5c..%5creadyz"),
    *("%252e%252e%252f%252e%252e%252f%252e%252e%252freadyz", "x/../../../../readyz", "..;/..;/..;/readyz"),
)


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("address", [FRAMES, "/api/camera/timelapses", "/api/camera/retention"])
def test_no_path_leads_beyond_the_archives_addresses(services: Services, address: str, steps: str) -> None:
    """Stream forwards them: an archiver's other addresses, and its host's, are none of a viewer's."""
    answer = asked(services.ports["stream"], "GET", f"{address}/{steps}")
    assert answer[9:12] in (b"404", b"422"), answer
    assert b"problems" not in answer


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/archive/", "/archive"),
        ("/status/?camera=cam1&x=%2f", "/status?camera=cam1&x=%2f"),
        (f"{BASE}/connect/", f"{BASE}/connect"),
        (f"{BASE}//login//", f"{BASE}/login"),
        ("/docs/", "/docs"),
        ("/redoc", "/docs"),
        (BASE, f"{BASE}/"),
    ],
)
def test_redirects_keep_scheme_host_and_the_path_before_ours(services: Services, path: str, leads_to: str) -> None:
    """Behind HTTPS, and behind a proxy that puts us under another path."""
    for origin in ("http://camera.local", "https://camera.example:8443"):
        for prefix in ("", "/outer"):
            scheme = urlsplit(origin).scheme
            headers = {"Host": urlsplit(origin).netloc, "X-Forwarded-Proto": scheme} | bearer(OPERATOR_TOKEN)
            answer = ask(services.ports["stream"], "GET", path, headers)
            assert answer.status in (301, 302, 303, 307, 308), answer
            assert urljoin(f"{origin}{prefix}{path}", answer.headers["location"]) == f"{origin}{prefix}{leads_to}"


@pytest.mark.parametrize("service", ["stream", "archiver"])
def test_a_slash_at_the_end_is_none_where_programs_ask(services: Services, service: str) -> None:
    """They don't follow redirects."""
    for path in (
        f"{FRAMES}/",
        f"{FRAMES}/?camera=cam1&x=%2f",
        f"{BASE}{FRAMES}/",
        f"/{FRAMES}//",
        f"{FRAMES}/days/?camera=cam1",
    ):
        wait_until(
            partial(lambda path: ask(services.ports[service], "GET", path, bearer(OPERATOR_TOKEN)).status == 200, path),
            f"{path} is answered",
        )


@pytest.mark.parametrize("path", ["//evil.example/archive/", "//evil.example//", "/\\evil.example/archive/"])
def test_no_redirect_leads_to_another_host(services: Services, path: str) -> None:
    """Whatever the path looks like."""
    answer = ask(services.ports["stream"], "GET", path, {"Host": "camera.local"} | bearer(OPERATOR_TOKEN))
    there = urljoin(f"http://camera.local{path}", answer.headers.get("location", ""))
    assert urlsplit(there).netloc == "camera.local"


PERSONAL: Final = [
    ("stream", path)
    for path in (
        *("/api/devices", "/api/status", "/api/camera/stream/status", "/api/camera/snapshot", "/openapi.json", "/docs"),
        *("/readyz", "/healthz", "/no/such", "/login", FRAMES, f"{FRAMES}/days?camera=cam1", f"{FRAMES}/7"),
        *("/api/camera/timelapses", "/api/camera/retention", f"{FRAMES}/index?camera=cam1", f"{FRAMES}/zip", "/redoc"),
    )
] + [
    ("archiver", path)
    for path in (
        *(FRAMES, "/api/camera/archive/status", f"{FRAMES}/gaps", f"{FRAMES}/latest", f"{FRAMES}/99/image", "/docs"),
        *("/openapi.json", "/readyz", "/no/such", f"{FRAMES}/sprites?ids=9", f"{FRAMES}/", "/redoc"),
    )
]


@pytest.mark.parametrize(("service", "path"), PERSONAL)
def test_what_depends_on_the_requester_is_stored_nowhere(services: Services, service: str, path: str) -> None:
    """A computer that many use has a browser with a disk; refusals and errors are personal too."""
    for headers in (bearer(OPERATOR_TOKEN), {}, bearer("wrong token 1234567")):
        answer = ask(services.ports[service], "GET", path, headers)
        assert "no-store" in answer.headers["cache-control"], (headers, answer.status)


def test_pages_and_their_files_are_asked_for_again(services: Services) -> None:
    """They are the same for everybody, so a browser may keep them, and asks whether they have changed."""
    for path in ("/", "/archive", "/live.js", "/camera-feed.js"):
        assert ask(services.ports["stream"], "GET", path, bearer(OPERATOR_TOKEN)).headers["cache-control"] == "no-cache"
