"""What a recorded exchange no longer tells, and what it must keep to be played again."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.recording.masking import masked_events
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
