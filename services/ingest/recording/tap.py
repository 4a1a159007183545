"""Stands between us and a camera, and keeps what passes. Owns its threads and sockets.

It listens on this machine alone. It speaks TLS to a camera that wants it, and none to us, so that the recording can be
read.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Self

from services.ingest.recording.recording import MAX_BYTES, Chunk, Sender

READ_BYTES: Final = 64 * 1024


class Tap:
    """A port of this machine behind which the camera at `host` and `port` answers, for the time of a `with` block.

    It passes everything on, also after it has kept `MAX_BYTES` or `seconds` from the camera's first answer on.
    """

    def __init__(
        self, host: str, port: int, tls: ssl.SSLContext | None, *, seconds: float, open_seconds: float
    ) -> None:
        self._camera = host, port
        self._tls = tls
        self._seconds = seconds
        self._open_seconds = open_seconds
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: Final[int] = self._server.getsockname()[1]
        self.is_full = threading.Event()
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self._answered_at: float | None = None
        self._kept_bytes = 0
        self._chunks: list[Chunk] = []
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._server, *self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(self._open_seconds)

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        with self._lock:
            return tuple(self._chunks)

    def _start(self, run: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, name="tap", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            for number in range(1000):
                ours, _ = self._server.accept()
                self._sockets.append(ours)
                try:
                    camera = socket.create_connection(self._camera, self._open_seconds)
                    if self._tls is not None:
                        camera = self._tls.wrap_socket(camera, server_hostname=self._camera[0])
                    camera.settimeout(None)
                except OSError:
                    ours.close()
                    continue
                self._sockets.append(camera)
                self._start(self._pump, ours, camera, number, "us")
                self._start(self._pump, camera, ours, number, "camera")

    def _pump(self, source: socket.socket, target: socket.socket, number: int, sender: Sender) -> None:
        with suppress(OSError):
            while data := source.recv(READ_BYTES):
                self._keep(number, sender, data)
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def _keep(self, number: int, sender: Sender, data: bytes) -> None:
        now = time.monotonic()
        with self._lock:
            if sender == "camera" and self._answered_at is None:
                self._answered_at = now
            is_late = self._answered_at is not None and now - self._answered_at > self._seconds
            if is_late or self._kept_bytes + len(data) > MAX_BYTES:
                self.is_full.set()
                return
            self._kept_bytes += len(data)
            self._chunks.append(Chunk(now - self._begun, number, sender, data))
