"""Which source a camera gets, and whether anything answers at its address."""

import socket
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from services.ingest.decoding.pictures import Picture
from services.ingest.settings import CameraSettings
from services.ingest.sources import (
    Source,
    SourceFacts,
    SourceUnauthorizedError,
    SourceUnavailableError,
    SourceUnsupportedError,
)
from services.ingest.sources.demo import DemoSource
from services.ingest.sources.rtsp import RtspSource
from services.ingest.sources.selection import FallbackSource, answers_at, select_source
from services.ingest.sources.video_capture import VideoCaptureSource
from tests.support.camera import RtspCamera
from tests.support.ports import free_port
from tests.support.waiting import wait_until


@dataclass
class Scripted:
    """A source whose `open` and `grab` fail as told."""

    name: str
    open_error: SourceUnavailableError | None = None
    grab_error: SourceUnavailableError | None = None
    opened: int = 0
    closed: int = 0
    grabbed: list[str] = field(default_factory=list)

    def open(self) -> None:
        self.opened += 1
        if self.open_error is not None:
            raise self.open_error

    def grab(self) -> bool:
        if self.grab_error is not None:
            raise self.grab_error
        return True

    def retrieve(self) -> Picture | None:
        return None

    def interrupt(self) -> None: ...

    def facts(self) -> SourceFacts:
        return SourceFacts(codec=self.name)

    def close(self) -> None:
        self.closed += 1


def test_a_camera_that_is_not_understood_is_read_through_ffmpeg_and_that_is_said() -> None:
    """As long as that works: it will not be understood better a minute later."""
    first = Scripted("direct", open_error=SourceUnsupportedError("It speaks Klingon."))
    second = Scripted("opencv")
    source = FallbackSource(first, second)
    source.open()
    assert source.grab()
    assert source.facts().codec == "opencv"
    assert "It speaks Klingon." in (source.facts().notice or "")
    source.close()
    source.open()
    assert (first.opened, first.closed, second.opened) == (1, 1, 2)


def test_a_camera_that_neither_understands_is_begun_with_anew() -> None:
    """While it boots it may answer anything; that must not cost it the better reader until somebody restarts us."""
    first = Scripted("direct", open_error=SourceUnsupportedError("It speaks Klingon."))
    second = Scripted("opencv", open_error=SourceUnavailableError("Nor is this a stream."))
    source = FallbackSource(first, second)
    with pytest.raises(SourceUnavailableError, match="Nor"):
        source.open()
    assert second.closed == 1
    source.close()
    first.open_error = None
    source.open()
    assert (source.facts().codec, source.facts().notice) == ("direct", None)


def test_a_camera_that_stops_being_understood_is_read_through_ffmpeg_from_the_next_try() -> None:
    """The first connection is closed before the second is made: a camera is never pulled twice."""
    first = Scripted("direct", grab_error=SourceUnsupportedError("It began to mumble."))
    source = FallbackSource(first, Scripted("opencv"))
    source.open()
    with pytest.raises(SourceUnavailableError, match="mumble"):
        source.grab()
    assert first.closed == 1
    source.open()
    assert source.grab()


@pytest.mark.parametrize("error", [SourceUnavailableError("off"), SourceUnauthorizedError("no")])
def test_a_camera_that_is_away_or_refuses_us_is_no_reason_for_another_reader(error: SourceUnavailableError) -> None:
    """A second attempt with the same wrong password is how accounts get locked."""
    second = Scripted("opencv")
    source = FallbackSource(Scripted("direct", open_error=error), second)
    with pytest.raises(type(error)):
        source.open()
    assert second.opened == 0


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({}, DemoSource),
        ({"rtsp_url": "rtsp://camera/x"}, FallbackSource),
        ({"rtsp_url": "rtsps://camera/x", "decoder": "direct"}, RtspSource),
        ({"rtsp_url": "rtsp://camera/x", "decoder": "opencv"}, VideoCaptureSource),
        ({"rtsp_url": "http://camera/x", "decoder": "direct"}, VideoCaptureSource),
    ],
)
def test_the_settings_choose_the_source(settings: dict[str, str], kind: type) -> None:
    """Nothing is connected by choosing."""
    assert type(select_source(CameraSettings.model_validate(settings))) is kind


def answers(url: str) -> bool:
    ask = answers_at(CameraSettings.model_validate({"rtsp_url": url}))
    assert ask is not None
    return ask()


def test_an_address_where_nobody_listens_does_not_answer() -> None:
    """Nor does a name that is none."""
    assert not answers(f"rtsp://127.0.0.1:{free_port()}/x")
    assert not answers("rtsp://no-such-camera.invalid/x")


def test_a_camera_that_accepts_and_says_nothing_does_not_answer() -> None:
    """The kernel of a hanging camera accepts connections for it. Of an HTTP camera no more can be asked."""
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        port = mute.getsockname()[1]
        assert not answers(f"rtsp://127.0.0.1:{port}/x")
        assert answers(f"http://127.0.0.1:{port}/x")


def opens(source: Source) -> bool:
    """A camera may be busy for a moment with the goodbye of the reader before."""
    try:
        source.open()
    except SourceUnavailableError:
        return False
    return True


@pytest.mark.camera
def test_a_camera_with_a_codec_of_its_own_is_shown_all_the_same() -> None:
    """VP8 is not ours, and it is FFmpeg's."""
    with RtspCamera(codec="vp8") as camera:
        source = select_source(CameraSettings.model_validate({"rtsp_url": camera.url}))
        wait_until(lambda: opens(source), "FFmpeg reads it", 20)
        pictures = [source.retrieve() for _ in range(5) if source.grab()]
        assert all(picture is not None and (picture.width, picture.height) == (640, 360) for picture in pictures)
        assert "neither H.264 nor H.265 nor JPEG" in (source.facts().notice or "")
        source.close()


@pytest.mark.camera
def test_a_camera_that_is_up_answers_without_being_told_the_password() -> None:
    """Any answer will do, a refusal too."""
    with RtspCamera(username="admin", password="secret") as camera:  # noqa: S106
        assert answers(camera.url)
        assert camera.total_sessions == 0
