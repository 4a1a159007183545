"""Cameras that give no picture. Each has its true words, which say what to do."""

import socket

import pytest

from tests.odd_cameras.camera import Camera, Link, Request, running
from tests.odd_cameras.http_camera import HttpCamera
from tests.odd_cameras.http_camera import running as http_running
from tests.odd_cameras.test_speech import Guarded
from tests.odd_cameras.watching import why_not
from tests.support.ports import free_port


class HasNoSuchStream(Camera):
    def on_describe(self, request: Request, _link: Link) -> bytes | None:
        return self.says(request, "404 Not Found")


class HasTooManyViewers(Camera):
    def on_setup(self, request: Request, _link: Link) -> bytes | None:
        return self.says(request, "453 Not Enough Bandwidth")


class HasSoundAlone(Camera):
    def media(self) -> list[str]:
        return ["m=audio 0 RTP/AVP 0", "a=control:track1"]


class IsMute(Camera):
    def play(self, _link: Link) -> None:
        return


class LeadsToAnotherHost(Camera):
    def on_describe(self, request: Request, _link: Link) -> bytes | None:
        return self.says(request, "302 Moved", ["Location: rtsp://198.51.100.7/cam"])


class SpeaksHttp(Camera):
    def answer(self, _request: Request, _link: Link) -> bytes | None:
        return b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class RefusesInItsOwnWords(Camera):
    def on_play(self, request: Request, _link: Link) -> bytes | None:
        return self.says(request, "499 Insert Coin")


@pytest.mark.parametrize(("kind", "words"), [
    (HasNoSuchStream, "The camera has no stream at this path. Check the path in CAMERA_RTSP_URL."),
    (HasTooManyViewers, "too many viewers"),
    (HasSoundAlone, "no video"),
    (LeadsToAnotherHost, "leads elsewhere"),
    (SpeaksHttp, "like a web server"),
    (RefusesInItsOwnWords, "499 Insert Coin"),
    (Guarded, "none is set"),
])  # fmt: skip
def test_the_words_say_why_there_is_no_picture_of_a_camera_that(kind: type[Camera], words: str) -> None:
    """None of them blames the network."""
    with running(kind()) as camera:
        told = why_not(camera.url, decoder="direct")
    assert words in told
    assert "lost" not in told


def test_a_mute_camera_is_asked_in_every_way_and_told_as_mute() -> None:
    """It agreed to send."""
    with running(IsMute()) as camera:
        assert "sends no pictures" in why_not(camera.url, decoder="direct", open_seconds=3)
        assert {"udp" if "client_port" in one.headers["transport"] else "tcp" for one in camera.asked("SETUP")} == {
            "tcp",
            "udp",
        }


def test_a_wrong_password_is_told_as_such_and_offered_once() -> None:
    """Cameras lock out clients that keep guessing."""
    with running(Guarded()) as camera:
        told = why_not(camera.url, rtsp_username="viewer", rtsp_password="wrong")  # noqa: S106 a secret of the test's own
        assert "refused the user name or password" in told
        assert sum("authorization" in one.headers for one in camera.requests) == 1


def test_an_address_where_nobody_listens_refuses_connections() -> None:
    """By either protocol."""
    for scheme in ("rtsp", "http"):
        assert "refuses connections" in why_not(f"{scheme}://127.0.0.1:{free_port()}/cam")


class SaysAtOnce(HttpCamera):
    said = b""

    def serve(self, connection: socket.socket, _request: Request) -> bool:
        connection.sendall(self.said)
        return False


class ShowsAWebPage(SaysAtOnce):
    said = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\r\n<html>Hello!</html>\n"


class SendsAPlaylist(SaysAtOnce):
    said = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-mpegURL\r\nContent-Length: 8\r\n\r\n#EXTM3U\n"


class LeadsToAnotherServer(SaysAtOnce):
    said = b"HTTP/1.1 302 Found\r\nLocation: http://198.51.100.7/video\r\nContent-Length: 0\r\n\r\n"


class WantsALogin(SaysAtOnce):
    said = b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="cam"\r\nContent-Length: 0\r\n\r\n'


class IsTooBusy(SaysAtOnce):
    said = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(("kind", "words"), [
    (ShowsAWebPage, "like a web server"),
    (SendsAPlaylist, "playlist"),
    (LeadsToAnotherServer, "another server"),
    (WantsALogin, "none is set"),
    (IsTooBusy, "too many viewers"),
])  # fmt: skip
def test_the_words_say_why_there_is_no_picture_of_an_http_camera_that(kind: type[SaysAtOnce], words: str) -> None:
    """What to set is in them, where something is to be set."""
    with http_running(kind()) as camera:
        assert words in why_not(camera.url)
