"""Cameras that speak RTSP their own way, one oddity each: a picture comes from each of them by the direct reader."""

import re
import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from services.ingest.sources import SourceUnauthorizedError, failure_reasons
from services.ingest.sources.rtsp.source import RtspSource
from tests.ingest.sources.rtsp.scripted_camera import (
    HANGS_UP,
    NOTHING,
    PACKETS,
    Request,
    Script,
    ScriptedCamera,
    interleaved,
    scripted_camera,
    sees,
    source_of,
    why_not,
)
from tests.support.waiting import wait_until

Answer = Callable[[ScriptedCamera, Request], bytes | None]
VIDEO = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
AUDIO = "m=audio 0 RTP/AVP 8\r\na=control:trackID=1\r\n"
STREAM = [interleaved(packet) for packet in PACKETS]
DESCRIPTION = Script().description
INTERLEAVED = "Transport: RTP/AVP/TCP;interleaved=0-1"


def rewriting(rewrite: Callable[[bytes], bytes]) -> Script:
    """Each usual answer, written another way."""
    return Script(lambda camera, request: rewrite(camera.usual(request)))


def answering(method: str, answer: Callable[[Request], bytes | None]) -> Script:
    return Script(lambda _camera, request: answer(request) if request.method == method else None)


def setting_up(*headers: str, stream: bytes = b"".join(STREAM)) -> Script:
    script = answering("SETUP", lambda request: request.said("200 OK", *headers))
    script.stream = stream
    return script


def known_at(urls: dict[str, str], description: str = DESCRIPTION, *headers: str) -> Script:
    """A method is answered at one URL only: the given end behind `rtsp://…`."""

    def answer(_camera: ScriptedCamera, request: Request) -> bytes | None:
        end = urls.get(request.method)
        return None if end is None or request.url.endswith(end) else request.said("404 Not Found")

    return Script(answer, description, headers)


def first_refused(method: str, line: str) -> Script:
    def answer(camera: ScriptedCamera, request: Request) -> bytes | None:
        return request.said(line) if request.method == method and len(camera.asked(method)) == 1 else None

    return Script(answer)


def wants_tcp(request: Request) -> bool:
    return "interleaved" in request.headers.get("transport", "")


