"""What a person is told whose address is no camera's, and that FFmpeg is sent nowhere by it."""

import re

import pytest

from services.ingest.sources import SourceUnavailableError
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.http import HttpSource, failures
from tests.ingest.sources.http.odd_camera import odd_camera, ok


def failure(content_type: str, body: bytes) -> str:
    with odd_camera(lambda _request: ok(content_type, body)) as camera:
        source = HttpSource(ConnectionOptions(camera.url), max_fps=30)
        with pytest.raises(SourceUnavailableError) as caught:
            source.open()
        assert len(camera.requests) == 1
    return str(caught.value)


def test_a_web_page_is_called_one() -> None:
    """The most common mistake: the address of the camera's page."""
    assert failure("text/html", b"<!doctype html><title>Camera</title>") == failures.WEB_PAGE
    assert failure("application/octet-stream", b"<html><body>hello camera") == failures.WEB_PAGE
    assert "CAMERA_RTSP_URL" in failures.WEB_PAGE


def test_a_playlist_leads_nowhere() -> None:
    """What it names is not asked for."""
    with odd_camera(lambda _request: ok("text/plain", b"internal")) as victim:
        address = f"http://127.0.0.1:{victim.port}/internal.ts".encode()
        playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + address + b"\n"
        for content_type in ("application/vnd.apple.mpegurl", "video/mp2t", "multipart/x-mixed-replace"):
            with odd_camera(lambda _request, kind=content_type: ok(kind, playlist)) as camera:  # type: ignore[misc]
                source = HttpSource(ConnectionOptions(camera.url, stall_seconds=1), max_fps=30)
                expected = failures.PLAYLIST
                if content_type.startswith("multipart"):
                    source.open()
                    expected = failures.NO_JPEG
                with pytest.raises(SourceUnavailableError, match=re.escape(expected)):
                    (source.grab if content_type.startswith("multipart") else source.open)()
                source.close()
        assert victim.connections == 0


def test_what_nobody_knows_is_named() -> None:
    """With its type, in printable words."""
    assert failure("video/x-ms-asf", b"0&\xb2u\x8ef\xcf\x11" * 4) == failures.STRANGE.format("video/x-ms-asf")
    assert failure("", b"\1\2\3\4" * 8) == failures.STRANGE.format("something")


def test_an_empty_answer_is_said_to_be_one() -> None:
    """A camera that has no picture yet answers so."""
    assert failure("image/jpeg", b"") == failures.NOTHING_CAME
