"""Whatever bytes a camera sends, its connection fails at most: its process goes on, and so does the next connection."""

import socket
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest.decoding.unit_decoder import UnitDecoder
from services.ingest.sources import SourceUnavailableError
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.rtp.assembler import Assembler
from services.ingest.sources.rtp.h264 import H264
from services.ingest.sources.rtp.h265 import H265
from services.ingest.sources.rtp.payload_formats import PayloadFormat
from services.ingest.sources.rtp.reorder_buffer import ReorderBuffer
from services.ingest.sources.rtp.rtcp import ReceiverReports
from services.ingest.sources.rtp.rtp_jpeg import RtpJpeg
from services.ingest.sources.rtsp.source import RtspSource
from tests.ingest.sources.rtp.recorded import recorded
from tests.ingest.sources.test_ffmpeg import serving

FEW = settings(
    max_examples=50,
    deadline=timedelta(seconds=10),
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""The same examples in each run, so that a red build is somebody's change. Some ten seconds in all."""
ODD_WORDS = st.sampled_from(
    [
        *("Content-Length: 99999999999", "Content-Length: 5", "Content-Length: -1", "Content-Length", "CSeq: 1"),
        *("Session:", "Session: ;;;=;timeout=-1", "Session: 1\r\nSession: 2", f"Session: 1;timeout={'9' * 5000}"),
        *(
            "Transport: RTP/AVP/TCP;interleaved=9-",
            f"Transport: interleaved={'9' * 5000}",
            "Transport: a\r\nTransport:",
        ),
        *("Transport: RTP/AVP;server_port=0-99999;source=", "Public:", "Public: a\r\nPublic: b", "Content-Base: \0"),
        *(
            "WWW-Authenticate: Digest",
            "WWW-Authenticate: Basic\r\nWWW-Authenticate: Digest nonce",
            "Location: rtsp://[",
        ),
        *("Content-Base: rtsp://[", "Content-Base: a\r\n Content-Base: b", " folded", "\t", ":", "a" * 5000, "é\u2028"),
    ]
)
ODD_LINES = st.sampled_from(
    [
        *("m=video", "m=video 0 RTP/AVP", "m=video x y z", "m=audio 0 RTP/AVP 0", "m=video 0 RTP/AVP 26", "a=rtpmap:"),
        *("a=rtpmap:96 H265/90000", "a=rtpmap:999 JPEG/1", "a=fmtp:96", "a=fmtp:96 sprop-parameter-sets=é,,=,Z0", "a="),
        *("a=control", "a=control:*", "a=control:http://x/", "a=control:rtsp://[", "v=9", "c=", "t=", "r=", "z=", "k="),
        *("a=framesize:" + "1" * 5000, "a=framerate:x", f"m=video {'9' * 5000} RTP/AVP 96", "\0", "é", "a=fmtp:96 =;="),
    ]
)
STATUS = st.sampled_from(
    ["RTSP/1.0 200 OK"] * 8 + ["RTSP/1.0 401 No", "RTSP/1.0 302 F", "RTSP/1.0 999", "RTSP/9", "OPTIONS a RTSP/1.0"]
)
MEDIA = ["v=0", "m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000"]
Answers = st.lists(st.tuples(STATUS, st.lists(ODD_WORDS, max_size=3), st.lists(ODD_LINES, max_size=3)), max_size=6)


Answer = tuple[str, list[str], list[str]]
"""A status line, odd headers, odd lines of a description."""


def conversation(answers: list[Answer], stream: bytes) -> Callable[[socket.socket], None]:
    """A camera that gives these answers in turn, then usual ones; after PLAY it sends `stream` and hangs up."""
    rest = iter(answers)

    def serve(connection: socket.socket) -> None:
        while request := connection.recv(65_536).decode(errors="replace"):
            status, words, lines = next(rest, ("RTSP/1.0 200 OK", [], []))
            sequence = next(line for line in request.split("\r\n") if line.startswith("CSeq"))
            body = "\r\n".join([*MEDIA, *lines, ""]).encode()
            usual = ["Session: 7", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1", f"Content-Length: {len(body)}"]
            connection.sendall("\r\n".join([status, sequence, *words, *usual, "", ""]).encode() + body)
            if request.startswith("PLAY"):
                connection.sendall(stream)
                return

    return serve


def fails_at_most(serve: Callable[[socket.socket], None], transport: str = "tcp") -> None:
    """Reads until the camera's failure, which must be told as one."""
    with (
        serving(serve) as port,
        closing(
            RtspSource(
                ConnectionOptions(
                    f"rtsp://127.0.0.1:{port}/",
                    "u",
                    "p",
                    transport=transport,  # type: ignore[arg-type]
                    stall_seconds=0.6,
                    open_seconds=0.6,
                )
            )
        ) as source,
        suppress(SourceUnavailableError),
    ):
        source.open()
        while source.grab():
            source.retrieve()
            source.facts()


@FEW
@given(Answers)
def test_no_answer_ends_more_than_the_connection(answers: list[Answer]) -> None:
    """Answers in any order, with lines that some camera once sent or none would."""
    fails_at_most(conversation(answers, b""))


def interleaved(packet: bytes, channel: int = 0) -> bytes:
    return b"$" + bytes([channel]) + len(packet).to_bytes(2, "big") + packet


STREAM = b"".join(map(interleaved, recorded("h264")))


@FEW
@given(st.lists(st.tuples(st.integers(0, len(STREAM) - 1), st.binary(max_size=40), st.integers(0, 40)), max_size=8))
def test_no_stream_ends_more_than_the_connection(changes: list[tuple[int, bytes, int]]) -> None:
    """Bytes replaced, put in and taken out, so that packets and messages are not where they should be."""
    stream = STREAM
    for at, new, removed in changes:
        stream = stream[:at] + new + stream[at + removed :]
    fails_at_most(conversation([], stream))


FORMATS = st.sampled_from([("h264", H264), ("h265", H265), ("jpeg", RtpJpeg)])
PACKETS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 1500), st.binary(max_size=30)), max_size=40)


