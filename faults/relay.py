"""A stretch of network between a camera and ingest that can be slow: a relay of TCP connections in this process."""

import queue
import socket
import threading
import time
from contextlib import suppress
from typing import Final

PIECE: Final = 16 * 1024
WAITING: Final = 64
"""Pieces under way in one direction: what a network's own buffers hold."""


class Relay:
    """Passes each connection to its port on to `target`. Delay and rate hold for both directions, from now on."""

    def __init__(self, target: int) -> None:
        self.delay_seconds = 0.0
        self.bytes_per_second: float | None = None
        self._target = target
        self._open: set[socket.socket] = set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, name="relay", daemon=True).start()

    def lead_to(self, target: int) -> None:
        """Pass new connections on to this port, and cut those that there are."""
        self._target = target
        for end in tuple(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                near = self._server.accept()[0]
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
            except OSError:
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # refuse, as the camera did
                near.close()
                continue
            far.settimeout(None)
            self._open |= {near, far}
            for source, sink in ((near, far), (far, near)):
                self._pass_on(source, sink)

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        under_way: queue.Queue[tuple[float, bytes]] = queue.Queue(WAITING)
        threading.Thread(target=self._take_in, args=(source, under_way), daemon=True).start()
        threading.Thread(target=self._give_out, args=(sink, under_way, source), daemon=True).start()

    def _take_in(self, source: socket.socket, under_way: "queue.Queue[tuple[float, bytes]]") -> None:
        while True:
            try:
                piece = source.recv(PIECE)
            except OSError:
                piece = b""
            under_way.put((time.monotonic() + self.delay_seconds, piece))
            if not piece:
                return

    def _give_out(
        self, sink: socket.socket, under_way: "queue.Queue[tuple[float, bytes]]", source: socket.socket
    ) -> None:
        while True:
            due, piece = under_way.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if self.bytes_per_second is not None:
                time.sleep(len(piece) / self.bytes_per_second)
            try:
                if not piece:
                    self._open -= {sink, source}
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(piece)
            except OSError:
                for end in (source, sink):
                    with suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
                self._open -= {sink, source}
                while piece:  # until the other thread has seen it
                    _, piece = under_way.get()
                return
