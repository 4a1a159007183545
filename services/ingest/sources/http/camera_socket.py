"""A camera's socket as http.client uses one, except that each read ends at a deadline. One thread.

A socket's own time-out begins anew with each byte, so a camera that trickles would hold a thread for ever.
"""

import io
import select
import socket
import ssl
import time
from typing import Final

from services.ingest.sources import exchange_tap
from services.ingest.sources.http.wakeup import Wakeup
from services.ingest.sources.refused_places import refuse_connected

READ_BYTES: Final = 128 * 1024
_NOTHING_YET: Final = (BlockingIOError, ssl.SSLWantReadError)


class CameraSocket:
    """Connected by its constructor. `deadline` is in monotonic seconds, for all that is done with the socket.

    Raises:
        OSError: when it can't be connected; TimeoutError from every method once the deadline is over.
        SourceRefusedError: from the constructor, when it leads to no camera's place.
    """

    def __init__(self, place: tuple[str, int], tls: ssl.SSLContext | None, deadline: float, wakeup: Wakeup) -> None:
        self.deadline = deadline
        self._reads_wait = True
        self._has_ended = False
        self._reader: io.BufferedReader
        plain = socket.create_connection(place, self._remaining())
        try:
            refuse_connected(plain.getpeername()[0])
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(self._remaining())
            self._socket = tls.wrap_socket(plain, server_hostname=place[0]) if tls is not None else plain
        except BaseException:
            plain.close()
            raise
        self._socket.settimeout(0)
        self._data, self._data_or_wakeup = select.poll(), select.poll()
        for poll in (self._data, self._data_or_wakeup):
            poll.register(self._socket, select.POLLIN)
        self._data_or_wakeup.register(wakeup, select.POLLIN)
        self._wakeup = wakeup
        self._listener = exchange_tap.listener("http")

    def sendall(self, data: bytes) -> None:
        if self._listener is not None:
            self._listener("sent", data)
        self._socket.settimeout(self._remaining())
        self._socket.sendall(data)
        self._socket.settimeout(0)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """For the next response."""
        self._reader = io.BufferedReader(_Received(self), READ_BYTES)
        return self._reader

    def close(self) -> None:
        """http.client closes what it hands on to a response. What closes the socket is `disconnect`."""

    def disconnect(self) -> None:
        self._socket.close()

    def has_received(self, *, beyond: int = 0) -> bool:
        """Whether more than `beyond` bytes can be read now, or the camera has ended the connection."""
        self._reads_wait = False
        try:
            waiting = self._reader.peek(1)
        finally:
            self._reads_wait = True
        if not waiting or len(waiting) > beyond:
            return bool(waiting) or self._has_ended
        # The reader asks for no more while it has any.
        return bool(self._data.poll(0)) or (isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0)

    def wait(self) -> bool:
        """Wait until something arrives, or the wakeup is set. Whether it was the wakeup."""
        ready = self._data_or_wakeup.poll(self._remaining() * 1000)
        if not ready:
            raise TimeoutError
        return any(descriptor == self._wakeup.fileno() for descriptor, _ in ready) and self._wakeup.clear()

    def receive_into(self, buffer: memoryview) -> int | None:
        """None when nothing is there and reads don't wait."""
        self._has_ended = False
        while True:
            try:
                count = self._socket.recv_into(buffer)
            except ConnectionResetError:  # so some cameras end an answer
                self._has_ended = True
                self._tell(buffer[:0])
                return 0
            except _NOTHING_YET:
                if not self._reads_wait:
                    return None
                if not self._data.poll(self._remaining() * 1000):
                    raise TimeoutError from None
            else:
                self._has_ended = not count
                self._tell(buffer[:count])
                return count

    def _tell(self, received: memoryview) -> None:
        if self._listener is not None:
            self._listener("received" if received else "ended", bytes(received))

    def _remaining(self) -> float:
        """Seconds until the deadline."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds


class _Received(io.RawIOBase):
    def __init__(self, camera_socket: CameraSocket) -> None:
        self._camera_socket = camera_socket

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override] # io gives nothing else
        return self._camera_socket.receive_into(buffer)
