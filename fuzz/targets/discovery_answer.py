"""What answers a search for cameras: to who is there, and to ONVIF's requests, with the addresses that it names."""

from typing import Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from services.ingest.camera_address.metadata_service import is_metadata_service
from services.ingest.discovery import onvif_answers
from services.ingest.discovery.found import MAX_TEXT, shown
from services.ingest.discovery.http_post import NoAnswerError, read_answer
from services.ingest.discovery.stream_address import STREAMS, judge
from services.ingest.discovery.ws_discovery import read_sightings
from services.ingest.discovery.xml_document import DocumentError, read_document
from services.ingest.sources.authentication import challenges_in

HANDLED: Final = (DocumentError, NoAnswerError)
MAX_BYTES: Final = 16 * 1024
DEVICE: Final = "192.0.2.1"
QUESTION: Final = "00000000-0000-4000-8000-000000000000"


def read(data: bytes) -> None:
    """The first byte says which of them it is. Numbers are within limits, and no address leads where it may not."""
    kind, data = data[:1], data[1:]
    if kind == b"u":
        for seen in read_sightings(data, DEVICE, frozenset({QUESTION})):
            assert seen.host == DEVICE
            assert all(place.path.isascii() and 0 < place.port < 65536 for place in seen.places)  # noqa: PLR2004 ports
        return
    if kind == b"h":
        answer = read_answer(data, is_all=True)
        challenges_in(answer.headers)
        onvif_answers.clock_of_http(answer.headers.get("date", ""))
        data = answer.body
    root = read_document(data)
    _check_numbers(root)
    onvif_answers.clock(root)
    onvif_answers.services(root)
    onvif_answers.is_refusal_for_login(root)
    for text in onvif_answers.facts(root):
        assert len(shown(text) or "") <= MAX_TEXT
    _check_address(onvif_answers.address(root))


def _check_numbers(root: Element) -> None:
    for profile in onvif_answers.profiles(root):
        assert profile.width is None or profile.width > 0
        assert profile.fps is None or 0 < profile.fps <= 1000  # noqa: PLR2004 a rate
        assert 0 < len(profile.token) <= MAX_TEXT


def _check_address(text: str) -> None:
    url, notice = judge(text, DEVICE, STREAMS)
    assert url is not None or notice is not None
    if url is not None:
        parts = urlsplit(url)
        assert parts.scheme in STREAMS
        assert parts.hostname
        assert "@" not in parts.netloc
        assert not is_metadata_service(parts.hostname)
        assert judge(url, DEVICE, STREAMS).url == url
