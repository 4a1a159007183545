"""Video in containers over HTTP: FFmpeg's demuxer reads what our client received."""

import io
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from services.ingest.sources import SourceUnavailableError, failure_reasons
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.http import HttpSource
from tests.ingest.sources.http.odd_camera import Request, number_of, odd_camera
from tests.ingest.sources.reading import failure_of, next_picture
from tests.support.waiting import wait_until

FPS = 25


@contextmanager
def opened(url: str, **options: Any) -> Iterator[HttpSource]:
    with closing(HttpSource(ConnectionOptions(url, **options), max_fps=60)) as source:
        source.open()
        yield source


def recorded(container_format: str, *, seconds: int = 4, with_sound: bool = False) -> bytes:
    """Grey pictures that get lighter each second, in H.264 with a key frame each second."""
    file = io.BytesIO()
    flags = {"movflags": "frag_keyframe+empty_moov"} if container_format == "mp4" else {}
    with av.open(file, "w", format=container_format, options=flags) as container:
        video = container.add_stream("libx264", rate=FPS, options={"tune": "zerolatency", "g": str(FPS)})
        video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
        sound = container.add_stream("aac", rate=16000) if with_sound else None
        for index in range(seconds * FPS):
            grey = np.full((240, 320, 3), 10 * (1 + index // FPS), np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(video.encode(frame))
            if sound is not None:
                quiet = av.AudioFrame.from_ndarray(np.zeros((1, 640), np.float32), format="fltp", layout="mono")
                quiet.sample_rate, quiet.pts = 16000, index * 640
                container.mux(sound.encode(quiet))
        container.mux(video.encode())
    return file.getvalue()


@pytest.mark.parametrize(
    ("container_format", "content_type", "with_sound"),
    [
        ("flv", "video/x-flv", False),
        ("flv", "video/x-flv", True),
        ("flv", "application/octet-stream", False),
        ("mpegts", "video/mp2t", False),
        ("mpegts", "application/octet-stream", True),
        ("mp4", "video/mp4", False),
        ("matroska", "video/x-matroska", False),
        ("h264", "video/h264", False),
    ],
)
def test_a_container_is_read_at_once(container_format: str, content_type: str, with_sound: bool) -> None:
    """It comes at the pace of the pictures; opening waits for no sound that never comes."""
    data = recorded(container_format, with_sound=with_sound)

    def script(_request: Request) -> Iterator[bytes]:
        yield f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n\r\n".encode()
        step = max(len(data) // (4 * FPS), 300)
        for start in range(0, len(data), step):
            yield data[start : start + step]
            time.sleep(1 / FPS)  # passing time is what this is about

    with odd_camera(script) as camera:
        begun = time.monotonic()
        with opened(camera.url) as source:
            first = next_picture(source)
            assert time.monotonic() - begun < 2.5
            assert (first.width, first.height) == (320, 240)
            assert source.facts().codec == "h264"
            seen = {number_of(first)}
            while len(seen) < 3:
                seen.add(number_of(next_picture(source)))
            assert seen <= {1, 2, 3, 4}


def test_sound_that_begins_later_is_passed_over_and_the_end_is_noticed() -> None:
    """The file's head names video alone, and the library that reads it has no object of the sound."""
    data, at = recorded("flv"), 13
    for _ in range(FPS):
        at += 15 + int.from_bytes(data[at + 1 : at + 4], "big")
    sound = b"\x08\0\0\x03" + data[at + 4 : at + 8] + b"\0\0\0\x2f\xff\xff" + (14).to_bytes(4, "big")

    def script(_request: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\n" + data[:at]
        for start in range(at, len(data), 2000):
            yield sound + data[start : start + 2000] if start == at else data[start : start + 2000]
            time.sleep(1 / FPS)  # the pictures behind it are of a later second

    with odd_camera(script) as camera, opened(camera.url) as source:
        wait_until(lambda: number_of(next_picture(source)) >= 3, "pictures behind the sound are seen", 10)
        assert str(failure_of(source)) == failure_reasons.STOPPED


def test_a_stream_that_ends_or_falls_silent_is_noticed() -> None:
    """As any camera's is."""
    data = recorded("flv", seconds=1)

    def script(request: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\n" + data
        if request.target == "/silent":
            time.sleep(3)  # passing time is what this is about

    with odd_camera(script) as camera:
        for target in ("/video", "/silent"):
            with opened(camera.url.replace("/video", target), stall_seconds=0.5) as source:
                begun = time.monotonic()
                assert str(failure_of(source)) == failure_reasons.STOPPED
                assert time.monotonic() - begun < 2.5


def test_what_only_begins_like_video_is_said_to_be_none() -> None:
    """And nothing stays open."""

    def script(_request: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\nFLV\1" + b"\0" * 4000

    with odd_camera(script) as camera, pytest.raises(SourceUnavailableError), opened(camera.url):
        pass
