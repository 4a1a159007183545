"""A camera over HTTP that a test scripts byte by byte, on a real socket of loopback."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import simplejpeg

from services.ingest.decoding.pictures import Picture
from tests.ingest.pixels import pixels_of

MULTIPART: Final = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
STEP: Final = 10
"""Between the greys of two pictures; JPEG changes them by less than half of it."""


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` has the names in lower case."""

    target: str
    headers: dict[str, str]


Answer = bytes | Iterable[bytes]
Script = Callable[[Request], Answer]


@dataclass
class OddCamera:
    """A camera that was started. `requests` is what it was asked, `most_at_once` how many requests were under way."""

    port: int
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    most_at_once: int = 0
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/video"


def jpeg(number: int, *, width: int = 64, height: int = 48) -> bytes:
    """A grey picture from which `number_of` reads the number again."""
    grey = np.full((height, width, 3), number * STEP, np.uint8)
    return bytes(simplejpeg.encode_jpeg(grey, 90, "BGR"))


def number_of(picture: Picture | None) -> int:
    assert picture is not None
    return round(float(pixels_of(picture.to_jpeg(90)).mean()) / STEP)


def ok(content_type: str, body: bytes, headers: str = "") -> bytes:
    """A whole answer."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def part(picture: bytes, *, boundary: str = "--frame", headers: str | None = None) -> bytes:
    told = f"Content-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n" if headers is None else headers
    return f"{boundary}\r\n{told}\r\n".encode() + picture + b"\r\n"


@contextmanager
def odd_camera(script: Script, *, tls: ssl.SSLContext | None = None) -> Iterator[OddCamera]:
    """A camera that gives each request `script`'s answer, part by part. It keeps a connection whose answer tells its
    length, and closes any other once the answer is over.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        camera = OddCamera(server.getsockname()[1], scheme="https" if tls else "http")
        accepted: list[socket.socket] = []
        threads: list[threading.Thread] = []
        busy = threading.Semaphore(0)

        def serve(plain: socket.socket) -> None:
            with suppress(OSError), plain:
                connection = tls.wrap_socket(plain, server_side=True) if tls else plain
                with connection:
                    _converse(connection, script, camera, busy)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    camera.connections += 1
                    accepted.append(connection)
                    threads.append(threading.Thread(target=serve, args=(connection,)))
                    threads[-1].start()

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield camera
        finally:
            server.shutdown(socket.SHUT_RDWR)
            acceptor.join(10)
            for connection in accepted:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join(10)
                assert not thread.is_alive()


def _converse(connection: socket.socket, script: Script, camera: OddCamera, busy: threading.Semaphore) -> None:
    received = b""
    while True:
        while b"\r\n\r\n" not in received:
            data = connection.recv(4096)
            if not data:
                return
            received += data
        head, _, received = received.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        request = Request(first.split()[1], {name.lower(): value.strip() for name, _, value in pairs})
        camera.requests.append(request)
        busy.release()
        camera.most_at_once = max(camera.most_at_once, busy._value)
        answer = script(request)
        pieces = [answer] if isinstance(answer, bytes) else answer
        head_sent = b""
        for piece in pieces:
            head_sent = head_sent or piece
            connection.sendall(piece)
        busy.acquire(blocking=False)
        if b"content-length" not in head_sent.partition(b"\r\n\r\n")[0].lower() and not head_sent.startswith(
            b"HTTP/1.1 304"
        ):
            return
