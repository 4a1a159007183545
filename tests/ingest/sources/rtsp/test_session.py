"""The reason that is given for a camera's failure: real refusals over real sockets."""

import base64
import logging
import socket
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from services.ingest.sources import (
    SourceRefusedError,
    SourceSilentError,
    SourceUnauthorizedError,
    SourceUnavailableError,
    SourceUnreachableError,
    SourceUnsupportedError,
    failure_reasons,
)
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.rtsp.session import MAX_REDIRECTS
from services.ingest.sources.rtsp.source import RtspSource
from tests.ingest.sources.rtsp.fake_camera import H264_VIDEO, Answer, fake_camera, said
from tests.ingest.sources.test_ffmpeg import serving
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE

SECRET = "s3cr:/@ #t"  # noqa: S105 - every character that could trip


def refusing(line: str, *headers: str) -> Answer:
    return lambda method: said(line, *headers) if method == "DESCRIBE" else said("200 OK", "Public: DESCRIBE")


def redirecting_to(place: str, method: str) -> bytes | None:
    return refusing("302 Found", f"Location: {place}")(method)


def describing(description: str) -> Answer:
    return lambda _method: said("200 OK", "Session: 1", body=description)


def failure(url: str, open_seconds: float = 5) -> SourceUnavailableError:
    source = RtspSource(ConnectionOptions(url, "user", SECRET, open_seconds=open_seconds))
    with pytest.raises(SourceUnavailableError) as caught:
        source.open()
    source.close()
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r}"
    return caught.value


@pytest.mark.parametrize("line", ["401 Unauthorized", "403 Forbidden"])
def test_refused_credentials_are_known_as_such_and_offered_once(line: str) -> None:
    """They alone are not to be tried again soon: cameras lock out."""
    with fake_camera(refusing(line, 'WWW-Authenticate: Digest realm="x", nonce="1"')) as refuser:
        error = failure(refuser.url)
    assert isinstance(error, SourceUnauthorizedError)
    refused = failure_reasons.refused_login("user", SECRET)
    assert str(error) == (failure_reasons.FORBIDDEN if "403" in line else refused)
    assert sum("Authorization" in request for request in refuser.requests) <= 1


def test_without_credentials_nothing_is_guessed() -> None:
    """The camera asks, and there is nothing to say."""
    challenging = refusing("401 Unauthorized", "WWW-Authenticate: Basic realm=x")
    with fake_camera(challenging) as refuser, pytest.raises(SourceUnauthorizedError, match="none is set"):
        RtspSource(ConnectionOptions(refuser.url)).open()
    assert not any("Authorization" in request for request in refuser.requests)


def test_a_path_the_camera_does_not_have_is_said() -> None:
    """The commonest mistake after the password."""
    with fake_camera(refusing("404 Not Found")) as refuser:
        assert str(failure(refuser.url)) == failure_reasons.NO_STREAM


def test_a_refused_connection_and_an_unknown_host_are_said() -> None:
    """Neither counts as a camera that is mute, or as one that we can't understand."""
    refused = failure(f"rtsp://127.0.0.1:{free_port()}/cam")
    assert str(refused) == failure_reasons.CONNECTION_REFUSED
    unknown = failure("rtsp://camera.invalid/cam")
    assert str(unknown) == failure_reasons.UNKNOWN_HOST
    assert type(refused) is type(unknown) is SourceUnreachableError
    assert str(failure(f"rtsp://{'a' * 70}.invalid/cam")) == failure_reasons.UNKNOWN_HOST


