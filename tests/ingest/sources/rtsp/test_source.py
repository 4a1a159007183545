"""The RTSP source against a real camera: what it shows, when, and what it does when the camera changes its mind."""

import gc
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import pytest

from services.ingest.decoding.pictures import BgrPicture, JpegPicture, Picture, YuvPicture
from services.ingest.sources import (
    SourceRefusedError,
    SourceUnauthorizedError,
    SourceUnavailableError,
    SourceUnsupportedError,
)
from services.ingest.sources.certificate_reasons import SELF_SIGNED
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.failure_reasons import CLOSED, ENDED, NO_TLS, STOPPED, nothing_came
from services.ingest.sources.rtsp.source import RtspSource
from tests.ingest.sources.reading import failure_of, next_picture, shown
from tests.support.camera import RtspCamera
from tests.support.clock import read_clock, shows_camera_colours
from tests.support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.camera
Codec = Literal["h264", "h265", "mjpeg"]


@pytest.fixture
def camera() -> Iterator[RtspCamera]:
    with RtspCamera() as running:
        yield running


def reader(url: str, **options: Any) -> RtspSource:
    return RtspSource(ConnectionOptions(url, **options))


@contextmanager
def opened(url: str, **options: Any) -> Iterator[RtspSource]:
    with closing(reader(url, **options)) as source:
        source.open()
        yield source


def lost_packets(source: RtspSource) -> int:
    return source._opened()._session.assembler.lost


def clock_of(source: RtspSource) -> int:
    clock = read_clock(shown(next_picture(source)))
    assert clock is not None
    return clock


