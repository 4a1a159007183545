"""An RTSP camera that answers as the test wants, over a real socket."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

Answer = Callable[[str], bytes | None]
END = "\r\n\r\n"
H264_VIDEO = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"


class FakeCamera:
    """Answers each request with `answer(method)`, its CSeq filled in; None keeps silent."""

    def __init__(self, answer: Answer) -> None:
        self.requests: list[str] = []
        self._answer = answer
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self._server.getsockname()[1]}/cam"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._server.close()

    def _serve(self) -> None:
        try:
            connection, _ = self._server.accept()
        except OSError:
            return
        with connection, suppress(ConnectionError):  # the client may leave as it likes
            while arrived := connection.recv(4096).decode():
                # A reminder and a goodbye may come in one piece.
                for request in arrived.split(END)[:-1]:
                    self.requests.append(request + END)
                    sequence = next(line for line in request.split("\r\n") if line.startswith("CSeq"))
                    answer = self._answer(request.partition(" ")[0])
                    if answer == b"":
                        return
                    if answer is not None:
                        connection.sendall(answer.replace(b"CSEQ", sequence.encode()))


@contextmanager
def fake_camera(answer: Answer) -> Iterator[FakeCamera]:
    with closing(FakeCamera(answer)) as running:
        yield running


def said(line: str, *headers: str, body: str = "") -> bytes:
    lines = [f"RTSP/1.0 {line}", "CSEQ", *headers, f"Content-Length: {len(body)}", "", body]
    return "\r\n".join(lines).encode()
