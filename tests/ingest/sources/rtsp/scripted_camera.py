"""A camera that behaves well but for what a test makes odd: real sockets, any number of connections, recorded pictures.

By TCP and by UDP. It sends its twelve pictures once, after each PLAY.
"""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from services.ingest.sources import SourceUnavailableError
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.rtsp.source import RtspSource
from tests.ingest.sources.rtp.recorded import recorded
from tests.support.connections import each_connection

PACKETS: Final = recorded("h264")
NOTHING, HANGS_UP = b"nothing", b"hangs up"
PUBLIC: Final = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` has names in lower case."""

    method: str
    url: str
    headers: dict[str, str]

    def said(self, line: str = "200 OK", *headers: str, body: str = "", end: str = "\r\n") -> bytes:
        """An answer to it."""
        lines = [f"RTSP/1.0 {line}", f"CSeq: {self.headers['cseq']}", *headers]
        lines += [f"Content-Length: {len(body.encode())}"] if body else []
        return end.join([*lines, "", body]).encode()


def interleaved(packet: bytes, channel: int = 0) -> bytes:
    return b"$" + bytes([channel]) + len(packet).to_bytes(2, "big") + packet


@dataclass(slots=True)
class Script:
    """What is odd. `answer` returns what the camera says to a request; None for what a good one would say."""

    answer: Callable[["ScriptedCamera", Request], bytes | None] = lambda _camera, _request: None
    description: str = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=0\r\n"
    describe_headers: tuple[str, ...] = ()
    stream: bytes = b"".join(map(interleaved, PACKETS))
    is_mute: bool = False
    transports: tuple[str, ...] = ("tcp", "udp")


@dataclass(slots=True)
class ScriptedCamera:
    """`requests` holds all that it was asked, by connection; `connections` counts them."""

    script: Script
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    connections: int = 0
    ports: list[int] = field(default_factory=list)

    def asked(self, method: str) -> list[Request]:
        return [request for request in self.requests if request.method == method]

    def serve(self, connection: socket.socket) -> None:
        self.connections += 1
        buffer = b""
        while True:
            while buffer[:1] == b"$" and len(buffer) >= 4:
                buffer = buffer[4 + int.from_bytes(buffer[2:4], "big") :]
            if b"\r\n\r\n" in buffer:
                text, _, buffer = buffer.partition(b"\r\n\r\n")
                if not self._handle(text.decode(), connection):
                    return
            else:
                data = connection.recv(65_536)
                if not data:
                    return
                buffer += data

    def _handle(self, text: str, connection: socket.socket) -> bool:
        first, *lines = text.split("\r\n")
        if first.startswith("RTSP/"):
            self.answers.append(text)
            return True
        method, url, _ = first.split(" ")
        pairs = (line.partition(":") for line in lines)
        request = Request(method, url, {name.lower(): value.strip() for name, _, value in pairs})
        self.requests.append(request)
        answer = self.script.answer(self, request)
        if answer is None:
            answer = self.usual(request)
        if answer not in (NOTHING, HANGS_UP):
            connection.sendall(answer.removesuffix(HANGS_UP))
        if method == "PLAY" and re.search(rb"(?m)^RTSP/\d\.\d\s+200", answer):
            self.play(connection)
        return not answer.endswith(HANGS_UP)

    def usual(self, request: Request) -> bytes:
        if request.method == "OPTIONS":
            return request.said("200 OK", PUBLIC)
        if request.method == "DESCRIBE":
            self.ports.clear()
            return request.said("200 OK", *self.script.describe_headers, body=self.script.description)
        if request.method != "SETUP":
            return request.said("200 OK")
        transport = request.headers["transport"]
        if ("tcp" if "interleaved" in transport else "udp") not in self.script.transports:
            return request.said("461 Unsupported Transport")
        if "client_port=" in transport:
            self.ports.append(int(transport.split("client_port=")[1].split("-")[0]))
        return request.said("200 OK", "Session: 7;timeout=60", f"Transport: {transport}")

    def play(self, connection: socket.socket) -> None:
        if self.script.is_mute:
            return
        ports = tuple(self.ports)  # a connection that begins anew empties them
        if not ports:
            connection.sendall(self.script.stream)
            return
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for packet in PACKETS:
                sender.sendto(packet, ("127.0.0.1", ports[0]))


@contextmanager
def scripted_camera(script: Script) -> Iterator[ScriptedCamera]:
    """A camera at a port of this machine, with a thread for each connection."""
    camera = ScriptedCamera(script)
    with each_connection(camera.serve) as port:
        camera.url = f"rtsp://127.0.0.1:{port}/cam"
        yield camera


def source_of(camera: ScriptedCamera, **options: object) -> RtspSource:
    return RtspSource(ConnectionOptions(camera.url, **options))  # type: ignore[arg-type]


def sees(source: RtspSource) -> bool:
    """Opens the source. Whether its picture is the recorded one."""
    source.open()
    for _ in range(100):
        picture = source.retrieve() if source.grab() else None
        if picture is not None:
            return (picture.width, picture.height) == (64, 48)
    return False


def why_not(source: RtspSource) -> str:
    """Why the source gives no picture."""
    try:
        assert not sees(source), "it gives one"
    except SourceUnavailableError as error:
        return str(error)
    return "no reason"
