"""A recorded exchange is played again, and shows what the camera showed; it tells nobody's secrets."""

import io

import pytest

from services.ingest.recorded_attempt import RecordedAttempt
from services.ingest.recording.recording import Recording
from shared.settings import DEFAULT_MAX_PIXELS
from tests.odd_cameras.camera import Camera, Link, Request, running
from tests.odd_cameras.clips import clip
from tests.odd_cameras.guarded import FORMS, PASSWORD, USERNAME, Guarded
from tests.odd_cameras.http_camera import HttpCamera
from tests.odd_cameras.http_camera import running as http_running
from tests.odd_cameras.player import replayed
from tests.odd_cameras.watching import plays, settings_of, why_not


def recorded(url: str, **settings: object) -> tuple[str, Recording]:
    """What recording said, and the file's content, read again."""
    attempt = RecordedAttempt(settings_of(url, **settings), max_pixels=DEFAULT_MAX_PIXELS)
    attempt.run(seconds=0.7)
    file = io.BytesIO()
    attempt.recording().write(file)
    file.seek(0)
    return attempt.outcome.words, Recording.read(file)


def all_bytes(recording: Recording) -> bytes:
    """All that was exchanged, by connection and direction."""
    joined: dict[tuple[int, str], bytes] = {}
    for event in recording.events:
        way = event.connection, event.direction
        joined[way] = joined.get(way, b"") + event.data
    return b"\n".join(joined.values()) + str(dict(recording.facts)).encode()


@pytest.mark.parametrize("codec", ["H264", "H265"])
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_recorded_camera_plays_again(codec: str, transport: str) -> None:
    """With our own reader, over the transport it was recorded with."""
    with running(Camera(clip(codec))) as camera:
        words, recording = recorded(camera.url, rtsp_transport=transport)
    assert words.startswith("Pictures came"), words
    with replayed(recording, speed=3) as player:
        assert plays(player.url, camera.clip, rtsp_transport=transport)
        assert [line.split()[0] for line in player.asked][:4] == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]


def test_a_recorded_http_camera_plays_again() -> None:
    """Its pictures are in the file byte by byte."""
    with http_running(HttpCamera(clip("JPEG"))) as camera:
        _, recording = recorded(camera.url)
    with replayed(recording, speed=3) as player:
        assert plays(player.url, camera.clip)


class Mumbling(Camera):
    """Its description has no video that anybody knows."""

    def media(self) -> list[str]:
        return ["m=application 0 RTP/AVP 107", "a=rtpmap:107 vnd.onvif.metadata/90000"]


def test_a_camera_that_fails_fails_again_for_the_same_reason() -> None:
    """This is what the file is for."""
    with running(Mumbling()) as camera:
        words, recording = recorded(camera.url, decoder="direct")
    with replayed(recording) as player:
        assert why_not(player.url, decoder="direct") == words


class HangingUp(Camera):
    def on_describe(self, request: Request, link: Link) -> bytes | None:
        link.send(self.says(request, "500 Internal Error"))
        return super().on_describe(request, link)


def test_no_login_and_no_address_is_in_the_file_in_any_form() -> None:
    """The camera repeats them wherever it can, and splits them between two packets."""
    with running(Guarded()) as camera:
        words, recording = recorded(camera.url, rtsp_username=USERNAME, rtsp_password=PASSWORD)
    assert words.startswith("Pictures came"), words
    content = all_bytes(recording)
    assert b"DESCRIBE" in content
    for form in FORMS:
        assert form.lower() not in content.lower(), form
    with replayed(recording, speed=3) as player:
        assert plays(player.url, camera.clip, rtsp_username="u", rtsp_password="p")  # noqa: S106 a secret of the test's own