@settings(FEW, max_examples=300)
@given(FORMATS, PACKETS, st.booleans())
def test_no_packet_is_more_than_damaged(
    kind: tuple[str, Callable[[], PayloadFormat]], packets: list[tuple[int, int, bytes]], late: bool
) -> None:
    """Real packets with bytes of theirs changed or cut, in order and not: decoded if they can be."""
    name, make_format = kind
    payload_format, whole = make_format(), recorded(name)
    decoder = UnitDecoder(payload_format, b"")
    payload_type = whole[0][1] & 127
    assembler = Assembler(payload_type, payload_format, decoder.pending.put)
    reorder = ReorderBuffer()
    for index, at, change in packets:
        packet = bytearray(whole[index % len(whole)])
        packet[at % len(packet) : at % len(packet) + len(change)] = change
        for ready in reorder.put(bytes(packet), float(index)) if late else [bytes(packet)]:
            assembler.take(bytearray(ready), 0, len(ready))
        decoder.newest()


@settings(FEW, max_examples=300)
@given(st.binary(max_size=200), st.floats(0, 1e6))
def test_no_report_is_more_than_ignored(data: bytes, now: float) -> None:
    """What we say to it is a report or nothing."""
    reports = ReceiverReports()
    reports.read(b"\x80\xc8\0\6" + bytes(24), now, 0)
    reports.read(data, now, 0)
    assert len(reports.report(lost=1, highest_sequence=2, now=now) or b"") < 100


def test_udp_answers_end_no_more_than_the_connection() -> None:
    """A port or an address that is none."""
    for transport in ("RTP/AVP;server_port=99999-0", "RTP/AVP;server_port=9", f"RTP/AVP;server_port={'9' * 5000}-1"):
        answer: Answer = ("RTSP/1.0 200 OK", [f"Transport: {transport}"], [])
        fails_at_most(conversation([answer] * 3, b""), "udp")


@pytest.mark.parametrize("size", [1, 3])
def test_a_packet_where_a_message_should_be_ends_no_more_than_the_connection(size: int) -> None:
    """It comes before anything was asked for."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(interleaved(b"a" * size) + b"RTSP/1.0 200 OK\r\nContent-Length: 4\r\n\r\n" + STREAM[:99])
        connection.recv(4096)

    fails_at_most(serve)