SPOKEN = {
    "ends its lines with LF": rewriting(lambda answer: answer.replace(b"\r\n", b"\n")),
    "ends its lines in turn with CRLF and LF": rewriting(lambda answer: answer.replace(b"\r\n", b"\n", 2)),
    "says no reason": rewriting(lambda answer: answer.replace(b" OK", b"")),
    "says a reason in Latin-1": rewriting(lambda answer: answer.replace(b" OK", b" \xfcber")),
    "speaks version 2": rewriting(lambda answer: answer.replace(b"RTSP/1.0", b"RTSP/2.0")),
    "puts blanks and tabs everywhere": rewriting(
        lambda answer: answer.replace(b": ", b" :\t ").replace(b"0 2", b"0  2")
    ),
    "writes names in capitals": rewriting(
        lambda answer: re.sub(rb"(?m)^[A-Za-z-]+(?=: )", lambda name: name[0].upper(), answer)
    ),
    "sends a header without a colon": rewriting(lambda answer: answer.replace(b"\r\nCSeq", b"\r\nno colon\r\nCSeq")),
    "sends a header without a value": rewriting(lambda answer: answer.replace(b"\r\nCSeq", b"\r\nServer:\r\nCSeq")),
    "repeats each header": rewriting(lambda answer: re.sub(rb"(?m)^([A-Za-z-]+: .*)\r\n", rb"\1\r\n\1\r\n", answer)),
    "folds its headers": rewriting(lambda answer: answer.replace(b": ", b":\r\n\t ")),
    "counts its answers from 0": rewriting(lambda answer: re.sub(rb"CSeq: \d+", b"CSeq: 0", answer)),
    "gives each answer the same number": rewriting(lambda answer: re.sub(rb"CSeq: \d+", b"CSeq: 1", answer)),
    "does not number its answers": rewriting(lambda answer: re.sub(rb"CSeq: \d+\r\n", b"", answer)),
    "numbers its answers with words": rewriting(lambda answer: re.sub(rb"CSeq: \d+", b"CSeq: one", answer)),
    "says to go on first": rewriting(lambda answer: b"RTSP/1.0 100 Continue\r\n\r\n" + answer),
    "sends empty lines between": rewriting(lambda answer: b"\r\n\r\n" + answer + b"\r\n"),
    "says less of its description's length": rewriting(
        lambda answer: re.sub(rb"Content-Length: \d+", b"Content-Length: 53", answer)
    ),
    "says more of its description's length": rewriting(
        lambda answer: re.sub(rb"Content-Length: \d+", b"Content-Length: 999", answer)
    ),
    "says nothing of its description's length": rewriting(
        lambda answer: re.sub(rb"Content-Length: \d+", b"Content-Type: application/sdp", answer)
    ),
    "describes itself in Latin-1": rewriting(lambda answer: answer.replace(b"v=0", b"s=\xfc0")),
    "describes itself with a mark of byte order": Script(description=f"\ufeff{DESCRIPTION}"),
    "describes itself as text": Script(describe_headers=("Content-Type: text/plain",)),
    "refuses OPTIONS": answering("OPTIONS", lambda request: request.said("400 Bad Request")),
    "says nothing of use to OPTIONS": answering("OPTIONS", lambda request: request.said("200 OK")),
    "names its methods in two headers": answering(
        "OPTIONS", lambda request: request.said("200 OK", "Public: PLAY", "Public: A")
    ),
    "sends us elsewhere at OPTIONS": answering(
        "OPTIONS", lambda request: request.said("302 F", "Location: rtsp://evil/")
    ),
    "accepts no Accept": Script(
        lambda _camera, request: request.said("406 Not Acceptable") if "accept" in request.headers else None
    ),
    "names no session": setting_up(INTERLEAVED),
    "puts blanks into its session": setting_up("Session:  7 ; Timeout = 60 ", INTERLEAVED),
    "says that its session lasts for no time": setting_up("Session: 7;timeout=0", INTERLEAVED),
    "names no transport": setting_up("Session: 7"),
    "names no channels": setting_up("Session: 7", "Transport: RTP/AVP/TCP;unicast"),
    "names one channel": setting_up("Session: 7", "Transport: RTP/AVP/TCP;interleaved=0"),
    "names impossible channels": setting_up("Session: 7", "Transport: RTP/AVP/TCP;interleaved=1000-1001"),
    "chooses other channels": setting_up(
        "Session: 7", "Transport: RTP/AVP/TCP;interleaved=4-5", stream=b"".join(interleaved(one, 4) for one in PACKETS)
    ),
    "names other channels than it uses": setting_up("Session: 7", "Transport: RTP/AVP/TCP;interleaved=4-5"),
    "names several transports": setting_up(
        "Session: 7", "Transport: RTP/AVP;unicast;client_port=1-2,RTP/AVP/TCP;unicast;interleaved=0-1"
    ),
    "slips a comma into its transport": setting_up("Session: 7", "Transport: RTP/AVP/TCP,interleaved=0-1,ssrc=FF"),
    "names another session with each answer": Script(
        lambda camera, request: request.said("200 OK", f"Session: {len(camera.requests)}", INTERLEAVED)
        if request.method == "SETUP"
        else None
    ),
    "sends before it agrees to send": answering(
        "PLAY", lambda request: b"".join(STREAM) + request.said("200 OK")
    ),
    "sends without agreeing to send": answering("PLAY", lambda _request: b"".join(STREAM)),
    "refuses the range": Script(
        lambda _camera, request: request.said("457 Invalid Range") if "range" in request.headers else None
    ),
    "refuses to play all streams at once": known_at({"PLAY": "/trackID=0"}),
    "plays at its session's URL only": known_at(
        {"PLAY": "/session1", "TEARDOWN": "/session1"},
        f"a=control:rtsp://127.0.0.1/session1\r\n{VIDEO}a=control:rtsp://127.0.0.1/session1/x\r\n",
    ),
    "names a base without a scheme": known_at({"SETUP": "/trackID=0"}, DESCRIPTION, "Content-Base: 192.168.77.5:554/"),
    "names a base of another scheme": known_at({"SETUP": "/cam/trackID=0"}, DESCRIPTION, "Content-Base: http://evil/x/"),
    "names a base that is a path": known_at({"SETUP": "/cam/trackID=0"}, DESCRIPTION, "Content-Base: /x/"),
    "names two bases": known_at({"SETUP": "/trackID=0"}, DESCRIPTION, *["Content-Base: rtsp://h/a/"] * 2),
    "names a base that it does not know itself": known_at(
        {"SETUP": "/cam/trackID=0", "PLAY": "/cam"}, DESCRIPTION, "Content-Base: rtsp://192.168.77.5/inner/"
    ),
    "knows itself by its inner address and a login": known_at(
        {"SETUP": "rtsp://u:p@192.168.77.5:554/h264/trackID=0", "PLAY": "rtsp://u:p@192.168.77.5:554/h264/"},
        DESCRIPTION,
        "Content-Base: rtsp://u:p@192.168.77.5:554/h264/",
    ),
    "names its location only": known_at(
        {"SETUP": "rtsp://h/x/trackID=0"}, DESCRIPTION, "Content-Location: rtsp://h/x/"
    ),
    "names its stream by a path of its own": Script(
        lambda _camera, request: request.said("404 No") if "/cam/" in request.url else None,
        f"{VIDEO}a=control:/other/track\r\n",
    ),
    "names its stream by no address": known_at({"SETUP": "/cam"}, VIDEO),
    "names its stream by an address that is none": known_at({"SETUP": "/cam"}, f"{VIDEO}a=control:http://x/y\r\n"),
    "closes after a refusal": answering("OPTIONS", lambda request: request.said("501 No") + HANGS_UP),
    "asks us between packets": Script(
        stream=b"".join(
            packet + b"OPTIONS * RTSP/1.0\r\nCSeq: 5\r\n\r\nSET_PARAMETER x RTSP/1.0\r\nContent-Length: 2\r\n\r\n$\0"
            for packet in STREAM
        )
    ),
    "answers what nobody asked": Script(stream=b"".join(packet + b"RTSP/1.0 200 OK\r\n\r\n" for packet in STREAM)),
    "puts garbage before its packets": Script(stream=b"garbage $\0\xff\xff and more" * 9 + b"".join(STREAM)),
    "cuts a packet short": Script(stream=STREAM[0][:20] + b"".join(STREAM)),
    "sends its sound unasked": Script(stream=b"".join(packet + interleaved(PACKETS[0], 2) for packet in STREAM)),
    "offers UDP only": Script(transports=("udp",)),
    "offers UDP only and says so with 406": Script(
        lambda _camera, request: request.said("406 Not") if wants_tcp(request) else None
    ),
    "agrees to TCP and means UDP": Script(
        lambda _camera, request: request.said("200 OK", "Session: 7", "Transport: RTP/AVP;server_port=5000-5001")
        if wants_tcp(request)
        else None
    ),
}  # fmt: skip