@pytest.mark.parametrize(
    ("silent_at", "kind"),
    [("OPTIONS", SourceSilentError), ("DESCRIBE", SourceUnavailableError), ("SETUP", SourceUnavailableError)],
)
def test_a_camera_that_does_not_answer_is_given_up_after_the_time_to_open(
    silent_at: str, kind: type[SourceUnavailableError]
) -> None:
    """It may fall silent at any point of the session. Only one that has said nothing is asked whether it is up."""

    def answer(method: str) -> bytes | None:
        return None if method == silent_at else said("200 OK", body=H264_VIDEO if method == "DESCRIBE" else "")

    with fake_camera(answer) as mute:
        begun = time.monotonic()
        error = failure(mute.url, open_seconds=0.5)
    assert str(error) == failure_reasons.unanswered(silent_at, 0.5)
    assert type(error) is kind
    assert 0.5 <= time.monotonic() - begun < 2 * PATIENCE


def test_a_camera_that_takes_long_to_answer_is_waited_for() -> None:
    """It sleeps, or is a server that starts its source on demand."""

    def answer(method: str) -> bytes:
        if method == "DESCRIBE":
            threading.Event().wait(1)
        return said("200 OK", "Session: 1", body=H264_VIDEO)

    with fake_camera(answer) as sleepy, closing(RtspSource(ConnectionOptions(sleepy.url, open_seconds=5))) as source:
        source.open()


def test_the_first_packet_has_the_time_to_open_and_not_that_of_a_stall() -> None:
    """A camera may need as long to begin as it needed to answer."""
    with (
        fake_camera(lambda _method: said("200 OK", "Session: 1", body=H264_VIDEO)) as late,
        closing(RtspSource(ConnectionOptions(late.url, stall_seconds=0.5, open_seconds=1.6))) as source,
    ):
        source.open()
        begun = time.monotonic()
        with pytest.raises(SourceUnavailableError, match="sends no pictures by TCP"):
            source.grab()
    assert time.monotonic() - begun > 1


def test_a_camera_that_hangs_up_is_unavailable() -> None:
    """A camera does so when it has too many clients."""
    with fake_camera(lambda _method: b"") as short:
        error = failure(short.url)
    assert str(error) == failure_reasons.CLOSED_AT_ONCE
    assert not isinstance(error, SourceUnsupportedError)


def test_an_overloaded_camera_is_unavailable_and_its_words_are_told_without_secrets() -> None:
    """A camera may even echo the password."""
    with fake_camera(refusing(f"503 Busy with {SECRET}")) as busy:
        error = failure(busy.url)
    assert str(error) == failure_reasons.too_many_viewers("503 Busy with ***")
    assert isinstance(error, SourceRefusedError)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("453 Not Enough Bandwidth", failure_reasons.too_many_viewers("453 Not Enough Bandwidth")),
        ("404 Not Found", failure_reasons.refused_request("SETUP", "404 Not Found")),
        ("500 Oops", failure_reasons.refused_request("SETUP", "500 Oops")),
    ],
)
def test_a_refusal_is_told_by_what_was_refused(line: str, words: str) -> None:
    """A 404 for a stream that the camera itself named says nothing of the user's path."""

    def answer(method: str) -> bytes:
        return said(line) if method == "SETUP" else said("200 OK", body=H264_VIDEO if method == "DESCRIBE" else "")

    with fake_camera(answer) as refuser:
        assert str(failure(refuser.url)) == words


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", failure_reasons.WEB_SERVER),
        (b"<html><body>Hello</body></html>\r\n\r\n", failure_reasons.WEB_SERVER),
        (b"\x15\x03\x01\x00\x02\x02\x46", failure_reasons.SPEAKS_TLS),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", failure_reasons.NOT_RTSP),
        (b"RTSP/1.0 OK\r\n\r\n", failure_reasons.NOT_UNDERSTOOD),
    ],
)
def test_what_answers_at_the_wrong_port_is_named(answer: bytes, words: str) -> None:
    """A camera's web page is at the next port, and the commonest mistake after the path."""
    with fake_camera(lambda _method: answer) as other:
        assert str(failure(other.url)) == words


