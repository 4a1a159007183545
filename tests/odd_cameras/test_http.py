"""HTTP cameras that are odd. Each plays, and is named for what it does."""

import socket

import pytest

from tests.odd_cameras.camera import PICTURE_SECONDS, Request
from tests.odd_cameras.clips import Clip, clip
from tests.odd_cameras.containers import video_in
from tests.odd_cameras.http_camera import HttpCamera, running
from tests.odd_cameras.watching import plays


class GivesNoLengths(HttpCamera):
    def part(self, jpeg: bytes, _index: int) -> bytes:
        return b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg + b"\r\n"


class GivesWrongLengths(HttpCamera):
    def part(self, jpeg: bytes, index: int) -> bytes:
        wrong = len(jpeg) + (7 if index % 2 else -7)
        return f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {wrong}\r\n\r\n".encode() + jpeg + b"\r\n"


class BeginsWithAPartsHeader(HttpCamera):
    """Without a boundary before the first part."""

    def part(self, jpeg: bytes, index: int) -> bytes:
        return super().part(jpeg, index).partition(b"\r\n")[2] + b"--frame\r\n"


class CallsItsBoundaryOtherwise(HttpCamera):
    content_type = 'multipart/x-mixed-replace;boundary = "--another"'


class CallsItsPartsImageJpg(HttpCamera):
    def part(self, jpeg: bytes, index: int) -> bytes:
        return super().part(jpeg, index).replace(b"image/jpeg", b"image/jpg").replace(b"\r\n", b"\n", 3)


class SendsOneJpegAfterTheOther(HttpCamera):
    content_type = "image/jpeg"

    def part(self, jpeg: bytes, _index: int) -> bytes:
        return jpeg


class SendsOtherPartsBetween(HttpCamera):
    def part(self, jpeg: bytes, index: int) -> bytes:
        return b'--frame\r\nContent-Type: application/json\r\n\r\n{"motion": 1}\r\n' + super().part(jpeg, index)


class SendsInChunks(HttpCamera):
    def head(self) -> bytes:
        return super().head().replace(b"Connection: close", b"Transfer-Encoding: chunked")

    def part(self, jpeg: bytes, index: int) -> bytes:
        part = super().part(jpeg, index)
        pieces = (part[at : at + 700] for at in range(0, len(part), 700))
        return b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)


class SpeaksAnOlderHttp(HttpCamera):
    def head(self) -> bytes:
        return f"HTTP/1.0 200\nContent-type:{self.content_type}\n\n".encode()


class EndsAfterEachPicture(HttpCamera):
    """As if it were a stream."""

    def serve(self, connection: socket.socket, _request: Request) -> bool:
        connection.sendall(self.head() + self.part(self.jpeg(len(self.requests)), 0))
        return False


class IsASinglePicture(HttpCamera):
    path = "snapshot.jpg"

    def serve(self, connection: socket.socket, _request: Request) -> bool:
        jpeg = self.jpeg(len(self.requests))
        connection.sendall(
            f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode() + jpeg
        )
        return True


class IsASinglePictureOfUnknownLength(IsASinglePicture):
    def serve(self, connection: socket.socket, _request: Request) -> bool:
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + self.jpeg(len(self.requests)))
        return False


class LeadsToAnotherPath(HttpCamera):
    def serve(self, connection: socket.socket, request: Request) -> bool:
        if request.url != "/live":
            connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /live\r\nContent-Length: 0\r\n\r\n")
            return True
        return super().serve(connection, request)


@pytest.mark.parametrize("kind", [
    HttpCamera, GivesNoLengths, GivesWrongLengths, BeginsWithAPartsHeader, CallsItsBoundaryOtherwise,
    CallsItsPartsImageJpg, SendsOneJpegAfterTheOther, SendsOtherPartsBetween, SendsInChunks, SpeaksAnOlderHttp,
    EndsAfterEachPicture, IsASinglePicture, IsASinglePictureOfUnknownLength, LeadsToAnotherPath,
])  # fmt: skip
def test_a_camera_plays_that(kind: type[HttpCamera]) -> None:
    """Each of its pictures is right."""
    with running(kind()) as camera:
        assert plays(camera.url, camera.clip, count=6)


class WantsALogin(HttpCamera):
    challenge = 'Digest realm="cam", nonce="00ff", qop="auth"'

    def serve(self, connection: socket.socket, request: Request) -> bool:
        if not request.headers.get("authorization", "").startswith(self.challenge.partition(" ")[0]):
            connection.sendall(
                f"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {self.challenge}\r\nContent-Length: 0\r\n\r\n".encode()
            )
            return True
        return super().serve(connection, request)


class WantsABasicLogin(WantsALogin):
    challenge = 'Basic realm="cam"'


@pytest.mark.parametrize("kind", [WantsALogin, WantsABasicLogin])
def test_a_camera_plays_that_asks_by(kind: type[WantsALogin]) -> None:
    """On the same connection."""
    with running(kind()) as camera:
        assert plays(camera.url, camera.clip, rtsp_username="viewer", rtsp_password="secret")  # noqa: S106 a secret of the test's own


class ContainerCamera(HttpCamera):
    """Sends a video in a container."""

    def __init__(self, shown: Clip, container: str) -> None:
        super().__init__(shown)
        self.content_type = "video/x-flv" if container == "flv" else "application/octet-stream"
        self._video = video_in(container, shown)

    def serve(self, connection: socket.socket, _request: Request) -> bool:
        connection.sendall(self.head())
        for at in range(0, len(self._video), 2000):
            connection.sendall(self._video[at : at + 2000])
            if self.has_ended.wait(PICTURE_SECONDS / 4):
                break
        return False


@pytest.mark.parametrize("container", ["flv", "mpegts", "matroska", "h264"])
def test_a_camera_plays_that_sends_without_sound(container: str) -> None:
    """Nothing waits for a sound that does not come."""
    with running(ContainerCamera(clip(count=48), container)) as camera:
        assert plays(camera.url, camera.clip)
