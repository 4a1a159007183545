"""A stream that is read for its bytes alone, and for when the last one came."""

import socket
import threading
import time


class ReadStream:
    """Reads on a thread of its own until the other end closes the connection."""

    def __init__(self, port: int, token: str, path: str = "/api/camera/stream", host: str = "127.0.0.1") -> None:
        self.received = 0
        self.last_byte_at = float("-inf")
        """By the monotonic clock."""
        self.ended = threading.Event()
        self._connection = socket.create_connection((host, port), 30)
        request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {token}\r\n\r\n"
        self._connection.sendall(request.encode())
        head = self._connection.recv(12)
        assert head.endswith(b" 200"), head
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        if not self.ended.is_set():
            self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._connection.close()

    def _run(self) -> None:
        try:
            while data := self._connection.recv(65536):
                self.last_byte_at = time.monotonic()
                self.received += len(data)
        except OSError:
            pass  # it was reset: the last byte came before
        self.ended.set()
