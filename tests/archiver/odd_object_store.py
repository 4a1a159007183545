"""An object store of another make: a proxy before moto that answers some requests as such a store does."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

Answer = tuple[int, str]
"""An HTTP status and the S3 code of the error."""
Oddity = Callable[[BaseHTTPRequestHandler], Answer | None]
"""Looks at a request and may change its headers; the store's own answer, or None to let moto answer."""
_OF_A_HOP: Final = ("transfer-encoding", "connection", "content-length", "server", "date")


def plain(_: BaseHTTPRequestHandler) -> None:
    """As moto does it."""


def without_conditions(request: BaseHTTPRequestHandler) -> Answer | None:
    """Refuses uploads with a condition, as some large stores do."""
    is_conditional = "if-none-match" in request.headers or "if-match" in request.headers
    return (501, "NotImplemented") if is_conditional and request.command == "PUT" else None


def with_bad_request_for_conditions(request: BaseHTTPRequestHandler) -> Answer | None:
    """The same, in other words."""
    return without_conditions(request) and (400, "InvalidArgument")


def deaf_to_conditions(request: BaseHTTPRequestHandler) -> None:
    """Ignores them: the last write wins."""
    del request.headers["if-none-match"]
    del request.headers["if-match"]


def without_if_match(request: BaseHTTPRequestHandler) -> Answer | None:
    """Knows one of the two conditions."""
    return (501, "NotImplemented") if "if-match" in request.headers else None


def without_bulk_delete(request: BaseHTTPRequestHandler) -> Answer | None:
    """Knows no `POST ?delete`."""
    return (501, "NotImplemented") if request.command == "POST" else None


def always(status: int, code: str) -> Oddity:
    """One error for everything."""
    return lambda _: (status, code)


class OddObjectStore:
    """Set `oddity` at any time."""

    def __init__(self, upstream: str) -> None:
        self.oddity: Oddity = plain
        self.requests: list[tuple[str, str]] = []
        """Method and path of each."""
        host, _, port = upstream.removeprefix("http://").partition(":")
        self._upstream = (host, int(port))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator["OddObjectStore"]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join(10)

    def forward(self, request: BaseHTTPRequestHandler) -> None:
        self.requests.append((request.command, request.path))
        body = request.rfile.read(int(request.headers.get("content-length") or 0))
        answer = self.oddity(request)
        if answer is not None:
            status, code = answer
            content = f"<Error><Code>{code}</Code><Message>for {request.path}</Message></Error>".encode()
            _respond(request, status, {"Content-Type": "application/xml"}, content)
            return
        connection = http.client.HTTPConnection(*self._upstream, timeout=30)
        connection.request(request.command, request.path, body, dict(request.headers) | {"Connection": "close"})
        found = connection.getresponse()
        headers = {name: value for name, value in found.getheaders() if name.lower() not in _OF_A_HOP}
        _respond(request, found.status, headers, found.read())
        connection.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Nothing."""

            def handle_any(self) -> None:
                store.forward(self)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815 the library's names

        return Handler


def _respond(request: BaseHTTPRequestHandler, status: int, headers: dict[str, str], content: bytes) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(content)


def deletions(requests: list[tuple[str, str]]) -> list[str]:
    """The paths of the objects that were deleted, one by one."""
    return [path for method, path in requests if method == "DELETE"]
