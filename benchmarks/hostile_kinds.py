"""The kinds of hostile connections that `hostile` opens: what each sends, and whether it reads."""

import base64
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

CAMERA_PATH: Final = "/api/cameras/camera_1"
FRAMES_PATH: Final = "/api/camera/frames"
HANDSHAKE: Final = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
)
CHUNKED: Final = "Transfer-Encoding: chunked\r\n"
_MASK: Final = b"\0\0\0\0"
_CLIENT_HELLO: Final = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(509)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. Each connection sends `first`, then `block` for ever, as fast as it goes or once in `every` seconds."""

    name: str
    first: bytes = b""
    block: bytes = b""
    every: float = 0.0
    reads: bool = False
    """Whether it takes in the answers. Otherwise its receive buffer is as small as the kernel allows."""
    count: int = 1000
    half_closes: bool = False
    """Shuts its own direction after `first`."""
    resets: bool = False
    """Resets each connection once `first` is sent, and opens another, for ever."""


@dataclass(frozen=True, slots=True)
class Target:
    """A service, and the credentials that the connections show: none before authentication."""

    service: str
    large: dict[str, str]
    """Paths with large answers, by name."""
    headers: str = ""
    name: str = field(default="")

    def request(self, path: str, more: str = "", method: str = "GET", version: str = "1.1") -> bytes:
        return f"{method} {path} HTTP/{version}\r\nHost: localhost\r\n{self.headers}{more}\r\n".encode()


def kinds_for(target: Target) -> Iterator[Kind]:
    yield from _without_a_request(target)
    yield from _odd_requests(target)
    yield from _unread(target)
    yield from _floods(target)
    if target.service == "stream":
        yield from _sockets(target)


def _without_a_request(target: Target) -> Iterator[Kind]:
    head = target.request("/api/devices")[:-2]
    yield Kind("nobody, for comparison", count=0)
    login = target.request("/login", "Content-Length: 10000\r\n", "POST")
    yield Kind("idle", count=10_000)
    yield Kind("half a head", head, count=10_000)
    yield Kind("slow heads", head, b"X-A: b\r\n", every=1)
    yield Kind("slow bodies", login, b"a", every=1)
    yield Kind("heads of 31 KiB, unfinished", head + b"X-A: " + b"x" * 31_000)
    yield Kind("kept alive, idle", target.request("/healthz"), reads=True)
    yield Kind("a TLS hello", _CLIENT_HELLO)
    yield Kind("resets", target.request("/healthz"), resets=True, count=200)


def _odd_requests(target: Target) -> Iterator[Kind]:
    path = target.large["json"]
    form = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 60000\r\n"
    part = b'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n'
    yield Kind("HTTP/1.0, kept alive", target.request(path, "Connection: keep-alive\r\n", version="1.0"), reads=True)
    h2c = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
    yield Kind("upgrade to h2c", target.request(path, h2c), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", every=1)
    yield Kind("100-continue", target.request("/login", "Content-Length: 10\r\nExpect: 100-continue\r\n", "POST"))
    yield Kind("a GET with a body", target.request(path, "Content-Length: 60000\r\n"), b"x" * 1000, every=1)
    yield Kind("an absolute address", target.request(f"http://localhost{path}"), reads=True)
    yield Kind("multipart", target.request("/login", form, "POST") + part, b"x" * 2000, every=1)
    yield Kind("close, unread", target.request(path, "Connection: close\r\n"))
    yield Kind("half closed", target.request(target.large["stream"]), half_closes=True)


def _unread(target: Target) -> Iterator[Kind]:
    for name, path in target.large.items():
        yield Kind(f"{name}, unread", target.request(path))
        if name != "stream":
            yield Kind(f"{name}, pipelined unread", b"", target.request(path) * 20)


def _floods(target: Target) -> Iterator[Kind]:
    chunked = target.request("/login", CHUNKED, "POST")
    path = target.large["json"]
    ranges = "Range: bytes=" + ",".join(f"{begin}-{begin}" for begin in range(0, 2000, 2)) + "\r\n"
    yield Kind("trailers", chunked + b"0\r\n", b"a:b\r\n" * 3000)
    yield Kind("chunk extensions", chunked, b"1;" + b"e" * 15_000 + b"\r\nx\r\n")
    yield Kind("chunks of one byte", chunked, b"1\r\nx\r\n" * 2000)
    yield Kind("ranges", b"", target.request(target.large["file"], ranges), reads=True)
    yield Kind(
        "large cookies", b"", target.request(path, "Cookie: " + "framecast_session=a; " * 1400 + "\r\n"), reads=True
    )
    yield Kind("large queries", b"", target.request(f"{path}?{'link=a&' * 4000}"), reads=True)
    yield Kind("many fields", b"", target.request(path, "a:b\r\n" * 6000), reads=True)
    yield Kind("404, pipelined unread", b"", target.request("/nothing/at/all") * 20)
    yield Kind("/metrics", b"", target.request("/metrics"), reads=True)
    yield Kind("gzip", b"", target.request(path, "Accept-Encoding: gzip\r\n"), reads=True)
    body = b"password=not-the-password"
    login = target.request("/login", f"Content-Length: {len(body)}\r\n", "POST") + body
    yield Kind("logins", login, login, every=1, reads=True)


def _sockets(target: Target) -> Iterator[Kind]:
    shake = target.request(f"{CAMERA_PATH}/ws", HANDSHAKE)
    yield Kind("sockets, silent", shake, reads=True)
    yield Kind("sockets, unread", shake, b"\x81\x95" + _MASK + b'{"ack": "camera_1"}  ', every=0.05)
    yield Kind("sockets, pings", shake, (b"\x89\xfd" + _MASK + b"p" * 125) * 50)
    yield Kind("sockets, pongs", shake, (b"\x8a\xfd" + _MASK + b"p" * 125) * 50)
    yield Kind("sockets, fragments", shake + b"\x01\x80" + _MASK, (b"\x00\x80" + _MASK) * 500)
    yield Kind("sockets, half a frame", shake + b"\x81\xfe\x0f\xff" + _MASK + b"x" * 4000)
