"""A camera is recorded and played again: real readers and real sockets."""

from contextlib import closing
from pathlib import Path

import pytest

from services.ingest import record_camera
from services.ingest.recording.recording import MAX_BYTES, Recording
from services.ingest.settings import CameraSettings
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.rtsp import RtspSource
from shared.errors import ConfigurationError
from tests.ingest.sources.rtsp.fake_camera import fake_camera, said
from tests.ingest.sources.rtsp.test_source import certificate
from tests.support.camera import RtspCamera
from tests.support.replayed_camera import ReplayedCamera

USER, SECRET = "viewer", "s3cret-of-mine"


@pytest.mark.camera
def test_a_recorded_camera_plays_again_and_tells_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its login, which is answered anew each time; and the file is small."""
    file = tmp_path / "out.framecast"
    with RtspCamera(username=USER, password=SECRET, auth="digest") as camera:
        for name, value in {"RTSP_URL": camera.url, "RTSP_USERNAME": USER, "RTSP_PASSWORD": SECRET}.items():
            monkeypatch.setenv(f"CAMERA_{name}", value)
        assert record_camera.main(["camera_1", str(file)]) == 0
    text = file.read_text()
    recording = Recording.decode(text)
    passed = b"".join(chunk.data for chunk in recording.chunks)
    assert len(text) < 2 * MAX_BYTES
    assert [word for word in (USER, SECRET, "127.0.0.1") if word.encode() in passed or word in text] == []
    assert "pictures" in recording.words[0]
    with ReplayedCamera(recording) as again, closing(RtspSource(ConnectionOptions(again.url, "any", "one"))) as source:
        source.open()
        picture = None
        while picture is None:
            source.grab()
            picture = source.retrieve()
        assert (picture.width, picture.height) == (640, 360)


@pytest.mark.camera
def test_an_encrypted_camera_is_recorded_as_it_speaks_within_the_encryption(tmp_path: Path) -> None:
    """Else nobody could read or play it."""
    with RtspCamera(tls_certificate=certificate(tmp_path)) as camera:
        settings = CameraSettings.model_validate({"rtsp_url": camera.url, "rtsp_tls_verify": False})
        recording = record_camera.record(settings, seconds=1)
    assert recording.scheme == "rtsp"
    assert any(chunk.data.startswith(b"RTSP/1.0 200 OK") for chunk in recording.chunks)


def test_each_reader_that_ingest_would_try_is_recorded_with_what_it_met() -> None:
    """A failure is what a recording is for."""
    with fake_camera(lambda method: said("551 No") if method == "DESCRIBE" else said("200 OK")) as odd:
        settings = CameraSettings.model_validate({"rtsp_url": odd.url, "open_seconds": 1})
        recording = record_camera.record(settings)
    assert len(recording.words) == 2
    assert "551 No" in recording.words[0]
    assert {chunk.sender for chunk in recording.chunks} == {"us", "camera"}


def test_a_camera_that_is_not_there_or_has_no_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is written."""
    monkeypatch.delenv("CAMERA_RTSP_URL", raising=False)
    with pytest.raises(ConfigurationError, match="There is no camera 'x'; there are camera_1"):
        record_camera.camera_of("x")
    with pytest.raises(ConfigurationError, match="nothing to record"):
        record_camera.camera_of("camera_1")
