"""Which source a camera gets, and whether anything answers at its address."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.decoding.pictures import Picture
from services.ingest.reader_choice import ReaderChoice
from services.ingest.select_source import RtspReaders, answers_at, connection_options, source_opener
from services.ingest.settings import CameraSettings
from services.ingest.sources import (
    OneSource,
    Source,
    SourceFacts,
    SourceUnavailableError,
    SourceUnsupportedError,
    Verdict,
)
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.demo import DemoSource
from services.ingest.sources.ffmpeg import FfmpegSource
from services.ingest.sources.rtsp.source import RtspSource
from tests.support.camera import RtspCamera
from tests.support.ports import free_port
from tests.support.waiting import wait_until


@dataclass
class Scripted:
    """A source whose `open` fails as told."""

    name: str
    open_error: SourceUnavailableError | None = None
    opened: int = 0

    def open(self) -> None:
        self.opened += 1
        if self.open_error is not None:
            raise self.open_error

    def grab(self) -> bool:
        return True

    def retrieve(self) -> Picture | None:
        return None

    def interrupt(self) -> None: ...

    def late_seconds(self) -> float:
        return 0.0

    def facts(self) -> SourceFacts:
        return SourceFacts(codec=self.name)

    def close(self) -> None: ...


@pytest.fixture
def camera() -> Iterator[RtspCamera]:
    with RtspCamera() as running:
        yield running


def test_frames_come_from_the_reader_whose_turn_it_is() -> None:
    """Nothing stands between it and the camera."""
    direct = Scripted("direct", open_error=SourceUnsupportedError("It speaks Klingon."))
    ffmpeg = Scripted("ffmpeg")
    readers = RtspReaders(direct, ffmpeg, ReaderChoice(lambda: 0.0))
    with pytest.raises(SourceUnsupportedError) as caught:
        readers()
    assert readers.ended(caught.value).tries_another
    assert readers() is ffmpeg
    assert readers.notice is None
    readers.worked()
    assert "It speaks Klingon." in (readers.notice or "")
    assert (readers.has_choice, readers.prefers_another) == (True, False)


def test_a_single_reader_is_opened_each_time() -> None:
    """And what it says is told as it stands."""
    source = Scripted("ffmpeg")
    opener = OneSource(source)
    assert opener() is opener() is source
    assert source.opened == 2
    assert opener.ended(SourceUnavailableError("It is off.")) == Verdict("It is off.")
    assert (opener.notice, opener.has_choice, opener.prefers_another) == (None, False, False)


@pytest.mark.camera
@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"decoder": "direct"}, RtspSource),
        ({"decoder": "ffmpeg"}, FfmpegSource),
        ({"decoder": "opencv"}, FfmpegSource),
        ({"decoder": "auto"}, RtspSource),
    ],
)
def test_the_settings_choose_the_reader(settings: dict[str, str], kind: type, camera: RtspCamera) -> None:
    """`opencv` is what `ffmpeg` was called before."""
    source = source_opener(CameraSettings.model_validate({"rtsp_url": camera.url, **settings}))()
    assert type(source) is kind
    assert source.grab()
    source.close()


def test_without_an_address_the_demo_is_shown() -> None:
    """Nothing needs to be set for a first picture."""
    assert type(source_opener(CameraSettings())()) is DemoSource


def test_the_reader_gets_the_address_as_it_was_understood_with_the_login_beside_it() -> None:
    """The address that travels on has no login, and nothing shows one."""
    given = {"rtsp_url": "- rtsp://in%20it:p%40ss@camera:554/live?x=1@2", "rtsp_password": "100%25"}
    options = connection_options(CameraSettings.model_validate(given))
    assert (options.url, options.username, options.password) == ("rtsp://camera:554/live?x=1@2", "in it", "100%25")
    assert "in it" not in repr(options)
    assert "100%25" not in repr(options)


def test_credentials_are_masked_in_every_form() -> None:
    """As they are, percent-encoded, and as HTTP's Basic sends them; and so is a token in the address."""
    options = ConnectionOptions("rtsp://camera/?key=t0ken", "viewer", "s3cret/#")
    text = "rtsp://viewer:s3cret%2F%23@camera/?key=t0ken failed: dmlld2VyOnMzY3JldC8j, s3cret/#, viewer"
    assert options.masked(text) == "rtsp://***:***@camera/?*** failed: ***, ***, ***"


def test_a_login_in_the_path_is_masked() -> None:
    """Some cameras want it there."""
    options = ConnectionOptions("rtsp://camera/user=admin&password=s3cret&channel=1")
    assert options.masked("no rtsp://camera/user=admin&password=s3cret&channel=1") == "no rtsp://camera/***"


@given(
    st.text(min_size=4),
    st.sampled_from(["{}", "rtsp://u:{}@h/", "x{}"]),
    st.sampled_from([str, quote, repr, json.dumps]),
)
def test_a_password_is_masked_wherever_it_stands(password: str, frame: str, form: Callable[[str], str]) -> None:
    """In the words of a library, too, whatever it does to the text."""
    text = frame.format(form(password))
    masked = ConnectionOptions("rtsp://h/", "u", password).masked(text)
    assert password in frame + "***" or password not in masked
    assert form(password) not in masked


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


@pytest.mark.camera
def test_a_camera_with_a_codec_of_its_own_is_shown_all_the_same() -> None:
    """VP8 is not ours, and it is FFmpeg's."""
    with RtspCamera(codec="vp8") as camera:
        open_source = source_opener(CameraSettings.model_validate({"rtsp_url": camera.url}))
        opened: list[Source] = []

        def opens() -> bool:
            """The direct reader fails first. A camera may be busy for a moment with its goodbye."""
            try:
                opened.append(open_source())
            except SourceUnavailableError as error:
                open_source.ended(error)
            return bool(opened)

        wait_until(opens, "FFmpeg reads it", 20)
        source = opened[0]
        pictures = [source.retrieve() for _ in range(5) if source.grab()]
        assert all(picture is not None and (picture.width, picture.height) == (640, 360) for picture in pictures)
        open_source.worked()
        assert "neither H.264 nor H.265 nor JPEG" in (open_source.notice or "")
        source.close()


@pytest.mark.camera
def test_a_camera_that_is_up_answers_without_being_told_the_password() -> None:
    """Any answer will do, a refusal too."""
    with RtspCamera(username="admin", password="secret") as camera:  # noqa: S106 a secret of the test's own
        assert answers(camera.url)
        assert camera.total_sessions == 0
