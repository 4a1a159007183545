"""The archive behind port 8001: every method passes, and long bodies pass while they arrive."""

import http.client
import http.server
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.ports import free_port
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until
from tests.web.support import OPERATOR, SECRETS, VIEWER, Headers, basic, bearer

PIECE = b"x" * 65_536


class _Archive(http.server.BaseHTTPRequestHandler):
    """Deletes, takes chunks, and sends a file in two pieces: the second one when it is told to.

    It keeps the headers of a HEAD.
    """

    protocol_version = "HTTP/1.1"
    go_on = threading.Event()
    begun = threading.Event()
    received: Headers

    def do_HEAD(self) -> None:
        type(self).received = {name.title(): value for name, value in self.headers.items()}
        self.send_response(200)
        self.end_headers()

    def do_DELETE(self) -> None:
        self.send_response(204)
        self.end_headers()

    def do_POST(self) -> None:
        if "Transfer-Encoding" in self.headers:
            self.rfile.readline()
            self.begun.set()
            while self.rfile.readline() != b"0\r\n":
                pass
            self.rfile.readline()
        self.send_response(
            201 if "Content-Length" not in self.headers or self.headers["Content-Length"] == "0" else 400
        )
        self.send_header("Location", "/api/camera/frames/7")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Disposition", 'attachment; filename="a.zip"')
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._send(PIECE)
        assert self.go_on.wait(20)
        self._send(PIECE)
        self._send(b"")

    def _send(self, piece: bytes) -> None:
        self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.wfile.flush()

    def log_message(self, *_: object) -> None: ...


class _Refusing(_Archive):
    """Knows nobody."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("WWW-Authenticate", "Basic")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()


@contextmanager
def before_an_archive(kind: type[_Archive] = _Archive, /, **settings: object) -> Iterator[Replica]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind) as archive:
        threading.Thread(target=archive.serve_forever, args=(0.05,), daemon=True).start()
        bus, url = f"tcp://127.0.0.1:{free_port()}", f"http://127.0.0.1:{archive.server_port}"
        with running_replica(bus, archiver_url=url, settings=settings) as replica:
            yield replica
        archive.shutdown()


@pytest.fixture
def replica() -> Iterator[Replica]:
    with before_an_archive() as replica:
        yield replica


def test_capturing_and_deleting_pass_without_a_body(replica: Replica) -> None:
    """As the page and curl send them."""
    status, headers, _ = replica.request("/api/camera/frames?camera=porch", "POST")
    assert (status, headers["location"]) == (201, "/api/camera/frames/7")
    status, _, body = replica.request("/api/camera/frames/7", "DELETE")
    assert (status, body) == (204, b"")


def test_what_the_client_does_not_ask_for_the_archive_is_not_asked_for(replica: Replica) -> None:
    """curl got gzip, which it can't read unless it is told to."""
    connection = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=30)
    connection.putrequest("HEAD", "/api/camera/frames", skip_accept_encoding=True)
    connection.endheaders()
    assert connection.getresponse().status == 200
    assert not {"Accept-Encoding", "Accept", "User-Agent"} & _Archive.received.keys()
    replica.request("/api/camera/frames", "HEAD", {"Accept-Encoding": "gzip"})
    assert _Archive.received["Accept-Encoding"] == "gzip"
    connection.close()


def test_a_body_is_passed_on_while_it_comes(replica: Replica) -> None:
    """It is measured on its way, and not held."""
    _Archive.begun.clear()

    def pieces() -> Iterator[bytes]:
        yield b"{"
        assert _Archive.begun.wait(20)
        yield b"}"

    connection = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=30)
    connection.request("POST", "/api/camera/timelapses", pieces())
    assert connection.getresponse().status == 201
    connection.close()


@pytest.mark.parametrize("path", ["/api/camera/frames/zip", "/api/camera/timelapses/1/file"])
def test_a_long_answer_is_passed_on_while_it_comes(replica: Replica, path: str) -> None:
    """Nothing of a zip file of gigabytes is held."""
    _Archive.go_on.clear()
    connection = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.headers["content-disposition"] == 'attachment; filename="a.zip"'
    assert answer.read(len(PIECE)) == PIECE
    _Archive.go_on.set()
    assert answer.read() == PIECE
    connection.close()


