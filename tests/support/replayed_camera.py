"""A camera made of a recording: it says again what the recorded one said, as the same requests come."""

import re
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from services.ingest.recording.recording import Chunk, Recording

_REQUEST_END: Final = b"\r\n\r\n"
_CSEQ: Final = re.compile(rb"(?im)^cseq: *(\d+)")


class ReplayedCamera:
    """For the time of a `with` block. Each connection gets the next recorded one, the last of them again and again."""

    def __init__(self, recording: Recording) -> None:
        numbers = sorted({chunk.connection for chunk in recording.chunks})
        self._connections = [[one for one in recording.chunks if one.connection == number] for number in numbers]
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"{recording.scheme}://127.0.0.1:{self._server.getsockname()[1]}/"
        self._threads = [threading.Thread(target=self._accept)]
        self._sockets: list[socket.socket] = [self._server]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in list(self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self._sockets.append(connection)
                chunks = self._connections.pop(0) if len(self._connections) > 1 else self._connections[0]
                thread = threading.Thread(target=self._play, args=(connection, chunks))
                self._threads.append(thread)
                thread.start()

    def _play(self, connection: socket.socket, chunks: list[Chunk]) -> None:
        """Packets that follow without a request come at the recorded pace."""
        waiting, before = b"", None
        with suppress(OSError):
            for chunk in chunks:
                if chunk.sender == "us":
                    for _ in range(chunk.data.count(_REQUEST_END)):
                        while _REQUEST_END not in waiting:
                            waiting += connection.recv(4096)
                        request, _, waiting = waiting.partition(_REQUEST_END)
                    before = None
                    continue
                if before is not None:
                    threading.Event().wait(max(0.0, chunk.seconds - before))
                before = chunk.seconds
                connection.sendall(_answering(chunk.data, request))
            connection.recv(1)


def _answering(data: bytes, request: bytes) -> bytes:
    """With the number of the request, which need not be the recorded one."""
    number = _CSEQ.search(request)
    if number is None or not data.startswith(b"RTSP/"):
        return data
    return _CSEQ.sub(b"CSeq: " + number[1], data, count=1)
