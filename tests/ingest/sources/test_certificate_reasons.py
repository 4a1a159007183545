"""The words for a certificate that is not trusted: each reader tells what is wrong with it."""

import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from services.ingest.sources import Source, SourceRefusedError, certificate_reasons
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.ffmpeg import FfmpegSource
from services.ingest.sources.http import HttpSource
from services.ingest.sources.rtsp.source import RtspSource
from tests.ingest.sources.http.odd_camera import odd_camera

READERS: dict[str, tuple[str, Callable[[ConnectionOptions], Source]]] = {
    "direct": ("rtsps", RtspSource),
    "ffmpeg": ("rtsps", FfmpegSource),
    "http": ("https", lambda options: HttpSource(options, max_fps=1)),
}


def certificate(directory: Path, name: str, *, days: int = 2) -> Path:
    """A certificate for `name`, signed by itself, and its key beside it in `key`."""
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=camera -keyout key -out new -addext"
    signed = f"openssl x509 -in new -signkey key -days {days} -out cert"
    for command in ([*made.split(), f"subjectAltName={name}"], signed.split()):
        subprocess.run(command, check=True, capture_output=True, cwd=directory)
    return directory / "cert"


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("name", "days", "is_known", "words"),
    [
        ("IP:127.0.0.1", 2, False, certificate_reasons.SELF_SIGNED),
        ("IP:127.0.0.1", -1, True, certificate_reasons.EXPIRED),
        ("IP:198.51.100.7", 2, True, certificate_reasons.WRONG_NAME),
        ("DNS:camera.lan", 2, True, certificate_reasons.WRONG_NAME),
    ],
)
def test_each_reader_tells_what_is_wrong_with_a_certificate(  # noqa: PLR0913 each by name
    tmp_path: Path, reader: str, name: str, days: int, *, is_known: bool, words: str
) -> None:
    """Each has another remedy. Nothing was sent."""
    file = certificate(tmp_path, name, days=days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, tmp_path / "key")
    scheme, source_of = READERS[reader]
    with odd_camera(lambda _request: b"", tls=context) as camera:
        url = camera.url.replace("https", scheme)
        source = source_of(ConnectionOptions(url, ca_file=file if is_known else None, open_seconds=10))
        with pytest.raises(SourceRefusedError) as caught:
            source.open()
        assert str(caught.value) == words
        assert camera.requests == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (9, certificate_reasons.NOT_YET_VALID),
        (10, certificate_reasons.EXPIRED),
        (18, certificate_reasons.SELF_SIGNED),
        (20, certificate_reasons.UNTRUSTED),
        (62, certificate_reasons.WRONG_NAME),
        (64, certificate_reasons.WRONG_NAME),
    ],
)
def test_a_certificate_is_told_by_the_number_of_what_is_wrong_with_it(number: int, words: str) -> None:
    """Some authority that nobody knows is what remains."""
    error = ssl.SSLCertVerificationError()
    error.verify_code = number
    assert certificate_reasons.untrusted(error) == words
