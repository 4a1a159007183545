"""One RTSP message of a camera, and what is made of it: the answer to SETUP, and the addresses that it names."""

from typing import Final

from fuzz.pieces import as_text
from services.ingest.sources.rtsp.control_urls import base_url, session_urls, stream_urls
from services.ingest.sources.rtsp.message import MAX_MESSAGE_BYTES, MessageError, body_bytes, parse_message
from services.ingest.sources.rtsp.setup_answer import (
    LONGEST_TIMEOUT_SECONDS,
    MAX_CHANNEL,
    MAX_PORT,
    SHORTEST_TIMEOUT_SECONDS,
    SetupAnswer,
)

HANDLED: Final = (MessageError,)
REQUESTED: Final = "rtsp://192.0.2.1:554/stream1"


def read(data: bytes) -> None:
    """Numbers are within their bounds, and no URL that we would ask for can end its line in a request."""
    message = parse_message(data)
    assert (message.status is None) == bool(message.method)
    assert -1 <= message.cseq < 10**9
    length = body_bytes(data.partition(b"\n\n")[0][:MAX_MESSAGE_BYTES])
    assert length is None or 0 <= length <= MAX_MESSAGE_BYTES
    for transport in ("tcp", "udp"):
        _check_setup(SetupAnswer.of(message, transport))
    base = base_url(message.headers.get("content-base", ""), REQUESTED)
    controls = [line.partition("control:")[2] for line in as_text(message.body).splitlines()[:20]]
    urls = [base, *session_urls(base, REQUESTED, "".join(controls[:1]))]
    for control in controls:
        urls += stream_urls(base, REQUESTED, "".join(controls[:1]), control)
    for url in urls:
        assert url.isascii()
        assert url.isprintable()
        assert " " not in url


def _check_setup(answer: SetupAnswer) -> None:
    assert SHORTEST_TIMEOUT_SECONDS <= answer.timeout_seconds <= LONGEST_TIMEOUT_SECONDS
    assert all(0 <= channel <= MAX_CHANNEL for channel in answer.channels or ())
    assert all(0 <= port <= MAX_PORT for port in answer.server_ports or ())
    assert answer.session_id.isascii()
    assert len(answer.session_id) <= 256  # noqa: PLR2004 as setup_answer.py has it
    assert answer.sender is None or 0 <= answer.sender < 1 << 32
