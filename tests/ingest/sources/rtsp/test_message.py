"""RTSP messages, and those that no camera may send."""

import time

import pytest

from services.ingest.sources.rtsp.message import (
    MAX_HEADERS,
    MAX_MESSAGE_BYTES,
    MessageError,
    body_bytes,
    parse_message,
)


def test_an_answer_is_read_with_its_headers_and_its_body() -> None:
    """Names in any case, values folded, repeated and without a space."""
    message = parse_message(
        b"RTSP/1.0 401 Not you\r\ncseq:7\r\nWWW-Authenticate: Basic realm=x\r\nPublic: A,\r\n  B\r\n"
        b"WWW-Authenticate: Digest nonce=1\r\n\r\nbody"
    )
    assert (message.status, message.reason, message.cseq, message.text) == (401, "Not you", 7, "body")
    assert message.headers["www-authenticate"] == "Basic realm=x, Digest nonce=1"
    assert message.headers["public"] == "A, B"


def test_an_answer_without_a_reason_and_with_its_number_twice_is_one() -> None:
    """Some cameras do."""
    message = parse_message(b"RTSP/1.0 200\r\nCSeq: 3\r\nCSeq: 3\r\n\r\n")
    assert (message.status, message.reason, message.cseq) == (200, "", 3)


def test_a_request_of_the_cameras_is_known_as_one() -> None:
    """It is answered, and nothing is done."""
    message = parse_message(b"SET_PARAMETER rtsp://x RTSP/1.0\r\nCSeq: 3\r\n\r\n")
    assert (message.status, message.method) == (None, "SET_PARAMETER")


@pytest.mark.parametrize(
    "data",
    [
        b"RTSP/1.0 200 OK\nCSeq: 3\nPublic: A\n\nbody",
        b"RTSP/1.0 200 OK\r\nCSeq: 3\nPublic: A\r\n\nbody",
        b"RTSP/1.0  200\tOK \r\nCSeq:3\r\nPublic : A\r\n\r\nbody",
        b"RTSP/1.0 200OK\r\nCSEQ:\t3\r\npublic:A\r\n\r\nbody",
        b"RTSP/2.0 200 OK\r\nno colon\r\nEmpty:\r\n: nameless\r\nCSeq: 3\r\nPublic: A\r\n\r\nbody",
        b"RTSP/1.0 200 OK\r\nX: t\xfcr\r\nCSeq: 3\r\nPublic:\r\n  A\r\n \r\n\r\nbody",
        b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nPublic:\r\nPublic: A\r\nPublic: \r\n\r\nbody",
    ],
    ids=["lf", "both", "blanks", "case", "no-colon", "latin-1", "empty"],
)
def test_every_odd_form_of_the_same_answer_means_the_same(data: bytes) -> None:
    """Each of them is some camera's."""
    message = parse_message(data)
    assert (message.status, message.cseq, message.headers["public"], message.body) == (200, 3, "A", b"body")


def test_a_description_of_unknown_length_ends_when_no_more_arrives() -> None:
    """Of nothing else is a body expected without a length."""
    assert body_bytes(b"RTSP/1.0 200 OK\r\nContent-Type: application/sdp") is None
    assert body_bytes(b"RTSP/1.0 200 OK\r\nContent-Type: text/parameters") == 0


def test_a_web_servers_answer_is_known_as_one() -> None:
    """The user may have named the wrong port."""
    assert not parse_message(b"HTTP/1.1 400 Bad Request\r\n\r\n").is_rtsp


@pytest.mark.parametrize("value", ["-5", "+5", "x", "5 5", "1e3", "9" * 5000, "65536", "\u0663"])
def test_a_length_that_is_none_or_too_much_is_refused(value: str) -> None:
    """Nobody waits for it."""
    with pytest.raises(MessageError):
        body_bytes(f"RTSP/1.0 200 OK\r\nContent-Length: {value}".encode())


def test_a_length_said_twice_counts_if_it_is_the_same() -> None:
    """Two different ones would leave it to chance where the next message begins."""
    head = b"RTSP/1.0 200 OK\r\nContent-Length: 8\r\nContent-length : %d"
    assert body_bytes(head % 8) == 8
    with pytest.raises(MessageError):
        body_bytes(head % 0)
    assert body_bytes(b"RTSP/1.0 200 OK\r\nX: a") == 0


@pytest.mark.parametrize(
    "data",
    [
        b"RTSP/1.0 20 OK\r\n\r\n",
        b"RTSP/1.0 2000 OK\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"RTSP/1.0 200 OK\r\n" + b"a:b\r\n" * (MAX_HEADERS + 1) + b"\r\n",
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    """What a camera can send is bounded in objects, too."""
    with pytest.raises(MessageError):
        parse_message(data)


def test_the_longest_head_is_read_in_a_moment() -> None:
    """No pattern takes the square of the length."""
    begun = time.monotonic()
    for filler in (b" ", b"a", b":", b"1", b"\t"):
        parse_message(b"RTSP/1.0 200 OK\r\nX: " + filler * MAX_MESSAGE_BYTES + b"\r\n\r\n")
    assert time.monotonic() - begun < 2