@pytest.mark.parametrize("script", SPOKEN.values(), ids=SPOKEN.keys())
def test_a_picture_comes_from_a_camera_that(script: Script) -> None:
    """By the direct reader, and at the first attempt."""
    with scripted_camera(script) as camera, closing(source_of(camera, stall_seconds=20)) as source:
        assert sees(source)


BY_UDP = {
    "names no ports": "RTP/AVP;unicast",
    "names port 0": "RTP/AVP;unicast;server_port=0-0",
    "names one port": "RTP/AVP/UDP;server_port=5000",
    "names impossible ports": "RTP/AVP;server_port=99999-100000",
    "names ports without end": f"RTP/AVP;server_port={'9' * 5000}-1",
    "slips a comma in": "RTP/AVP;unicast;server_port=5000-5001,ssrc=FF12CC34",
    "names another source": "RTP/AVP;unicast;source=192.168.77.5;destination=0.0.0.0;server_port=5000-5001",
    "names channels as well": "RTP/AVP;unicast;interleaved=0-1;server_port=5000-5001",
    "says nothing": "",
}


@pytest.mark.parametrize("transport", BY_UDP.values(), ids=BY_UDP.keys())
def test_a_picture_comes_by_udp_from_a_camera_that(transport: str) -> None:
    """What it says of its own ports matters to reports alone."""

    def answer(camera: ScriptedCamera, request: Request) -> bytes | None:
        if request.method != "SETUP":
            return None
        camera.usual(request)
        return request.said("200 OK", "Session: 7", f"Transport: {transport}")

    with scripted_camera(Script(answer)) as camera, closing(source_of(camera, transport="udp")) as source:
        assert sees(source)
    assert len(camera.asked("SETUP")) == 1


LOGIN = {"username": "user", "password": "word"}
CHALLENGE = 'WWW-Authenticate: Digest realm="x", nonce="{}"'


def guarded(
    challenge: Callable[[Request], bytes], methods: str = "DESCRIBE SETUP PLAY GET_PARAMETER TEARDOWN"
) -> Script:
    def answer(_camera: ScriptedCamera, request: Request) -> bytes | None:
        wants = request.method in methods.split() and "authorization" not in request.headers
        return challenge(request) if wants else None

    return Script(answer)