def test_a_password_found_wrong_is_not_passed_on() -> None:
    """The archiver would count it for stream's address, and soon make all clients of stream wait."""
    with before_an_archive(**SECRETS) as replica:
        form = urllib.parse.urlencode({"password": VIEWER}).encode()
        cookie = {"Cookie": replica.request("/login", "POST", body=form)[1]["set-cookie"].partition(";")[0]}
        for wrong in (basic("guess"), bearer("another guess")):
            assert passed_on(replica, cookie | wrong) == cookie
        for right in (basic(VIEWER), bearer(SECRETS["operator_token"])):
            assert passed_on(replica, cookie | right) == cookie | right


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_archive_that_refuses_a_good_login_is_trouble_and_no_401(method: str) -> None:
    """As with a clock that is a year ahead, for which each session has ended. On a 401 the pages go to the login, which
    would lead back to the same refusal for ever.
    """
    with before_an_archive(_Refusing, **SECRETS) as replica:
        form = urllib.parse.urlencode({"password": OPERATOR}).encode()
        cookie = {"Cookie": replica.request("/login", "POST", body=form)[1]["set-cookie"].partition(";")[0]}
        status, headers, body = replica.request("/api/camera/frames", method, cookie)
        assert status == 502
        assert "www-authenticate" not in headers
        assert b"clocks" in body
        assert replica.request("/api/camera/frames", method)[0] == 401, "nobody gets as far as the archive"


def test_the_body_of_a_request_that_reads_is_not_passed_on() -> None:
    """Nothing limits its size, and a client may leave in the middle of it."""
    with before_an_archive() as replica:
        assert replica.request("/api/camera/frames", "HEAD", body=b"x" * 100_000)[0] == 200
        assert not {"Content-Length", "Transfer-Encoding"} & _Archive.received.keys()


def test_the_archiver_is_told_the_viewers_address_and_not_what_the_viewer_claims() -> None:
    """It believes stream, which is one of the stack's own; stream believes only TRUSTED_PROXIES."""
    claimed = {"X-Forwarded-For": "10.9.9.9", "X-Forwarded-Proto": "https", "Forwarded": "for=10.9.9.9"}
    for trusted, expected in (("", ("127.0.0.1", "http")), ("127.0.0.1", ("10.9.9.9", "https"))):
        with before_an_archive(trusted_proxies=trusted) as replica:
            assert replica.request("/api/camera/frames", "HEAD", claimed)[0] == 200
        headers = _Archive.received
        assert (headers["X-Forwarded-For"], headers["X-Forwarded-Proto"]) == expected
        assert "Forwarded" not in headers


def passed_on(replica: Replica, credentials: Headers) -> Headers:
    assert replica.request("/api/camera/frames", "HEAD", credentials)[0] == 200
    return {name: value for name, value in _Archive.received.items() if name in ("Cookie", "Authorization")}


class _Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the request that it got."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = f"{self.command} {self.path} {self.headers.get('If-None-Match')}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"abc"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None: ...


def test_the_archives_addresses_are_forwarded(bus: str) -> None:
    """Port 8001 is the one origin: method, query, headers and bodies pass both ways."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as archive:
        threading.Thread(target=archive.serve_forever, args=(0.05,), daemon=True).start()
        with running_replica(bus, archiver_url=f"http://127.0.0.1:{archive.server_port}") as replica:
            path = "/api/camera/frames/7/image?x=1&x=2"
            status, headers, body = replica.request(path, headers={"If-None-Match": '"abc"'})
            assert (status, headers["etag"], body) == (200, '"abc"', f'GET {path} "abc"'.encode())
            assert replica.request("/api/camera/frames")[2] == b"GET /api/camera/frames None"
            assert replica.request(path, "HEAD")[:1] + replica.request(path, "HEAD")[2:] == (200, b"")
            assert replica.request("/api/camera/frames", "POST", body=b"now")[::2] == (201, b"now")
        archive.shutdown()


def test_an_archive_that_is_away_is_502_in_words(lonely_replica: Replica) -> None:
    """The live picture does not need it."""
    status, body = lonely_replica.json("/api/camera/frames")
    assert status == 502
    assert "ARCHIVER_URL" in body["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/camera/frames/%07",
        "/api/camera/frames/%00",
        "/api/camera/frames/%0d%0aX-Evil:1",
        "/api/camera/frames/..%2f..%2f..%2freadyz",
        "/api/camera/frames/%5c..%5c",
        "/api/camera/frames/%2e%2e/%2e%2e/healthz",
        "/api/camera/framesX",
        "/api/camera/frames@elsewhere.example/x",
    ],
)
def test_a_path_beyond_the_archives_addresses_is_404(lonely_replica: Replica, path: str) -> None:
    """Dots once reached every address of the archiver's host, and a control character was a traceback."""
    assert lonely_replica.request(path)[0] == 404


