"""What a recorded exchange no longer tells, and what it must keep to be played again."""

import json
from base64 import b64encode
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.recording.masking import masked_events, masked_words
from services.ingest.recording.recording import Event
from services.ingest.sources.connection_options import ConnectionOptions

PLACE = "192.168.7.20"
ANSWER = (
    "RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Base: rtsp://192.168.7.20:554/cam/\r\nContent-Type: application/sdp\r\n"
    "Content-Length: 139\r\n\r\nv=0\r\nc=IN IP4 0.0.0.0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 packetization-mode=1\r\na=control:track1\r\n"
)


def masked(text: str | bytes, username: str = "", password: str = "", url: str = f"rtsp://{PLACE}/cam") -> bytes:
    data = text.encode() if isinstance(text, str) else text
    (event,) = masked_events([Event(0, 0, "received", data)], ConnectionOptions(url, username, password), [PLACE])
    assert len(event.data) == len(data), "lengths tell messages apart"
    return event.data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DESCRIBE rtsp://u:pw@192.168.7.20:554/cam RTSP/1.0", f"DESCRIBE rtsp://{21 * '*'}/cam RTSP/1.0"),
        (
            "OPTIONS rtsp://10.0.0.9/a?token=abc&channel=1 RTSP/1.0",
            "OPTIONS rtsp://********/a?token=***&channel=1 RTSP/1.0",
        ),
        ("GET /snap.jpg?id=abcdefgh HTTP/1.1\r\nHost: garage", "GET /snap.jpg?id=******** HTTP/1.1\r\nHost: ******"),
        ('Authorization: Digest username="u", response="0f"', "Authorization: Digest ***************************"),
        ("Authorization: Basic dTpwdw==", "Authorization: Basic ********"),
        ("o=- 17 1 IN IP4 172.16.3.4\r\nc=IN IP4 0.0.0.0", "o=- 17 1 IN IP4 **********\r\nc=IN IP4 0.0.0.0"),
        ("o=- 17 1 IN IP6 fe80::1234:5", "o=- 17 1 IN IP6 ************"),
        ("s=Media Presentation\r\ne=me@example.org", "s=Media Presentation\r\ne=**************"),
        ("Server: Cam (3c:ef:8c:01:02:03), garage.local", "Server: Cam (*****************), ************"),
        ("Location: rtsp://192.168.7.20/3C0A1B2PAZ12345/main", "Location: rtsp://************/***************/main"),
        ('WWW-Authenticate: Digest realm="IPC(1234567890)"', 'WWW-Authenticate: Digest realm="IPC(**********)"'),
    ],
)
def test_logins_addresses_and_serial_numbers_are_hidden(text: str, expected: str) -> None:
    """The rest of the line stays, since it may be what is odd."""
    assert masked(text) == expected.encode()


@pytest.mark.parametrize(
    "login", [("a", "1"), ("rtsp", "video"), ("96", "2"), ("H264", "RTP"), ("sdp", "200"), ("OK", "0"), ("v", "IN")]
)
def test_a_login_of_the_protocols_own_words_leaves_the_protocol_intact(login: tuple[str, str]) -> None:
    """Nobody could play the recording again otherwise."""
    kept = masked(ANSWER, *login).decode()
    for words in (
        "RTSP/1.0 2",
        "CSeq: 2\r\n",
        "application/sdp",
        "Length: 139",
        "video 0 RTP/AVP 96",
        "rtpmap:96 H264",
    ):
        assert words in kept, words


USER, PASSWORD = "gardener", "Tr1ck-y&Pa ss:wörd%/"
LOGIN = f"{USER}:{PASSWORD}"


