"""A camera to be made odd: it speaks RTSP and sends RTP as a good one does. A case overrides what is odd about it.

Real sockets on loopback, a thread for each connection. Pictures go round and round, faster than in life.
"""

import base64
import itertools
import socket
import struct
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from tests.odd_cameras.clips import Clip, clip
from tests.odd_cameras.payloads import payloads_of
from tests.support.connections import each_connection

TICKS_PER_PICTURE: Final = 3600
PICTURE_SECONDS: Final = 0.02
PLACE: Final = "127.0.0.1"


@dataclass(slots=True)
class Packet:
    """An RTP packet. `first` is its first byte; `extra` stands between its header and its payload."""

    payload: bytes
    marker: bool = False
    timestamp: int = 0
    sequence: int = 0
    payload_type: int = 96
    ssrc: int = 0x5EED
    first: int = 0x80
    extra: bytes = b""

    def __bytes__(self) -> bytes:
        second = self.marker << 7 | self.payload_type
        numbers = self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc
        return struct.pack("!BBHII", self.first, second, *numbers) + self.extra + self.payload


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` has names in lower case."""

    method: str
    url: str
    headers: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> Self:
        first, *lines = text.split("\r\n")
        method, url, _ = first.split(" ")
        pairs = (line.partition(":") for line in lines)
        return cls(method, url, {name.strip().lower(): value.strip() for name, _, value in pairs})


@dataclass(slots=True)
class Stream:
    """Where a session's numbers are. A case may change them."""

    sequence: int = 65_500
    timestamp: int = 4_294_900_000
    index: int = 0
    ssrc: int = 0x5EED
    number: int = 0
    extra: dict[str, int] = field(default_factory=dict)


class HangUpError(Exception):
    """Raised by a case to close the connection."""


class Camera:
    """Used within `running(camera)`, which gives it its `url`."""

    path: ClassVar[str] = "cam"
    payload_type: ClassVar[int] = 96
    newline: ClassVar[str] = "\r\n"
    public: ClassVar[str] = "OPTIONS, DESCRIBE, SETUP, TEARDOWN, PLAY, GET_PARAMETER"
    sends_by: ClassVar[tuple[str, ...]] = ("tcp", "udp")
    channels: ClassVar[tuple[int, int]] = (0, 1)

    def __init__(self, shown: Clip | None = None) -> None:
        self.clip = shown or clip()
        self.url = ""
        self.requests: list[Request] = []
        self.connections = 0
        self.has_ended = threading.Event()

    # What it says.

    def answer(self, request: Request, link: "Link") -> bytes | None:
        """What it says to a request; None for nothing. `link` is the connection."""
        method = getattr(self, f"on_{request.method.lower()}", self.on_other)
        said: bytes | None = method(request, link)
        return said

    def on_other(self, request: Request, _link: "Link") -> bytes | None:
        return self.says(request)

    def on_options(self, request: Request, _link: "Link") -> bytes | None:
        return self.says(request, headers=[f"Public: {self.public}"])

    def on_describe(self, request: Request, _link: "Link") -> bytes | None:
        return self.says(request, headers=self.describe_headers(), body=self.description())

    def on_setup(self, request: Request, link: "Link") -> bytes | None:
        asked = request.headers["transport"]
        way = "tcp" if "interleaved" in asked or "/TCP" in asked else "udp"
        if way not in self.sends_by:
            return self.says(request, "461 Unsupported Transport")
        if way == "udp":
            link.udp_port = int(asked.split("client_port=")[1].split("-")[0])
        return self.says(request, headers=[*self.session_headers(), self.transport(asked, way)])

    def on_play(self, request: Request, link: "Link") -> bytes | None:
        link.plays = True
        return self.says(request, headers=self.session_headers())

    def on_teardown(self, request: Request, link: "Link") -> bytes | None:
        link.plays = False
        return self.says(request)

    def says(self, request: Request, status: str = "200 OK", headers: Iterable[str] = (), body: str = "") -> bytes:
        lines = [f"RTSP/1.0 {status}", *self.sequence_headers(request), *headers]
        if body:
            lines += ["Content-Type: application/sdp", f"Content-Length: {len(body.encode('latin-1'))}"]
        return (self.newline.join([*lines, "", ""]) + body).encode("latin-1")

    def sequence_headers(self, request: Request) -> list[str]:
        return [f"CSeq: {request.headers.get('cseq', '')}"]

    def describe_headers(self) -> list[str]:
        return [f"Content-Base: {self.url}/"]

    def session_headers(self) -> list[str]:
        return ["Session: 1a2b3c4d;timeout=60"]

    def transport(self, asked: str, way: str) -> str:
        if way == "udp":
            return f"Transport: {asked};server_port=6970-6971;ssrc=00005EED"
        return f"Transport: RTP/AVP/TCP;unicast;interleaved={self.channels[0]}-{self.channels[1]}"

    def description(self) -> str:
        lines = [
            "v=0",
            f"o=- 1 1 IN IP4 {PLACE}",
            "s=Session",
            "c=IN IP4 0.0.0.0",
            "t=0 0",
            "a=control:*",
            *self.media(),
        ]
        return self.newline.join([*lines, ""])

    def media(self) -> list[str]:
        return [f"m=video 0 RTP/AVP {self.payload_type}", *self.format_lines(), "a=control:track1"]

    def format_lines(self) -> list[str]:
        if self.clip.codec == "JPEG":
            return []
        kind = self.payload_type
        return [f"a=rtpmap:{kind} {self.clip.codec}/90000", *(f"a=fmtp:{kind} {text}" for text in self.format_text())]

    def format_text(self) -> list[str]:
        sets = [base64.b64encode(one).decode() for one in self.clip.parameter_sets]
        if self.clip.codec == "H264":
            return [f"packetization-mode=1;sprop-parameter-sets={','.join(sets)}"]
        return [";".join(f"sprop-{name}={one}" for name, one in zip(("vps", "sps", "pps"), sets, strict=True))]

    # What it sends.

    def unit(self, index: int) -> Sequence[bytes]:
        """The NAL units of the picture at `index`."""
        return self.clip.units[index % len(self.clip.units)]

    def payloads(self, unit: Sequence[bytes]) -> list[bytes]:
        return payloads_of(self.clip.codec, unit)

    def packets(self, stream: Stream) -> list[Packet]:
        """One picture's packets, numbered."""
        packets = [Packet(payload) for payload in self.payloads(self.unit(stream.index))]
        packets[-1].marker = True
        return self.numbered(packets, stream)

    def numbered(self, packets: list[Packet], stream: Stream) -> list[Packet]:
        for packet in packets:
            packet.sequence, packet.timestamp, packet.ssrc = stream.sequence, stream.timestamp, stream.ssrc
            packet.payload_type = self.payload_type
            stream.sequence = stream.sequence + 1 & 0xFFFF
        return packets

    def wire(self, packet: Packet, _stream: Stream) -> bytes:
        """A packet as it is interleaved."""
        return framed(bytes(packet), self.channels[0])

    def play(self, link: "Link") -> None:
        """Send picture after picture until the session ends."""
        stream = Stream()
        for index in itertools.count():
            if self.has_ended.wait(PICTURE_SECONDS) or not link.plays:
                return
            stream.index = index
            packets = self.packets(stream)
            if link.udp_port:
                for packet in packets:
                    link.udp.sendto(bytes(packet), (PLACE, link.udp_port))
            else:
                link.send(b"".join(self.wire(packet, stream) for packet in packets))
            stream.timestamp = stream.timestamp + TICKS_PER_PICTURE & 0xFFFFFFFF

    def asked(self, method: str) -> list[Request]:
        return [request for request in self.requests if request.method == method]


class Link:
    """One connection to the camera: `plays` says whether pictures are sent."""

    def __init__(self, camera: Camera, connection: socket.socket) -> None:
        self.camera = camera
        self.plays = False
        self.udp_port = 0
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.state: dict[str, int] = {}
        self._connection = connection
        self._lock = threading.Lock()
        self._player: threading.Thread | None = None

    def send(self, data: bytes) -> None:
        with self._lock:
            self._connection.sendall(data)

    def run(self) -> None:
        try:
            with suppress(OSError, HangUpError), self._connection:
                for text in messages(self._connection):
                    self._handle(text)
        finally:
            self.plays = False
            if self._player is not None:
                self._player.join(10)
            self.udp.close()

    def _handle(self, text: str) -> None:
        if text.startswith("RTSP/"):
            return
        request = Request.parse(text)
        self.camera.requests.append(request)
        said = self.camera.answer(request, self)
        if said is not None:
            self.send(said)
        if self.plays and self._player is None:
            self._player = threading.Thread(target=self._play)
            self._player.start()

    def _play(self) -> None:
        with suppress(OSError, HangUpError):
            self.camera.play(self)
            return
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)


def framed(data: bytes, channel: int) -> bytes:
    return b"$" + bytes([channel]) + len(data).to_bytes(2, "big") + data


def messages(connection: socket.socket) -> Iterator[str]:
    """Requests and answers, without the reports between them."""
    buffer = b""
    while data := connection.recv(65_536):
        buffer += data
        while buffer:
            if buffer[:1] == b"$":
                if len(buffer) < 4 or len(buffer) < (end := 4 + int.from_bytes(buffer[2:4], "big")):
                    break
                buffer = buffer[end:]
            elif b"\r\n\r\n" in buffer:
                text, _, buffer = buffer.partition(b"\r\n\r\n")
                yield text.decode()
            else:
                break


@contextmanager
def running(camera: Camera, host: str = PLACE) -> Iterator[Camera]:
    """Serves until the end."""

    def serve(connection: socket.socket) -> None:
        camera.connections += 1
        Link(camera, connection).run()

    with each_connection(serve, host) as port:
        shown = f"[{host}]" if ":" in host else host
        camera.url = f"rtsp://{shown}:{port}/{camera.path}"
        try:
            yield camera
        finally:
            camera.has_ended.set()
