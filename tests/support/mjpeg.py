"""A viewer as a program: it reads parts by their Content-Length."""

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.support.clock import read_clock


@dataclass(frozen=True, slots=True)
class Part:
    headers: dict[str, str]
    jpeg: bytes
    received_at: float
    """UTC epoch seconds."""

    @property
    def picture(self) -> NDArray[np.uint8]:
        decoded = cv2.imdecode(np.frombuffer(self.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert decoded is not None, "the part is no JPEG"
        return decoded  # type: ignore[return-value] # cv2 types its arrays loosely

    @property
    def is_live(self) -> bool:
        return self.headers["x-live"] == "1"

    @property
    def age_seconds(self) -> float | None:
        """By the clock that the test camera paints into the picture; None when it can't be read."""
        shown_ms = read_clock(self.picture)
        return None if shown_ms is None else self.received_at - shown_ms / 1000


def read_parts(response: http.client.HTTPResponse) -> Iterator[Part]:
    """The parts as they arrive, until the server ends the body after a part."""
    while line := response.readline():
        assert line == b"--frame\r\n", f"a part begins with {line!r}"
        headers = {}
        while line := response.readline():
            if line == b"\r\n":
                break
            name, _, value = line.decode().rstrip().partition(": ")
            headers[name.lower()] = value
        if not line:
            return  # we left, or the server was killed
        jpeg = response.read(int(headers["content-length"]))
        received_at = time.time()
        if response.readline() != b"\r\n":
            return
        yield Part(headers, jpeg, received_at)


@dataclass
class Viewer:
    """Watches on a thread of its own, and keeps the last 500 parts."""

    port: int
    path: str = "/api/camera/stream"
    parts: list[Part] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    headers: dict[str, str] = field(default_factory=dict)
    host: str = "127.0.0.1"

    def __enter__(self) -> Self:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        connection.connect()
        # The response takes the socket over; to wake its reader, ours is needed.
        self._socket = connection.sock
        connection.request("GET", self.path, headers=self.headers)
        self.response = connection.getresponse()
        assert self.response.status == 200, self.response.read()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def _read(self) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            for part in read_parts(self.response):
                self.parts.append(part)
                del self.parts[:-500]
        self.ended.set()

    @property
    def last(self) -> Part | None:
        return self.parts[-1] if self.parts else None

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # the server may have ended it
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self.response.close()
        self._socket.close()