def test_garbage_amid_a_stream_is_no_matter_of_the_port() -> None:
    """The camera has answered at it."""

    def answer(method: str) -> bytes:
        return said("200 OK", "Session: 1", body=H264_VIDEO) + (b"\0garbage" * 20_000 if method == "PLAY" else b"")

    with fake_camera(answer) as odd, closing(RtspSource(ConnectionOptions(odd.url, open_seconds=5))) as source:
        source.open()
        with pytest.raises(SourceUnsupportedError, match="between its packets"):
            source.grab()


def test_tls_where_there_is_none_is_said() -> None:
    """Whether the camera answers, hangs up or waits for more."""
    for answer, words in (
        (b"RTSP/1.0 400 Bad Request\r\n\r\n", failure_reasons.NO_TLS),
        (b"", failure_reasons.CLOSED_AT_ONCE_BY_TLS),
    ):
        with serving(lambda connection, data=answer: connection.recv(4096) and connection.sendall(data)) as port:  # type: ignore[misc]
            assert str(failure(f"rtsps://127.0.0.1:{port}/")) == words
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        error = failure(f"rtsps://127.0.0.1:{mute.getsockname()[1]}/", open_seconds=0.5)
    assert str(error) == failure_reasons.NO_ANSWER_BY_TLS


NO_VIDEO = "v=0\r\nm=audio 0 RTP/AVP 0\r\n"
OLD_VIDEO = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        lambda _method: b"RTSP/1.0 OK\r\n\r\n",
        lambda _method: b"\0\1\2\3\4\5\6\7",
        lambda _method: b"RTSP/1.0 200 OK\r\nX: " + b"x" * 100_000,
        refusing("551 Option not supported"),
        describing(NO_VIDEO),
        describing(OLD_VIDEO),
        describing("complete nonsense"),
    ],
)
def test_what_we_cannot_speak_with_is_unsupported(answer: Answer) -> None:
    """FFmpeg may understand it: that, and only that, is what this error says."""
    with fake_camera(answer) as strange:
        assert isinstance(failure(strange.url), SourceUnsupportedError)


@pytest.mark.parametrize(
    "location",
    ["", "rtsp://127.0.0.1/other", "rtsp://127.0.0.1.evil:{port}/", "rtsp://127.0.0.1:{port}@evil/", "http://evil/"],
)
def test_a_redirect_to_anywhere_else_is_not_followed_and_no_matter_for_another_reader(location: str) -> None:
    """FFmpeg would follow it, and tell that host the password."""
    with fake_camera(lambda method: redirecting_to(place, method)) as sender:
        place = location.format(port=sender.url.split(":")[2].partition("/")[0])
        error = failure(sender.url)
    assert (str(error), type(error)) == (failure_reasons.REDIRECTED, SourceRefusedError)


def test_a_redirect_to_the_camera_itself_is_followed_a_few_times() -> None:
    """To another path, as some do for each session; and one that never ends is given up."""
    with fake_camera(lambda method: redirecting_to(f"{sender.url}/more", method)) as sender:
        error = failure(sender.url)
    assert str(error) == failure_reasons.REDIRECTED
    described = [request.split()[1] for request in sender.requests if request.startswith("DESCRIBE")]
    assert described == [sender.url, *[f"{sender.url}/more"] * MAX_REDIRECTS]


def setting_up(transport: str, session: str = "7;timeout=60") -> Answer:
    return lambda _method: said(
        "200 OK", f"Session: {session}", f"Transport: {transport}", "Public: PLAY", body=H264_VIDEO
    )


@pytest.mark.parametrize(
    "answer",
    [
        setting_up(f"RTP/AVP/TCP;interleaved={'9' * 5000}"),
        setting_up("RTP/AVP/TCP;interleaved=1000-1001"),
        setting_up("RTP/AVP/TCP;interleaved=0-1", f"7;timeout={'9' * 5000}"),
        setting_up("RTP/AVP/TCP;interleaved=0-1\r\nTransport: a\r\nSession: 8\r\nPublic: a\r\nContent-Base:"),
    ],
    ids=["digits", "channels", "timeout", "repeated"],
)
def test_numbers_and_headers_that_no_camera_sends_end_nothing(answer: Answer) -> None:
    """A camera's process once ended by each of these."""
    with (
        fake_camera(answer) as odd,
        closing(RtspSource(ConnectionOptions(odd.url, stall_seconds=1, open_seconds=1))) as source,
    ):
        with suppress(SourceUnavailableError):
            source.open()
        with pytest.raises(SourceUnavailableError):
            source.grab()


