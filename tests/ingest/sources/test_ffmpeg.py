"""FFmpeg's reader against a real camera, and what a camera that fails is said to have done, by real refusals."""

import logging
import re
import socket
import struct
import threading
import time
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import pytest

from services.ingest.decoding.pictures import JpegPicture, Picture, YuvPicture
from services.ingest.sources import (
    SourceSilentError,
    SourceUnauthorizedError,
    SourceUnavailableError,
    SourceUnreachableError,
    certificate_reasons,
    failure_reasons,
)
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.ffmpeg import FfmpegSource
from tests.ingest.sources.reading import failure_of, next_picture, shown
from tests.ingest.sources.rtp.recorded import has_marker, recorded
from tests.ingest.sources.rtsp.test_source import certificate, threads_and_descriptors
from tests.support.camera import RtspCamera
from tests.support.clock import read_clock, shows_camera_colours
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE

USER, SECRET = "vi:ewer", "s3cr:/@ #t"
BASIC = b64encode(f"{USER}:{SECRET}".encode()).decode()
HIDDEN = (USER, SECRET, quote(USER, safe=""), quote(SECRET, safe=""), quote(SECRET, safe="").lower(), BASIC)
Answer = Callable[[bytes], bytes | None]


@pytest.fixture
def camera() -> Iterator[RtspCamera]:
    with RtspCamera() as running:
        yield running


@contextmanager
def opened(url: str, **options: Any) -> Iterator[FfmpegSource]:
    with closing(FfmpegSource(ConnectionOptions(url, **options))) as source:
        source.open()
        yield source


@pytest.mark.camera
@pytest.mark.parametrize(
    ("codec", "kind", "name"),
    [("h264", YuvPicture, "h264"), ("h265", YuvPicture, "hevc"), ("mjpeg", JpegPicture, "mjpeg")],
)
def test_pictures_come_in_the_cameras_colours_and_on_time(
    codec: Literal["h264", "h265", "mjpeg"], kind: type[Picture], name: str
) -> None:
    """JPEGs as the camera made them; others from the decoder's planes, as the direct reader's are."""
    with RtspCamera(codec=codec) as camera, opened(camera.url) as source:
        for _ in range(40):
            picture = next_picture(source)
        pixels = shown(picture)
        assert isinstance(picture, kind)
        assert pixels.shape == (360, 640, 3)
        assert shows_camera_colours(pixels)
        assert 0 <= time.time() * 1000 - (read_clock(pixels) or 0) < 1000
        assert source.facts().codec == name
    assert source.facts().codec is None