def in_base64(text: str) -> str:
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "form",
    [
        in_base64(LOGIN),
        b64encode(LOGIN.encode("latin-1")).decode(),
        in_base64(f"Basic {LOGIN}"),
        in_base64(f" {LOGIN}"),
        in_base64(f"rtsp://{USER}:{quote(PASSWORD, safe='')}@{PLACE}/"),
        in_base64(json.dumps({"password": PASSWORD})).rstrip("="),
        PASSWORD.encode().hex().upper(),
        "".join(f"&#{ord(letter)};" for letter in PASSWORD),
        "".join(f"&#x{ord(letter):X};" for letter in PASSWORD),
        "".join(f"\\u{ord(letter):04X}" for letter in PASSWORD),
        "".join(f"%{byte:02X}" for byte in PASSWORD.encode()),
        quote(quote(PASSWORD)),
        USER.upper(),
    ],
)
def test_the_login_is_hidden_in_each_encoding_that_a_camera_may_repeat_it_in(form: str) -> None:
    """Wherever in the encoded text it stands."""
    hidden = masked(f"RTSP/1.0 200 OK\r\nOdd: {form}\r\n\r\n", USER, PASSWORD)
    assert form[-8:].encode() not in hidden
    assert hidden.endswith(b"********\r\n\r\n")


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ('Authentication-Info: rspauth="6629fae49393a05397450978507c4ef1"', "6629fae4"),
        ("Set-Cookie: JSESSIONID=abcdef; path=/", "abcdef"),
        ("X-Auth-Token: qwErTy", "qwErTy"),
        ('KeyMgmt: prot=mikey; uri="/"; data="AQAFAGX"', "AQAFAGX"),
        ("Location: rtspt://garage/cam", "garage"),
        ("Location: wss://garage/cam", "garage"),
        ("Location: //garage/cam", "garage"),
        ("Location: /go?u=rtsp%3A%2F%2Fbob%3Ahunter2%40garage%2Fcam", "hunter2"),
        ("Location: /go?u=rtsp%3A%2F%2Fgarage%2Fcam", "garage"),
        ("Via: RTSP/1.0 garage:8554", "garage"),
        ("X-Forwarded-Host: garage", "garage"),
        ("Transport: RTP/AVP;unicast;source=garage;server_port=1-2", "garage"),
        ("Transport: RTP/AVP;unicast;source=fe80::4619:b6ff:fe12:3456;server_port=1-2", "4619"),
        ("Server: cam-192-168-7-21", "192-168"),
        ("Odd: 192%2E168%2E7%2E21", "168%2E7"),
        ("Odd: 4419.b612.3456", "b612"),
        ("Server: Maker/DS-2CD2042WD20160512AAWR601234567", "601234567"),
        ("Server: Cam 4419B6123456", "4419B6123456"),
        ("WWW-Authenticate: Basic realm=4G0A1B2PAZ123456", "PAZ123456"),
        ('WWW-Authenticate: Basic realm="acccfeedbabe"', "acccfeed"),
        ("Content-Base: rtsps://nvr/FAkjHdkqwHUsUzjB/", "FAkjHdkqwHUsUzjB"),
        ("Odd: 1419d68a-1dd2-11b2-a105-4419b6123456", "4419b6123456"),
        ("s=4G0A1B2PAZ123456", "PAZ123456"),
        ("k=clear:hunter2", "hunter2"),
        ("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1j|2^20", "WVNfX19zZW1j"),
        ("a=key-mgmt:mikey AQAFAGX", "AQAFAGX"),
        ("c=IN IP4 garage", "garage"),
        ("o=- 1 1 IN IP4 nvr.example.org", "example"),
        ("a=rtcp:5005 IN IP6 fd00::7", "fd00"),
        ('{"token":"abc123","serialNumber": "QX"}', "abc123"),
        ("<wsse:Password Type='text'>hunter2</wsse:Password>", "hunter2"),
    ],
)
def test_who_and_where_is_hidden_on_whatever_line_it_stands(line: str, secret: str) -> None:
    """None of these is a setting of the camera's, so nothing but its form gives it away."""
    assert secret.encode() not in masked(f"RTSP/1.0 200 OK\r\n{line}\r\n\r\n")


def test_addresses_are_hidden_where_they_stand_between_bytes() -> None:
    """RTCP names its sender, and a head may hold letters of Latin-1."""
    for data in (
        b"$\0\0\x1c\x81\xca\0\6\0\0\0\1\1\x0b10.99.88.77\0\0",
        b"RTSP/1.0 200 OK\r\nA: \xe9 10.9.8.7\xe9\r\n\r\n",
    ):
        assert b"10.9" not in masked(data)
    assert b"hall" not in masked(b"RTSP/1.0 200 OK\r\nA: \xe9 hall.lan\xe9\r\n\r\n")


