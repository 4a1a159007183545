"""What a camera, or a file, tells FFmpeg to open leads nowhere: a real server there hears nothing."""

import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.ingest.sources import SourceUnavailableError, failure_reasons
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.ffmpeg import FfmpegSource
from services.ingest.sources.video_file import VideoFileSource
from tests.ingest.sources.reading import next_picture
from tests.ingest.sources.test_ffmpeg import serving


class Victim:
    """Somebody else's server. `heard` is what reached it, an empty piece for a mere connection."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                with connection:
                    connection.settimeout(5)
                    self.heard.append(connection.recv(4096))

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._server.close()


@pytest.fixture
def victim() -> Iterator[Victim]:
    with closing(Victim()) as listening:
        yield listening


@contextmanager
def http_camera(status: str, header: str, body: bytes = b"") -> Iterator[str]:
    """A camera that gives the same answer to each request."""

    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        head = f"HTTP/1.0 {status}\r\n{header}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)

    with serving(serve) as port:
        yield f"http://127.0.0.1:{port}/x"


def failure(url: str, open_seconds: float = 15) -> SourceUnavailableError:
    source = FfmpegSource(ConnectionOptions(url, "admin", "hunter2hunter2", open_seconds=open_seconds))
    with closing(source), pytest.raises(SourceUnavailableError) as caught:
        source.open()
    return caught.value


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("scheme", ["http", "rtsp", "tcp"])
def test_a_redirect_over_http_is_not_followed(victim: Victim, status: str, scheme: str) -> None:
    """The camera would have us ask anybody in the network for anything."""
    with http_camera(status, f"Location: {scheme}://127.0.0.1:{victim.port}/internal") as url:
        assert str(failure(url)) == failure_reasons.MAY_BE_REDIRECTED
    assert victim.heard == []


def segments(uri: str) -> bytes:
    return f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:20\n#EXTINF:20,\n{uri}\n".encode()


def manifest(uri: str) -> bytes:
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT10S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>'
        '<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1" width="320" height="240" '
        f'codecs="avc1"><BaseURL>{uri}</BaseURL><SegmentBase indexRange="0-100"/></Representation></AdaptationSet>'
        "</Period></MPD>"
    ).encode()


def session_description(port: int) -> bytes:
    return (
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=video {port} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    ).encode()


def playlists(port: int) -> dict[str, tuple[str, bytes]]:
    """By their names: a media type, and a text that leads to `port`."""
    uri = f"http://127.0.0.1:{port}/internal"
    return {
        "live.m3u8": ("application/vnd.apple.mpegurl", segments(uri)),
        "master.m3u8": ("application/x-mpegurl", f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9\n{uri}\n".encode()),
        "key.m3u8": ("audio/mpegurl", segments(uri).replace(b"#EXTINF", f'#EXT-X-MAP:URI="{uri}"\n#EXTINF'.encode())),
        "manifest.mpd": ("application/dash+xml", manifest(uri)),
        "list.ffconcat": ("text/plain", f"ffconcat version 1.0\nfile '{uri}'\n".encode()),
        "camera.sdp": ("application/sdp", session_description(port)),
        "tcp.m3u8": ("application/vnd.apple.mpegurl", segments(f"tcp://127.0.0.1:{port}")),
    }


@pytest.mark.parametrize("name", list(playlists(0)))
def test_a_playlist_over_http_is_not_followed(victim: Victim, name: str) -> None:
    """The victim's video would become this camera's picture."""
    kind, text = playlists(victim.port)[name]
    with http_camera("200 OK", f"Content-Type: {kind}", text) as url:
        assert str(failure(url)).startswith((failure_reasons.CANT_BE_OPENED, failure_reasons.REDIRECTED))
    assert victim.heard == []


@pytest.mark.parametrize("name", list(playlists(0)))
def test_a_playlist_in_a_file_is_not_followed(victim: Victim, name: str, tmp_path: Path) -> None:
    """A file may have come from anywhere."""
    path = tmp_path / name
    path.write_bytes(playlists(victim.port)[name][1])
    with pytest.raises(SourceUnavailableError, match=r"can't be opened|leads elsewhere"):
        VideoFileSource(str(path)).open()
    assert victim.heard == []


@pytest.mark.parametrize("name", ["concat:a.jpg", "http:a.jpg", "%03d.jpg", "[ab]*.jpg"])
def test_a_file_is_opened_as_that_file_whatever_its_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FFmpeg takes some names for a protocol, or for many files."""
    monkeypatch.chdir(tmp_path)
    assert cv2.imwrite("picture.jpg", np.zeros((48, 64, 3), np.uint8))
    Path("picture.jpg").rename(name)
    with closing(VideoFileSource(name)) as source:
        source.open()
        assert next_picture(source).width == 64


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("scheme", ["rtsp", "rtsps", "http"])
def test_an_rtsp_redirect_is_not_followed(victim: Victim, method: str, host: str, scheme: str) -> None:
    """FFmpeg would send the camera's password there. Afterwards this process can open sockets as before."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with redirecting(method, f"{scheme}://{host}:{victim.port}/internal") as url:
        error = failure(url)
    assert victim.heard == []
    if method in ("OPTIONS", "DESCRIBE"):
        assert str(error) == failure_reasons.REDIRECTED
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == limits


@contextmanager
def redirecting(redirected: str, location: str) -> Iterator[str]:
    """An RTSP camera that redirects one method."""
    description = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"

    def serve(connection: socket.socket) -> None:
        while request := connection.recv(4096):
            sequence = next(line for line in request.split(b"\r\n") if line.startswith(b"CSeq"))
            headers = [b"RTSP/1.0 200 OK", sequence, b"Session: 7"]
            if request.startswith(redirected.encode()):
                headers = [b"RTSP/1.0 302 Found", sequence, f"Location: {location}".encode()]
            headers += [b"Transport: RTP/AVP/TCP;unicast;interleaved=0-1", b"Content-Length: %d" % len(description)]
            connection.sendall(b"\r\n".join((*headers, b"", description)))

    with serving(serve) as port:
        yield f"rtsp://127.0.0.1:{port}/x"


@pytest.mark.parametrize("length", [99_999_999_999, 2**31 - 1, 300 * 1024**2])
def test_a_body_of_gigabytes_is_not_received(length: int) -> None:
    """FFmpeg allocates as much as an RTSP answer announces, and keeps what it received of it. What is sent beyond that
    waits in the kernel: at the receiver as much as this computer allows, which can be 32 MB.
    """
    sent = 0

    def serve(connection: socket.socket) -> None:
        nonlocal sent
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        request = connection.recv(4096)
        sequence = next(line for line in request.split(b"\r\n") if line.startswith(b"CSeq"))
        connection.sendall(b"RTSP/1.0 200 OK\r\n%s\r\nContent-Length: %d\r\n\r\n" % (sequence, length))
        while sent < length:
            connection.sendall(bytes(65_536))
            sent += 65_536

    with serving(serve) as port:
        failure(f"rtsp://127.0.0.1:{port}/x", open_seconds=2)  # all of which it reads
    *_, most_waiting = map(int, Path("/proc/sys/net/ipv4/tcp_rmem").read_text().split())
    assert sent < most_waiting + 1024**2
