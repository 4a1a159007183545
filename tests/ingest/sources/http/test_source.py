"""What a person is told whose address is no camera's, and that FFmpeg is sent nowhere by it."""

import random
import re
from contextlib import closing, suppress

import pytest

from services.ingest.sources import SourceUnavailableError
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.http import HttpSource, failures
from tests.ingest.sources.http.odd_camera import MULTIPART, jpeg, odd_camera, ok, part
from tests.ingest.sources.http.test_demuxed_video import recorded


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


def test_whatever_a_camera_says_is_a_failure_of_its_own_and_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers of each kind with bytes changed, doubled and left out: none ends a camera's process."""
    monkeypatch.setattr("services.ingest.sources.http.source.OPEN_SECONDS", 0.3)
    fuzzer = random.Random(5)  # noqa: S311 no secret
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(data), data) for data in (part(jpeg(1)), part(jpeg(2)))) + b"0\r\n\r\n"
    answers = [
        MULTIPART + part(jpeg(1)) + part(jpeg(2)),
        MULTIPART.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n") + chunked,
        ok("image/jpeg", jpeg(1), 'ETag: "1"\r\nLast-Modified: Thu, 26 Nov 2026 10:00:00 GMT\r\n'),
        b'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="x", nonce="1", qop="auth"\r\nContent-Length: 0\r\n\r\n',
        b"HTTP/1.1 302 Found\r\nLocation: /other?x=1\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\n" + recorded("flv", seconds=1),
    ]
    mutated = answers[0]
    with odd_camera(lambda _request: [mutated]) as camera:
        for turn in range(150):
            changing = bytearray(answers[turn % len(answers)])
            for _ in range(fuzzer.randint(1, 8)):
                at = fuzzer.randrange(min(len(changing), fuzzer.choice((150, 10_000))))
                changing[at : at + fuzzer.randint(0, 2)] = fuzzer.randbytes(fuzzer.randint(0, 2))
            mutated = bytes(changing)
            options = ConnectionOptions(camera.url, "user", "word", stall_seconds=0.2)
            with closing(HttpSource(options, max_fps=60)) as source, suppress(SourceUnavailableError):
                source.open()
                for _ in range(3):
                    source.grab()
                    source.retrieve()
                    source.facts()