@pytest.mark.camera
def test_grabbing_decodes_nothing_and_the_newest_picture_is_there_when_asked_for(
    camera: RtspCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nobody watches a camera costs next to nothing, yet whoever comes sees it at once."""
    with opened(camera.url) as source:
        decoder = source._opened()._pictures._decoder
        assert decoder is not None
        decode, decoded = decoder.decode, []

        def counted(data: bytes, *, is_shown: bool = True) -> Any:
            decoded.append(1)
            return decode(data, is_shown=is_shown)

        monkeypatch.setattr(decoder, "decode", counted)
        for _ in range(75):
            assert source.grab()
        assert decoded == []
        picture = source.retrieve()
        assert picture is not None
        assert 0 <= time.time() * 1000 - (read_clock(shown(picture)) or 0) < 1000
        assert 1 <= len(decoded) <= 31, "of a GOP of 30 no more is decoded than there is"
        assert source.retrieve() is not None


@pytest.mark.camera
def test_a_new_size_is_followed_without_a_new_connection(camera: RtspCamera) -> None:
    """OpenCV's decoder would squeeze it into the old one."""
    with opened(camera.url) as source:
        assert next_picture(source).width == 640
        camera.resize(320, 240)
        until = time.monotonic() + 10
        while (picture := next_picture(source)).width != 320:
            assert time.monotonic() < until
        assert picture.height == 240
        assert shows_camera_colours(shown(next_picture(source)))
        assert camera.total_sessions == 1


@pytest.mark.camera
def test_a_silent_camera_is_noticed_and_let_go_at_once(camera: RtspCamera) -> None:
    """After as long as it may be silent. One that hangs must not hang us when it is closed."""
    with opened(camera.url, stall_seconds=1) as source:
        next_picture(source)
        camera.pause()
        begun = time.monotonic()
        assert str(failure_of(source)) == failure_reasons.STOPPED
        stalled_at = time.monotonic()
        assert 0.9 < stalled_at - begun < 2 * PATIENCE
        source.close()
        assert time.monotonic() - stalled_at < 1 * PATIENCE
        camera.resume()
        source.open()
        assert 0 <= time.time() * 1000 - (read_clock(shown(next_picture(source))) or 0) < 2000


@pytest.mark.camera
def test_a_computer_without_time_does_not_say_that_the_camera_stopped(
    camera: RtspCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reads are cut then, though pictures wait in the kernel. A new connection would take them for fresh ones."""
    with opened(camera.url, stall_seconds=1) as source:
        next_picture(source)
        monkeypatch.setattr(source._opened()._cpu_demand, "is_too_much", lambda: True)
        camera.pause()
        resuming = threading.Timer(3, camera.resume)
        paused_ms = time.time() * 1000
        resuming.start()
        while (read_clock(shown(next_picture(source))) or 0) < paused_ms + 2000:
            pass
        resuming.join()
        assert camera.total_sessions == 1


@pytest.mark.camera
def test_a_camera_that_ends_or_dies_is_noticed_at_once(camera: RtspCamera) -> None:
    """Not only when it was silent for long."""
    for end in (RtspCamera.end_stream, RtspCamera.kill):
        with opened(camera.url, stall_seconds=30) as source:
            next_picture(source)
            end(camera)
            assert str(failure_of(source)) == failure_reasons.STOPPED
        camera.restart()


@pytest.mark.camera
def test_udp_brings_pictures_too() -> None:
    """For cameras that want it."""
    with RtspCamera(udp=True) as camera, opened(camera.url, transport="udp") as source:
        assert shows_camera_colours(shown(next_picture(source)))


@pytest.mark.camera
@pytest.mark.parametrize("auth", ["basic", "digest"])
def test_only_the_right_password_is_let_in(auth: Literal["basic", "digest"]) -> None:
    """Whatever its characters."""
    password = "p@:/#?% +ü"  # noqa: S105 - every character that a URL could trip over
    with RtspCamera(username="viewer", password=password, auth=auth) as camera:
        with opened(camera.url, username="viewer", password=password) as source:
            next_picture(source)
        for options in ({}, {"username": "viewer", "password": "wrong"}):
            with pytest.raises(SourceUnauthorizedError), opened(camera.url, **options):
                pass


@pytest.mark.camera
def test_certificates_are_verified(tmp_path: Path) -> None:
    """By default; and one can say whom to trust, or that it does not matter."""
    with RtspCamera(tls_certificate=certificate(tmp_path)) as camera:
        for options in ({"ca_file": tmp_path / "cert"}, {"verify_tls": False}):
            with opened(camera.url, **options) as source:
                assert shows_camera_colours(shown(next_picture(source)))
        with (
            pytest.raises(SourceUnavailableError, match=re.escape(certificate_reasons.SELF_SIGNED)),
            opened(camera.url),
        ):
            pass


@pytest.mark.camera
def test_ten_openings_leave_nothing_behind(camera: RtspCamera) -> None:
    """No descriptor and no thread: a camera may come and go for years."""
    source = FfmpegSource(ConnectionOptions(camera.url))
    before = threads_and_descriptors()
    for _ in range(10):
        source.open()
        next_picture(source)
        source.close()
    assert threads_and_descriptors() == before
    assert camera.wait_until(lambda: camera.clients == camera.playing_sessions == 0)


@contextmanager
def serving(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port at which each connection is `serve`'s."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, suppress(ConnectionError):  # the client may leave as it likes
                        serve(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def rtsp(answer: Answer) -> Callable[[socket.socket], None]:
    """Each request gets `answer(request)`, its CSeq filled in; None keeps silent."""

    def serve(connection: socket.socket) -> None:
        while request := connection.recv(4096):
            reply = answer(request)
            if reply is not None:
                sequence = next(line for line in request.split(b"\r\n") if line.startswith(b"CSeq"))
                connection.sendall(reply.replace(b"CSEQ", sequence))

    return serve


def http(line: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        while connection.recv(4096):
            connection.sendall(
                b"HTTP/1.1 %s\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                % line
            )

    return serve


def refusing(line: str) -> Callable[[socket.socket], None]:
    def answer(request: bytes) -> bytes:
        said = line.encode() if request.startswith(b"DESCRIBE") else b"200 OK"
        return b"RTSP/1.0 %s\r\nCSEQ\r\nWWW-Authenticate: Basic realm=x\r\n\r\n" % said

    return rtsp(answer)


def failure(url: str, open_seconds: float = 15) -> SourceUnavailableError:
    source = FfmpegSource(ConnectionOptions(url, USER, SECRET, open_seconds=open_seconds))
    with pytest.raises(SourceUnavailableError) as caught:
        source.open()
    source.close()
    return caught.value


UNAUTHORIZED = f"SourceUnauthorizedError: {failure_reasons.refused_login(USER, SECRET)}"
FORBIDDEN = f"SourceUnauthorizedError: {failure_reasons.FORBIDDEN}"
REFUSED_PATH = f"SourceRefusedError: {failure_reasons.NO_STREAM}"
OTHER = f"SourceUnavailableError: {failure_reasons.CANT_BE_OPENED} FFmpeg says: "


def refused(told: str) -> str:
    return f"SourceUnavailableError: {failure_reasons.refused_request('DESCRIBE', told)}"


@pytest.mark.parametrize(
    ("scheme", "serve", "expected"),
    [
        ("rtsp", refusing("401 Unauthorized"), UNAUTHORIZED),
        ("rtsp", refusing("403 Forbidden"), FORBIDDEN),
        ("rtsp", refusing("404 Not Found"), REFUSED_PATH),
        (
            "rtsp",
            refusing("453 Not Enough Bandwidth"),
            f"SourceRefusedError: {failure_reasons.too_many_viewers('453 Not Enough Bandwidth')}",
        ),
        ("rtsp", refusing(f"500 Not {USER} nor {SECRET}"), refused("500 Not *** nor ***")),
        ("rtsp", refusing(f"500 Near Basic {BASIC}"), refused("500 Near Basic ***")),
        ("rtsp", lambda connection: connection.sendall(b"\0" * 100), OTHER),
        ("http", http(b"401 No"), UNAUTHORIZED),
        ("http", http(b"404 No"), REFUSED_PATH),
        ("http", http(b"503 Busy"), OTHER + "HTTP error 503 Busy"),
    ],
)
def test_a_refusal_is_told_in_words_and_no_secret_is(
    scheme: str,
    serve: Callable[[socket.socket], None],
    expected: str,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Refused credentials alone are not to be tried again soon. A camera may even echo them."""
    caplog.set_level(logging.DEBUG)
    with serving(serve) as port:
        error = failure(f"{scheme}://127.0.0.1:{port}/cam")
    assert f"{type(error).__name__}: {error}".startswith(expected)
    written = capfd.readouterr()
    seen = "".join(traceback.format_exception(error)) + caplog.text + written.out + written.err
    assert [text for text in HIDDEN if text in seen] == []


def test_addresses_where_nothing_answers_are_told_apart(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Off, misspelt, mute, or not speaking TLS; and no secret is told."""
    caplog.set_level(logging.DEBUG)
    refused = failure(f"rtsp://127.0.0.1:{free_port()}/cam")
    unknown = failure("rtsp://camera.invalid/cam")
    begun = time.monotonic()
    with serving(rtsp(lambda _request: None)) as port:
        mute = failure(f"rtsp://127.0.0.1:{port}/cam", open_seconds=1)
    waited = time.monotonic() - begun
    with serving(rtsp(lambda _request: None)) as port:
        mute_http = failure(f"http://127.0.0.1:{port}/cam", open_seconds=1)
    with serving(lambda connection: connection.sendall(b"no TLS at all\r\n" * 9)) as port:
        plain = failure(f"rtsps://127.0.0.1:{port}/cam")
    assert str(refused) == failure_reasons.CONNECTION_REFUSED
    assert str(unknown) == failure_reasons.UNKNOWN_HOST
    assert str(mute) == str(mute_http) == failure_reasons.unanswered("FFmpeg", 1)
    assert {type(error) for error in (refused, unknown)} == {SourceUnreachableError}
    assert {type(error) for error in (mute, mute_http)} == {SourceSilentError}
    assert 1 <= waited < 3 * PATIENCE, "FFmpeg's own patience has no end"
    assert str(plain).startswith(failure_reasons.CANT_BE_OPENED)
    written = capfd.readouterr()
    told = [line for error in (refused, unknown, mute, plain) for line in traceback.format_exception(error)]
    seen = "".join(told) + caplog.text + written.out + written.err
    assert [text for text in HIDDEN if text in seen] == []


OPEN_SECONDS = 2.0
"""After so few packets FFmpeg uses all of its time to look for more streams."""
H264_VIDEO = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=framerate:25\r\n"


def playing(packets: list[bytes], description: bytes = H264_VIDEO) -> Callable[[socket.socket], None]:
    """A camera that, once asked to play, sends these packets between its answers, and then waits."""

    def serve(connection: socket.socket) -> None:
        while request := connection.recv(4096):
            sequence = next(line for line in request.split(b"\r\n") if line.startswith(b"CSeq"))
            headers = (
                b"RTSP/1.0 200 OK",
                sequence,
                b"Session: 7",
                b"Transport: RTP/AVP/TCP;unicast;interleaved=0-1",
                b"Content-Length: %d" % len(description),
            )
            connection.sendall(b"\r\n".join((*headers, b"", description)))
            if request.startswith(b"PLAY"):
                for packet in packets:
                    connection.sendall(struct.pack("!BBH", ord("$"), 0, len(packet)) + packet)

    return serve


def pictures_of(packets: list[bytes]) -> list[bool]:
    """Whether there is a picture, for each grab until nothing more comes."""
    seen = []
    with (
        serving(playing(packets)) as port,
        opened(f"rtsp://127.0.0.1:{port}/", stall_seconds=0.5, open_seconds=OPEN_SECONDS) as source,
        suppress(SourceUnavailableError),
    ):
        while source.grab():
            seen.append(source.retrieve() is not None)
    return seen


def test_a_lost_packet_holds_pictures_until_the_next_whole_key_frame() -> None:
    """Twelve pictures, the first and the seventh are key frames. FFmpeg shows damaged ones, and only its log tells."""
    whole = recorded("h264")
    assert pictures_of(whole) == [True] * 12
    ends = [index for index, packet in enumerate(whole) if has_marker(packet)]
    third = whole[: ends[2]] + whole[ends[2] + 1 :]  # the last packet of the third picture
    assert pictures_of(third) == [True] * 2 + [False] * 4 + [True] * 6
    key = whole[: ends[6]] + whole[ends[6] + 1 :]  # of the second key frame
    assert pictures_of(key) == [True] * 6 + [False] * 6


def test_a_camera_may_describe_itself_in_latin_1() -> None:
    """Many were made when everybody did."""
    described = H264_VIDEO.replace(b"m=video", b"s=Cam\xe9ra\r\nm=video")
    with (
        serving(playing(recorded("h264"), described)) as port,
        opened(f"rtsp://127.0.0.1:{port}/", open_seconds=OPEN_SECONDS) as source,
    ):
        assert next_picture(source).width == 64


def test_a_camera_that_agrees_and_never_sends_is_not_said_to_have_stopped() -> None:
    """And it has the time to open for its first packet."""
    with (
        serving(playing([])) as port,
        opened(f"rtsp://127.0.0.1:{port}/cam", stall_seconds=1, open_seconds=2) as source,
    ):
        begun = time.monotonic()
        assert str(failure_of(source)) == failure_reasons.nothing_came("tcp")
        assert time.monotonic() - begun > 1.2