@pytest.mark.parametrize(
    "lengths",
    [
        "Content-Length: 99999999999",
        "Content-Length: 8\r\nContent-Length: 0",
        "Content-Length: -5",
        "Content-Length: x",
    ],
)
def test_an_answer_of_no_clear_length_is_not_waited_for(lengths: str) -> None:
    """FFmpeg may understand it. What comes after it can't be found."""
    with fake_camera(lambda _method: f"RTSP/1.0 200 OK\r\nCSEQ\r\n{lengths}\r\n\r\n$\0\0\4abcd".encode()) as odd:
        assert isinstance(failure(odd.url), SourceUnsupportedError)


@pytest.mark.parametrize("algorithm", ["Basic realm=x", 'Digest realm="x", nonce="1"'])
def test_a_camera_that_repeats_our_answer_to_its_challenge_tells_nobody(algorithm: str) -> None:
    """Neither the password in base64, nor a digest, is in the words that every viewer sees."""

    def answer(method: str) -> bytes:
        last = echoing.requests[-1]
        given = next((line for line in last.split("\r\n") if line.startswith("Authorization")), None)
        if given is None:
            return said("401 No", f"WWW-Authenticate: {algorithm}") if method == "DESCRIBE" else said("200 OK")
        secrets.append(given.split('response="')[-1].split('"')[0].split()[-1])
        return said(f"400 Bad request near {given}")

    secrets: list[str] = []
    with fake_camera(answer) as echoing:
        error = failure(echoing.url)
    assert len(secrets[0]) > 10
    assert "Bad request near" in str(error)
    assert secrets[0] not in str(error)


def test_credentials_are_in_no_log(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """Whatever the level."""
    caplog.set_level(logging.DEBUG)
    hidden = [SECRET, base64.b64encode(f"user:{SECRET}".encode()).decode()]
    for answer in (refusing("401 No", "WWW-Authenticate: Basic realm=x"), lambda _method: b"RTSP/1.0 junk\r\n\r\n"):
        with fake_camera(answer) as refuser:
            failure(refuser.url)
    written = capfd.readouterr()
    for text in hidden:
        assert text not in caplog.text + written.out + written.err
    assert any(hidden[1] in request for request in refuser.requests) or refuser.requests


def test_the_camera_is_reminded_of_us_in_the_time_it_says() -> None:
    """Else it ends a session that works."""

    def answer(_method: str) -> bytes:
        return said("200 OK", "Public: GET_PARAMETER, PLAY", "Session: 7;timeout=2", body=H264_VIDEO)

    with (
        fake_camera(answer) as patient,
        closing(RtspSource(ConnectionOptions(patient.url, open_seconds=2.5))) as source,
    ):
        source.open()
        with pytest.raises(SourceUnavailableError, match="sends no pictures"):
            source.grab()
    methods = [request.partition(" ")[0] for request in patient.requests]
    assert methods[:5] == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER"]
    assert set(methods[5:-1]) <= {"GET_PARAMETER"}
    assert methods[-1] == "TEARDOWN", "a camera that serves one viewer at a time would refuse the next session"
    assert all("Session: 7\r\n" in request for request in patient.requests[3:])


def test_a_file_of_authorities_that_is_none_is_said(tmp_path: Path) -> None:
    """Before anything is sent."""
    source = RtspSource(ConnectionOptions("rtsps://127.0.0.1/cam", ca_file=tmp_path / "none.pem"))
    with pytest.raises(SourceUnavailableError, match="certificate authority can't be read"):
        source.open()