GUARDED = {
    "closes after its challenge": guarded(lambda request: request.said("401 No", CHALLENGE.format(1)) + HANGS_UP),
    "closes after each challenge": guarded(
        lambda request: request.said("401 No", CHALLENGE.format(1)) + HANGS_UP, "OPTIONS DESCRIBE SETUP PLAY"
    ),
    "guards OPTIONS without a challenge": guarded(
        lambda request: request.said("401 No", *[CHALLENGE.format(1)] * (request.method != "OPTIONS")),
        "OPTIONS DESCRIBE",
    ),
    "offers Basic and Digest in one header": guarded(
        lambda request: request.said("401 No", 'WWW-Authenticate: Basic realm="x", Digest realm="x", nonce="1"')
    ),
    "leaves out the commas of its challenge": guarded(
        lambda request: request.said("401 No", 'WWW-Authenticate: Digest realm="x"  nonce="1" , ,stale="FALSE"')
    ),
    "wants a new answer for each request": Script(
        lambda camera, request: request.said("401 No", CHALLENGE.format(request.method))
        if request.method not in request.headers.get("authorization", "").split('"')
        else camera.usual(request)
    ),
}  # fmt: skip


@pytest.mark.parametrize("script", GUARDED.values(), ids=GUARDED.keys())
def test_a_picture_comes_by_a_password_from_a_camera_that(script: Script) -> None:
    """Its challenge is answered, and no wrong answer given."""
    with scripted_camera(script) as camera, closing(source_of(camera, **LOGIN)) as source:
        assert sees(source)


def test_a_wrong_password_is_offered_once_also_at_a_camera_that_guards_options() -> None:
    """Two wrong answers in each try would lock us out in half the time."""
    script = Script(lambda _camera, request: request.said("401 No", CHALLENGE.format(len(request.method))))
    with scripted_camera(script) as camera, pytest.raises(SourceUnauthorizedError):
        source_of(camera, **LOGIN).open()
    assert sum("authorization" in request.headers for request in camera.requests) == 1


WORDS = {
    failure_reasons.LOGIN_WANTED: "401 Unauthorized",
    failure_reasons.too_many_viewers("453 Not Enough Bandwidth"): "453 Not Enough Bandwidth",
}


@pytest.mark.parametrize("words", WORDS)
def test_a_refusal_is_told_in_words_that_help(words: str) -> None:
    """A number means nothing to most."""
    with scripted_camera(answering("DESCRIBE", lambda request: request.said(WORDS[words]))) as camera:
        assert why_not(source_of(camera)).startswith(words)


def test_a_camera_that_hangs_up_each_time_is_not_told_to_be_at_another_port() -> None:
    """It answered at this one."""
    script = Script(lambda camera, request: camera.usual(request) if request.method == "OPTIONS" else HANGS_UP)
    with scripted_camera(script) as camera:
        assert why_not(source_of(camera)) == failure_reasons.CLOSED


def test_a_camera_that_refuses_both_transports_is_told_by_the_first() -> None:
    """A setting would not help."""
    with scripted_camera(answering("SETUP", lambda request: request.said("461 Unsupported Transport"))) as camera:
        assert why_not(source_of(camera)) == failure_reasons.refused_transport("tcp", "it answers 461")


def test_a_camera_that_is_busy_right_after_a_refusal_is_seen_at_the_next_opening() -> None:
    """GStreamer's server answers 503 while it clears up after a connection. If each opening began with the transport
    that is refused, the camera would be busy each time.
    """
    refusing_connection = 0

    def answer(camera: ScriptedCamera, request: Request) -> bytes | None:
        nonlocal refusing_connection
        if request.method == "SETUP" and wants_tcp(request):
            refusing_connection = camera.connections
        is_busy = request.method == "DESCRIBE" and camera.connections == refusing_connection + 1 > 1
        return request.said("503 Service Unavailable") if is_busy else None

    with (
        scripted_camera(Script(answer, transports=("udp",))) as camera,
        closing(source_of(camera, stall_seconds=20)) as source,
    ):
        assert "503" in why_not(source)
        assert sees(source)
    assert camera.connections == 3