def test_an_odd_path_is_passed_on_as_it_was_read(bus: str) -> None:
    """A decoded question mark must not become a query on the way."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as archive:
        threading.Thread(target=archive.serve_forever, args=(0.05,), daemon=True).start()
        with running_replica(bus, archiver_url=f"http://127.0.0.1:{archive.server_port}") as replica:
            for path in ("/api/camera/frames/%3Fx=1", "/api/camera/frames/a%20b", "/api/camera/frames/%C3%A9"):
                assert replica.request(path)[2] == f"GET {path} None".encode()
        archive.shutdown()


def test_an_address_with_too_many_requests_under_way_waits_and_others_do_not() -> None:
    """110 slow downloads once kept everybody from the archive for a minute and a half."""
    _Archive.go_on.clear()
    limited: dict[str, object] = {"trusted_proxies": "127.0.0.1", "stream_max_viewers_per_address": 2}
    with before_an_archive(**limited) as replica:
        slow = [http.client.HTTPConnection("127.0.0.1", replica.port, timeout=20) for _ in range(2)]
        for connection in slow:
            connection.request("GET", "/api/camera/frames/zip", headers={"X-Forwarded-For": "10.9.9.9"})
            assert connection.getresponse().read(len(PIECE)) == PIECE
        status, _, body = replica.request("/api/camera/frames", "HEAD", {"X-Forwarded-For": "10.9.9.9"})
        assert status == 429
        status, _, body = replica.request("/api/camera/frames/7", "DELETE", {"X-Forwarded-For": "10.9.9.9"})
        assert (status, b"2 requests" in body, b"STREAM_MAX_VIEWERS_PER_ADDRESS" in body) == (429, True, True)
        assert replica.request("/api/camera/frames", "HEAD", {"X-Forwarded-For": "10.9.9.8"})[0] == 200
        for connection in slow:
            connection.close()
        _Archive.go_on.set()
        wait_until(
            lambda: replica.request("/api/camera/frames", "HEAD", {"X-Forwarded-For": "10.9.9.9"})[0] == 200,
            "the places of clients that left are free",
        )


class _Ready(http.server.BaseHTTPRequestHandler):
    """An archiver that archives nothing, and says so where it is asked strictly."""

    def do_GET(self) -> None:
        content = b'{"detail": "Nothing has been archived of Porch for 2 hours."}'
        self.send_response(503 if self.path == "/readyz?strict" else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None: ...


def test_asked_strictly_whether_it_is_ready_stream_answers_as_its_archiver_does(bus: str) -> None:
    """Port 8001 is the one that a monitor reaches. Without an archiver, nothing is archived either."""
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Ready) as archive,
        running_replica(bus, archiver_url=f"http://127.0.0.1:{archive.server_port}") as replica,
    ):
        threading.Thread(target=archive.serve_forever, args=(0.05,), daemon=True).start()
        wait_until(lambda: replica.json("/readyz")[0] == 200)
        status, body = replica.json("/readyz?strict")
        assert (status, body["detail"]) == (503, "Nothing has been archived of Porch for 2 hours.")
        archive.shutdown()
    with running_replica(bus) as replica:
        wait_until(lambda: replica.json("/readyz")[0] == 200)
        assert replica.json("/readyz?strict")[0] == 502
