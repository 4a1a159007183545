"""An HTTP camera to be made odd. Real sockets on loopback, a thread for each connection."""

import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from tests.odd_cameras.camera import PICTURE_SECONDS, PLACE, Request
from tests.odd_cameras.clips import Clip, clip
from tests.support.connections import each_connection


class HttpCamera:
    """Sends multipart JPEG for ever. Used within `running(camera)`."""

    path: ClassVar[str] = "video"
    content_type: str = "multipart/x-mixed-replace; boundary=frame"

    def __init__(self, shown: Clip | None = None) -> None:
        self.clip = shown or clip("JPEG")
        self.url = ""
        self.requests: list[Request] = []
        self.has_ended = threading.Event()

    def serve(self, connection: socket.socket, _request: Request) -> bool:
        """Answer one request. Whether the connection is kept."""
        connection.sendall(self.head())
        for index in itertools.count():
            connection.sendall(self.part(self.jpeg(index), index))
            if self.has_ended.wait(PICTURE_SECONDS):
                break
        return False

    def head(self) -> bytes:
        return f"HTTP/1.1 200 OK\r\nContent-Type: {self.content_type}\r\nConnection: close\r\n\r\n".encode()

    def part(self, jpeg: bytes, _index: int) -> bytes:
        return f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode() + jpeg + b"\r\n"

    def jpeg(self, index: int) -> bytes:
        return self.clip.units[index % len(self.clip.units)][0]

    def run(self, connection: socket.socket) -> None:
        buffer = b""
        while data := connection.recv(65_536):
            buffer += data
            while b"\r\n\r\n" in buffer:
                text, _, buffer = buffer.partition(b"\r\n\r\n")
                self.requests.append(Request.parse(text.decode()))
                if not self.serve(connection, self.requests[-1]):
                    return


@contextmanager
def running(camera: HttpCamera) -> Iterator[HttpCamera]:
    """Serves until the end."""
    with each_connection(camera.run, PLACE) as port:
        camera.url = f"http://{PLACE}:{port}/{camera.path}"
        try:
            yield camera
        finally:
            camera.has_ended.set()