def test_a_web_server_is_known_as_one() -> None:
    """The port of the address is that of the camera's page."""
    script = Script(lambda _camera, _request: b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n<html>" + HANGS_UP)
    with scripted_camera(script) as camera:
        assert why_not(source_of(camera)) == failure_reasons.WEB_SERVER


@pytest.mark.parametrize(
    "location", ["/real/42", "RTSP://user:word@127.0.0.1:{port}/real/42", "rtsp://127.0.0.1:{port}/real/42"]
)
@pytest.mark.parametrize("method", ["DESCRIBE", "SETUP"])
@pytest.mark.parametrize("status", [301, 302, 305])
def test_a_redirect_to_another_path_of_the_camera_is_followed(location: str, method: str, status: int) -> None:
    """Also one without a host, or with a login, which is not repeated."""

    def answer(camera: ScriptedCamera, request: Request) -> bytes | None:
        port = camera.url.split(":")[2].partition("/")[0]
        is_moved = request.method == method and "/real/42" not in request.url
        return request.said(f"{status} Moved", f"Location: {location.format(port=port)}") if is_moved else None

    with scripted_camera(Script(answer)) as camera, closing(source_of(camera)) as source:
        assert sees(source)
    assert camera.asked("PLAY")[0].url == f"{camera.url.removesuffix('/cam')}/real/42"


def test_a_redirect_to_another_host_is_followed_by_nobody() -> None:
    """Neither with credentials nor without: any host of the network could be asked in our name."""
    with scripted_camera(Script()) as victim:
        script = answering("DESCRIBE", lambda request: request.said("302 Found", f"Location: {victim.url}"))
        with scripted_camera(script) as camera:
            for options in ({}, LOGIN):
                assert why_not(source_of(camera, **options)) == failure_reasons.REDIRECTED
    assert victim.connections == 0


def test_requests_of_the_camera_are_answered_as_a_client_should() -> None:
    """Some close the connection if not."""
    methods = enumerate(("OPTIONS", "ANNOUNCE", "RECORD"), 77)
    asking = "".join(f"{method} * RTSP/1.0\r\nCSeq: {number}\r\n\r\n" for number, method in methods).encode()
    with scripted_camera(Script(stream=asking + b"".join(STREAM))) as camera, closing(source_of(camera)) as source:
        assert sees(source)
        wait_until(lambda: len(camera.answers) == 3, "all are answered")
    assert [answer.split("\r\n")[:2] for answer in camera.answers] == [
        ["RTSP/1.0 200 OK", "CSeq: 77"],
        ["RTSP/1.0 200 OK", "CSeq: 78"],
        ["RTSP/1.0 501 Not Implemented", "CSeq: 79"],
    ]
    assert "Public: " in camera.answers[0]


def listens(source: RtspSource) -> bool:
    """Let the source's loop run once: what is due is sent and received."""
    source._opened()._run_loop(waits=False)
    return True


KEEP_ALIVES = {
    "refuses GET_PARAMETER": lambda request: request.said("501 No") if request.method == "GET_PARAMETER" else None,
    "does not answer GET_PARAMETER": lambda request: NOTHING if request.method == "GET_PARAMETER" else None,
    "forgot the session": lambda request: request.said("454 No") if request.method == "GET_PARAMETER" else None,
}


@pytest.mark.parametrize("answer", KEEP_ALIVES.values(), ids=KEEP_ALIVES.keys())
def test_a_camera_is_reminded_by_options_if_it(answer: Callable[[Request], bytes | None]) -> None:
    """What counts is whether pictures come."""

    def script(camera: ScriptedCamera, request: Request) -> bytes | None:
        if request.method == "SETUP":
            return camera.usual(request).replace(b"timeout=60", b"timeout=2")
        return answer(request)

    with scripted_camera(Script(script)) as camera, closing(source_of(camera, stall_seconds=30)) as source:
        assert sees(source)
        wait_until(lambda: listens(source) and len(camera.asked("OPTIONS")) > 1, "OPTIONS are sent")
    assert camera.asked("GET_PARAMETER")
    assert camera.connections == 1


def test_a_reminder_that_is_challenged_anew_is_answered() -> None:
    """Nonces expire."""

    def answer(camera: ScriptedCamera, request: Request) -> bytes | None:
        if request.method == "SETUP":
            return camera.usual(request).replace(b"timeout=60", b"timeout=2")
        is_old = request.method == "GET_PARAMETER" and 'nonce="2"' not in request.headers.get("authorization", "")
        return request.said("401 No", CHALLENGE.format(2)) if is_old else None

    script = Script(answer)
    with scripted_camera(script) as camera, closing(source_of(camera, stall_seconds=30, **LOGIN)) as source:
        assert sees(source)
        wait_until(lambda: listens(source) and len(camera.asked("GET_PARAMETER")) > 1, "it is answered")
    assert "authorization" in camera.asked("GET_PARAMETER")[1].headers


def wanting_audio(camera: ScriptedCamera, _request: Request) -> bytes | None:
    """Sends nothing until its sound is set up too."""
    camera.script.is_mute = not any(one.url.endswith("trackID=1") for one in camera.asked("SETUP"))
    return None


@pytest.mark.parametrize("transports", [("tcp", "udp"), ("tcp",), ("udp",)])
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_camera_that_sends_nothing_without_its_sound_is_asked_for_both(
    transport: str, transports: tuple[str, ...]
) -> None:
    """Over either transport; the next opening begins with what worked."""
    script = Script(wanting_audio, DESCRIPTION + AUDIO, transports=transports)
    with scripted_camera(script) as camera, closing(source_of(camera, transport=transport, open_seconds=1)) as source:
        assert sees(source)
        camera.requests.clear()
        camera.ports.clear()
        assert sees(source)
        assert len(camera.asked("DESCRIBE")) == 1
        used = "over UDP" if transports == ("udp",) else "over TCP"
        notice = source.facts().notice
        assert notice is None or used in notice


def test_a_camera_whose_datagrams_stay_away_is_read_over_tcp() -> None:
    """A firewall drops them, and no answer tells of it."""

    def answer(camera: ScriptedCamera, _request: Request) -> bytes | None:
        camera.script.is_mute = bool(camera.ports)
        return None

    with (
        scripted_camera(Script(answer)) as camera,
        closing(source_of(camera, transport="udp", open_seconds=1)) as source,
    ):
        assert sees(source)
        assert source.facts().notice == "The camera's pictures come over TCP, because it sent none over UDP."
    assert len(camera.asked("TEARDOWN")) == 2, "the first session is ended before the next one begins"


def test_a_camera_that_is_slow_to_answer_has_not_been_silent() -> None:
    """The time that it took to describe itself does not count."""

    def answer(_camera: ScriptedCamera, request: Request) -> bytes | None:
        if request.method == "DESCRIBE":
            threading.Event().wait(0.8)
        return None

    with scripted_camera(Script(answer)) as camera, closing(source_of(camera, open_seconds=1)) as source:
        assert sees(source)
        assert source.facts().notice is None
    assert len(camera.asked("SETUP")) == 1


@pytest.mark.parametrize(("transport", "words"), [(one, failure_reasons.nothing_came(one)) for one in ("tcp", "udp")])
def test_a_camera_that_is_mute_in_every_way_is_told_as_such(transport: str, words: str) -> None:
    """By what was asked for first."""
    script = Script(description=DESCRIPTION + AUDIO, is_mute=True)
    with (
        scripted_camera(script) as camera,
        closing(source_of(camera, transport=transport, open_seconds=0.6)) as source,
    ):
        assert why_not(source) == words
    assert len(camera.asked("DESCRIBE")) == 4


@pytest.mark.parametrize(("times", "is_told"), [(1, False), (4, True)])
def test_garbage_is_told_if_it_lasts_and_costs_no_connection(times: int, is_told: bool) -> None:
    """Once is an accident. Here it comes with the answers to our reminders."""

    def answer(camera: ScriptedCamera, request: Request) -> bytes | None:
        if request.method == "SETUP":
            return camera.usual(request).replace(b"timeout=60", b"timeout=2")
        return request.said() + (STREAM[0] + b"garbage") * times if request.method == "GET_PARAMETER" else None

    with scripted_camera(Script(answer)) as camera, closing(source_of(camera, stall_seconds=30)) as source:
        assert sees(source)
        wait_until(lambda: listens(source) and source._opened().upsets_lately()[0] >= times, "it is counted")
        assert ("garbled" in (source.facts().notice or "")) is is_told
        assert camera.connections == 1


def test_a_camera_gets_its_sessions_name_and_nothing_that_came_behind_it() -> None:
    """It may compare the whole header."""
    script = setting_up("Session: 12345678;timeout=60", INTERLEAVED)
    with scripted_camera(script) as camera, closing(source_of(camera)) as source:
        assert sees(source)
    later = [request.headers["session"] for request in camera.requests[3:]]
    assert later == ["12345678"] * 2, "of PLAY and TEARDOWN"