@pytest.mark.parametrize(
    ("codec", "kind", "name"),
    [("h264", YuvPicture, "h264"), ("h265", YuvPicture, "hevc"), ("mjpeg", JpegPicture, "mjpeg")],
)
def test_pictures_come_in_the_cameras_colours_and_on_time(codec: Codec, kind: type[Picture], name: str) -> None:
    """Each way from the camera to the picture."""
    with RtspCamera(codec=codec) as camera, opened(camera.url) as source:
        for _ in range(20):
            picture = next_picture(source)
        pixels = shown(picture)
        age_ms = time.time() * 1000 - (read_clock(pixels) or 0)
        assert isinstance(picture, kind)
        assert pixels.shape == (360, 640, 3)
        assert shows_camera_colours(pixels)
        assert 0 <= age_ms < 1000
        assert source.facts().codec == name
    assert source.facts().codec is None


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_colours_are_those_that_opencv_shows(codec: Codec, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever changes from one source to the other sees no difference."""
    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp|fpsprobesize;0")
    with RtspCamera(codec=codec) as camera, opened(camera.url) as source:
        capture = cv2.VideoCapture(camera.url, cv2.CAP_FFMPEG)
        pairs = [(shown(next_picture(source)), np.asarray(capture.read()[1], dtype=np.uint8)) for _ in range(31)]
        capture.release()
    # The stripe runs over everything, but is nowhere for long.
    ours, theirs = (np.median(pictures, axis=0) for pictures in zip(*pairs, strict=True))
    for column in (100, 320, 540):
        for row in (80, 350):
            patches = [image[row - 4 : row + 4, column - 4 : column + 4].mean(axis=(0, 1)) for image in (ours, theirs)]
            assert np.abs(patches[0] - patches[1]).max() < 4


def test_grabbing_decodes_nothing_and_the_newest_picture_is_there_when_asked_for(
    camera: RtspCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nobody watches a camera costs next to nothing, yet whoever comes sees it at once."""
    decoded: list[int] = []
    with opened(camera.url) as source:
        original = source._opened().decoder._decoder
        assert original is not None
        decode = original.decode

        def counted(data: bytes, *, is_shown: bool = True) -> Any:
            decoded.append(1)
            return decode(data, is_shown=is_shown)

        monkeypatch.setattr(original, "decode", counted)
        for _ in range(75):
            assert source.grab()
        assert decoded == []
        picture = source.retrieve()
        assert picture is not None
        assert 0 <= time.time() * 1000 - (read_clock(shown(picture)) or 0) < 1000
        assert 1 <= len(decoded) <= 31, "of a GOP of 30 no more is decoded than there is"
        assert source.retrieve() is not None


def test_grabs_come_at_the_cameras_rate_also_while_nobody_watches(camera: RtspCamera) -> None:
    """The rate is measured by them, though packets are then read in batches."""
    with opened(camera.url) as source:
        for _ in range(75):
            source.grab()
        begun = time.monotonic()
        for _ in range(60):
            source.grab()
        assert 1.5 < time.monotonic() - begun < 2.6 * PATIENCE


def test_one_who_comes_late_gets_the_newest_picture(camera: RtspCamera) -> None:
    """Encoding may take long; what came meanwhile is not shown one by one."""
    with opened(camera.url) as source:
        first = clock_of(source)
        wait_until(lambda: time.time() * 1000 - first >= 1500, "a while goes by")
        assert clock_of(source) - first >= 1300


@pytest.mark.parametrize("idle", [False, True])
def test_an_interrupt_ends_a_grab(idle: bool) -> None:
    """A camera of one frame in ten seconds must not make a newcomer wait for them."""
    with RtspCamera(fps=10) as camera, opened(camera.url, stall_seconds=30) as source:
        next_picture(source)
        if idle:
            for _ in range(30):
                source.grab()
        camera.mute()
        timer = threading.Timer(0.5, source.interrupt)
        timer.start()
        begun = time.monotonic()
        while source.grab():
            assert time.monotonic() - begun < 10
        timer.join()
        assert source.retrieve() is not None
        source.interrupt()
        assert not source.grab()


def test_an_interrupt_while_the_camera_is_being_opened_is_not_lost(camera: RtspCamera) -> None:
    """Whoever is told to stop then, stops."""
    with closing(reader(camera.url)) as source:
        source.interrupt()
        source.open()
        assert not all(source.grab() for _ in range(2))


def test_a_new_size_is_followed_without_a_new_connection(camera: RtspCamera) -> None:
    """OpenCV would squeeze it into the old one."""
    with opened(camera.url) as source:
        assert next_picture(source).width == 640
        camera.resize(320, 240)
        until = time.monotonic() + 10
        while (picture := next_picture(source)).width != 320:
            assert time.monotonic() < until
        assert picture.height == 240
        assert shows_camera_colours(shown(next_picture(source)))
        assert camera.total_sessions == 1


def test_a_silent_camera_is_noticed(camera: RtspCamera) -> None:
    """Though its connection lives and its answers come."""
    with opened(camera.url, stall_seconds=1) as source:
        next_picture(source)
        camera.mute()
        assert "stopped sending" in str(failure_of(source))
        with opened(camera.url, open_seconds=1) as later:
            nothing = failure_of(later)
    assert str(nothing) == nothing_came("tcp")
    assert not isinstance(nothing, SourceUnsupportedError)


@pytest.mark.parametrize("idle", [False, True])
def test_a_camera_that_ends_or_dies_is_noticed_at_once(idle: bool) -> None:
    """By its own words, or by the connection's end."""
    with RtspCamera() as camera:
        for end, words in ((camera.end_stream, {ENDED}), (camera.kill, {CLOSED})):
            with opened(camera.url) as source:
                for _ in range(75 if idle else 2):
                    source.grab()
                end()
                assert str(failure_of(source)) in words
            camera.restart()


def test_a_paused_and_resumed_camera_is_shown_again(camera: RtspCamera) -> None:
    """After an error the source is opened anew."""
    with closing(reader(camera.url, stall_seconds=1)) as source:
        source.open()
        next_picture(source)
        camera.pause()
        assert str(failure_of(source)) == STOPPED
        camera.resume()
        source.open()
        clock = clock_of(source)
        assert 0 <= time.time() * 1000 - clock < 2000


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


def certificate(directory: Path) -> Path:
    """Key and certificate of a camera, signed by itself, in one file."""
    file = directory / "camera.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=camera -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*command.split(), "-keyout", "key", "-out", "cert"], check=True, capture_output=True, cwd=directory)
    file.write_bytes((directory / "cert").read_bytes() + (directory / "key").read_bytes())
    return file


def test_certificates_are_verified(tmp_path: Path) -> None:
    """By default; and one can say whom to trust, or that it does not matter."""
    with RtspCamera(tls_certificate=certificate(tmp_path)) as camera:
        for options in ({"ca_file": tmp_path / "cert"}, {"verify_tls": False}):
            with opened(camera.url, **options) as source:
                assert shows_camera_colours(shown(next_picture(source)))
        with (
            pytest.raises(SourceUnavailableError, match=re.escape(SELF_SIGNED)) as caught,
            opened(camera.url),
        ):
            pass
        assert not isinstance(caught.value, SourceUnsupportedError), "FFmpeg would not verify it"
        with pytest.raises(SourceUnavailableError), opened(camera.url.replace("rtsps", "rtsp")):
            pass
    with RtspCamera() as plain:
        with pytest.raises(SourceUnavailableError, match=re.escape(NO_TLS)) as caught:
            reader(plain.url.replace("rtsp:", "rtsps:")).open()
        assert not isinstance(caught.value, SourceUnsupportedError)


def test_udp_brings_pictures_too() -> None:
    """For those cameras that want it."""
    with RtspCamera(udp=True) as camera, opened(camera.url, transport="udp") as source:
        assert shows_camera_colours(shown(next_picture(source)))
        assert lost_packets(source) == 0


def test_a_camera_without_udp_is_read_over_tcp_and_that_is_said(camera: RtspCamera) -> None:
    """Another transport is better than no picture. While GStreamer clears up after the connection on which it refused
    UDP, it answers 503 to the next one.
    """

    def opens() -> bool:
        with suppress(SourceRefusedError):
            source.open()
            return True
        return False

    with closing(reader(camera.url, transport="udp")) as source:
        wait_until(opens, "the camera is opened")
        assert shows_camera_colours(shown(next_picture(source)))
        assert source.facts().notice == "The camera's pictures come over TCP, because it sent none over UDP."


@pytest.mark.parametrize("codec", ["h264", "h265", "mjpeg"])
def test_after_a_lost_packet_no_damaged_picture_is_shown(codec: Codec) -> None:
    """Each picture that is shown has a clock that can be read and the camera's colours, whatever was lost."""
    dropped = 0
    camera = RtspCamera(codec=codec, udp=True, fps=30, gop_seconds=0.5)
    with camera, opened(camera.url, transport="udp") as source:
        udp = source._opened()._session._media._pairs[0]
        receive = source._opened()._session._on_datagram
        received = 0

        def lossy(data: bytes) -> None:
            nonlocal received, dropped
            received += 1
            if received % 41 == 0:
                dropped += 1
            else:
                receive(data)

        loop = source._opened()._loop
        loop.remove_reader(udp._sockets[0])
        loop.add_reader(udp._sockets[0], udp._read, udp._sockets[0], lossy)
        pictures = held = 0
        until = time.monotonic() + 6
        while time.monotonic() < until:
            source.grab()
            picture = source.retrieve()
            if picture is None:
                held += 1
                continue
            pictures += 1
            pixels = shown(picture)
            assert read_clock(pixels) is not None
            assert shows_camera_colours(pixels)
        assert dropped - 2 <= lost_packets(source) <= dropped
        assert dropped > 2
        assert pictures > 10
        assert held > 0 or codec == "mjpeg"
        assert "were lost" in (source.facts().notice or "")


def threads_and_descriptors() -> tuple[int, int]:
    gc.collect()
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_thirty_openings_leave_nothing_behind(transport: Literal["tcp", "udp"]) -> None:
    """No descriptor, no thread, no memory: a camera may come and go for years."""
    with RtspCamera(udp=True) as camera:
        source = reader(camera.url, transport=transport)
        before, grown = threads_and_descriptors(), 0
        for turn in range(30):
            source.open()
            next_picture(source)
            source.close()
            if turn == 9:
                grown = -resident_bytes()
        assert threads_and_descriptors() == before
        assert grown + resident_bytes() < 12_000_000
        assert camera.wait_until(lambda: camera.clients == camera.playing_sessions == 0)


def test_failed_openings_leave_nothing_behind() -> None:
    """They are the commoner ones: every few seconds while a camera is away."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        mute_port = mute.getsockname()[1]
        before = threads_and_descriptors()
        for url in (f"rtsp://127.0.0.1:{mute_port}/", "rtsp://127.0.0.1:9/", "rtsp://camera.invalid/") * 2:
            with pytest.raises(SourceUnavailableError):
                reader(url, open_seconds=1).open()
        assert threads_and_descriptors()[1] == before[1]


def test_the_rate_is_measured(camera: RtspCamera) -> None:
    """In bits a second, from what came."""
    with opened(camera.url) as source:
        for _ in range(60):
            source.grab()
        bits_per_second = source.facts().bits_per_second
        assert bits_per_second is not None
        assert 20_000 < bits_per_second < 5_000_000
        assert source.facts().notice is None


def test_a_closed_source_says_so(camera: RtspCamera) -> None:
    """And closing once more does no harm."""
    source = reader(camera.url)
    source.close()
    source.interrupt()
    for use in (source.grab, source.retrieve):
        with pytest.raises(SourceUnavailableError):
            use()
    source.open()
    assert isinstance(next_picture(source), YuvPicture | BgrPicture)
    source.close()
    source.close()