def test_our_answer_to_a_challenge_is_hidden_where_the_camera_repeats_it() -> None:
    """With the challenge beside it, one could try passwords."""
    proof = "6629fae49393a05397450978507c4ef1"
    sent = f'OPTIONS * RTSP/1.0\r\nAuthorization: Digest username="u", response="{proof}"\r\n\r\n'.encode()
    said = f"RTSP/1.0 400 Bad\r\nOdd: {proof}\r\n\r\n".encode()
    events = [Event(0, 0, "sent", sent), Event(1, 0, "received", said)]
    for event in masked_events(events, ConnectionOptions(f"rtsp://{PLACE}/cam", USER, PASSWORD), ()):
        assert proof.encode() not in event.data


@pytest.mark.parametrize(
    "kept",
    [
        "Server: Hipcam RealServer/V1.0",
        "Server: DS-2CD2042WD",
        "User-Agent: LIVE555 Streaming Media v2013.02.11",
        "Session: 8F2C0123456789AB;timeout=60",
        "Date: Thu, 26 Nov 2026 12:34:56 GMT",
        "RTP-Info: url=/track1;seq=1;rtptime=3456789012",
        "Content-Base: /h264Preview_01_main/",
        "Location: /cam/realmonitor?channel=1&subtype=0",
        'WWW-Authenticate: Digest realm="IP Camera", nonce="6629fae49393a05397450978507c4ef1"',
        "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=12345678",
        "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LAH9oBQBbsBEAAAAMAQAAADwPGDKg=,aM48gA==",
        "o=- 1109162014219182 1109162014219192 IN IP4 0.0.0.0",
    ],
)
def test_what_a_report_is_about_stays(kept: str) -> None:
    """Models, versions, sessions, numbers and formats."""
    text = f"RTSP/1.0 200 OK\r\n{kept}\r\n\r\n"
    assert masked(text, USER, PASSWORD) == text.encode()


def test_the_words_of_the_outcome_name_no_address() -> None:
    """They say where a redirect leads, but are ours: a mask in them would show which word is the password."""
    words = "The camera sends us to another server: http://10.1.2.3/x of hall.lan, fd00::7."
    told = masked_words(words, [PLACE])
    assert told == "The camera sends us to another server: http://********/x of ********, *******."


def test_a_short_host_name_is_hidden_as_a_word_alone() -> None:
    """A machine may be called pi."""
    (event,) = masked_events(
        [Event(0, 0, "received", b"a=control:spinner/pi and PI, s=Pixel")],
        ConnectionOptions("rtsp://10.0.0.9/"),
        ["pi"],
    )
    assert event.data == b"a=control:spinner/** and **, s=Pixel"


def test_pictures_are_left_as_they_are() -> None:
    """A short password stands in any of them by accident."""
    packet = b"$\0\0\x20" + bytes(range(128, 150)) + b"\0ab\0admin" + bytes(4)
    assert masked(packet, "ab", "ab") == packet


@settings(max_examples=25)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=4, max_size=20))
def test_a_password_is_hidden_in_any_form_though_a_read_ends_within_it(password: str) -> None:
    """Which a camera decides."""
    options = ConnectionOptions(f"rtsp://{PLACE}/cam", "viewer", password)
    for form in {password.encode(), password.encode("latin-1", "ignore"), quote(password).encode()}:
        if len(form) < 4 or b"*" in form:
            continue
        data = b"RTSP/1.0 400 No \xff" + form + b"\xff\r\n\r\n"
        for cut in (0, 18, 20, len(data) // 2):
            events = [Event(0, 0, "received", data[:cut]), Event(1, 0, "received", data[cut:])]
            found = masked_events(events, options, ())
            assert [len(event.data) for event in found] == [cut, len(data) - cut]
            is_whole = form in (password.encode(), quote(password).encode())
            assert not is_whole or form not in b"".join(event.data for event in found)
