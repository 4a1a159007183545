"""Healthy viewers: of an MJPEG stream, of a WebSocket, and one that asks for snapshots."""

import json
import struct
from typing import Final

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from faults.viewers.viewer import Viewer
from tests.support.mjpeg import read_parts

SILENCE_SECONDS: Final = 4.0
"""A viewer who sees nothing for so long loads the page again."""
SNAPSHOT_SECONDS: Final = 0.5
SNAPSHOT_MAX_AGE_SECONDS: Final = 3


class MjpegViewer(Viewer):
    """As a program reads the stream: by the parts' lengths."""

    kind = "mjpeg"

    def watch(self) -> None:
        connection = self.door.connection(SILENCE_SECONDS)
        try:
            connection.request("GET", f"/api/cameras/{self.camera}/stream", headers=self.door.headers)
            response = connection.getresponse()
            if response.status != 200:
                return
            for part in read_parts(response):
                self.see(part.jpeg, live=part.is_live)
                if self._stop.is_set():
                    return
        finally:
            connection.close()


class SocketViewer(Viewer):
    """As the page's element does: it acknowledges each picture."""

    kind = "socket"

    def watch(self) -> None:
        address = f"ws://127.0.0.1:{self.door.port}/api/cameras/{self.camera}/ws"
        try:
            with connect(
                address, additional_headers=self.door.headers, max_size=None, open_timeout=3, compression=None
            ) as socket:
                while not self._stop.is_set():
                    message = socket.recv(SILENCE_SECONDS)
                    if not isinstance(message, bytes):
                        return
                    (length,) = struct.unpack_from(">I", message)
                    header = json.loads(message[4 : 4 + length])
                    socket.send(json.dumps({"ack": self.camera}))
                    self.see(message[4 + length :], live=header["live"])
        except (WebSocketException, TimeoutError):
            return


class SnapshotViewer(Viewer):
    """As Home Assistant does: one picture now and then, which counts as live unless it is refused."""

    kind = "snapshot"

    def watch(self) -> None:
        path = f"/api/cameras/{self.camera}/snapshot?max_age={SNAPSHOT_MAX_AGE_SECONDS}"
        while not self._stop.wait(SNAPSHOT_SECONDS):
            status, body = self.door.get(path)
            self.see(body, live=True) if status == 200 else self.see(b"", live=False)
