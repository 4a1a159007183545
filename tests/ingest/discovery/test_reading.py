"""What strangers send, read without a network: XML, answers of HTTP's, addresses, answers to who is there."""

import json
from datetime import UTC, datetime

import pytest

from services.ingest.camera_address.errors import CameraAddressError
from services.ingest.cameras.addresses import read_address
from services.ingest.discovery import onvif_answers, soap, texts
from services.ingest.discovery.address_templates import MAKERS, MakersAddress, template
from services.ingest.discovery.found import Stream, in_order, shown
from services.ingest.discovery.http_post import NoAnswerError, read_answer
from services.ingest.discovery.onvif_answers import ServicePlace
from services.ingest.discovery.places import PlaceError, addresses_in
from services.ingest.discovery.stream_address import PICTURES, STREAMS, judge
from services.ingest.discovery.ws_discovery import questions, read_sightings
from services.ingest.discovery.xml_document import DocumentError, read_document, text
from tests.ingest.discovery.onvif_camera import OnvifCamera

BOMB = b'<!DOCTYPE a [<!ENTITY b "' + b"b" * 1000 + b'"><!ENTITY c "' + b"&b;" * 1000 + b'">]><a>&c;&c;</a>'
FILE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
QUESTION = "12345678-1234-4234-8234-123456789abc"


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\xff\xfe", b"<a>", b"</a>", b"<a/><b/>", BOMB, FILE, b"<a>" * 100 + b"</a>" * 100),
        b"<a>" + b"<b/>" * 30_000 + b"</a>",
        b"<a>" + b" " * 300_000 + b"</a>",
        b'<?xml version="1.0" encoding="klingon"?><a/>',
        b'<?xml version="1.0" encoding="shift_jis"?><a/>',
    ],
)
def test_what_is_no_document_or_too_much_of_one_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError):
        read_document(data)


def test_names_count_without_their_prefixes_even_undeclared_ones() -> None:
    root = read_document(b"<x:a><y:b><c> 1 </c></y:b><b><c>2</c></b></x:a>")
    assert (text(root, "b", "c"), text(root, "c"), text(root, "d")) == ("1", "1", "")


@pytest.mark.parametrize(
    ("data", "is_all", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", False, b"ab"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", False, b"ab"),
        (b"HTTP/1.0 200 OK\r\n\r\nab", True, b"ab"),
    ],
)
def test_an_answer_ends_where_it_says_so_or_with_the_connection(data: bytes, is_all: bool, body: bytes) -> None:
    assert read_answer(data, is_all=is_all).body == body


@pytest.mark.parametrize(
    ("data", "is_all"),
    [
        (b"", True),
        (b"RTSP/1.0 200 OK\r\n\r\n", True),
        (b"HTTP/1.0 200 OK\r\n\r\nab", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nab", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\nab", True),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"a" * 300_000, True),
    ],
)
def test_part_of_an_answer_is_none(data: bytes, is_all: bool) -> None:
    with pytest.raises(NoAnswerError):
        read_answer(data, is_all=is_all)


@pytest.mark.parametrize(
    ("url", "shown_as", "notice"),
    [
        ("rtsp://10.0.0.9:554/a?b=1&c=2", "rtsp://10.0.0.9:554/a?b=1&c=2", None),
        ("RTSP://admin:secret@10.0.0.9/a", "rtsp://10.0.0.9/a", None),
        ("rtsp://10.0.0.7/a", "rtsp://10.0.0.7/a", texts.OTHER_HOST.format("10.0.0.7")),
        ("rtsp://evil.example/a", "rtsp://evil.example/a", texts.OTHER_HOST.format("evil.example")),
        ("rtsp://10.0.0.9/user=admin&password=x", None, texts.LOGIN_INSIDE),
        ("rtsp://169.254.169.254/latest", None, texts.BAD_HOST),
        ("rtsp://[::ffff:169.254.169.254]/latest", None, texts.BAD_HOST),
        ("rtsp://metadata.google.internal/", None, texts.BAD_HOST),
        *(
            (f"rtsp://{host}:8554/a", "rtsp://10.0.0.9:8554/a", texts.THIS_COMPUTER)
            for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "0x7f.1", "x.localhost.")  # noqa: S104 read, not listened at
        ),
        *((url, None, texts.BAD_ADDRESS) for url in ("file:///etc/passwd", "/etc/passwd", "", "http://10.0.0.9/a")),
        *((url, None, texts.BAD_ADDRESS) for url in ("rtsp://10.0.0.9/a b", "rtsp://[::1", "rtsp://10.0.0.9:x/")),
        ("rtsp://10.0.0.9\\@127.0.0.1/a", None, texts.BAD_ADDRESS),
        ("rtsp://10.0.0.9/" + "a" * 2000, None, texts.BAD_ADDRESS),
    ],
)
def test_an_address_that_a_camera_names_is_judged(url: str, shown_as: str | None, notice: str | None) -> None:
    assert judge(url, "10.0.0.9", STREAMS) == (shown_as, notice)


def test_an_address_of_the_camera_itself_has_our_interface_in_it() -> None:
    """Else nobody could connect: addresses of the kind fe80:: are in each network. The camera can't know the name."""
    device = "fe80::4619:b6ff:fe68:e132%eth0"
    for host in ("fe80::4619:b6ff:fe68:e132", "FE80:0::4619:B6FF:FE68:E132", "fe80::4619:b6ff:fe68:e132%wlan3"):
        url, notice = judge(f"rtsp://[{host}]:554/a", device, STREAMS)
        assert (url, notice) == ("rtsp://[fe80::4619:b6ff:fe68:e132%eth0]:554/a", None)
        assert read_address(str(url)).url == url


def test_a_still_pictures_address_is_one_of_http() -> None:
    assert judge("http://u:p@10.0.0.9/s.jpg", "10.0.0.9", PICTURES) == ("http://10.0.0.9/s.jpg", None)
    assert judge("rtsp://10.0.0.9/s", "10.0.0.9", PICTURES).url is None


@pytest.mark.parametrize(
    ("written", "count"),
    [
        *(("192.168.1.20", 1), ("127.0.0.1", 1), ("fd12::5", 1), ("[fe80::1%eth0]", 1), ("192.168.1.0/24", 254)),
        *(("192.168.1.10-40", 31), ("192.168.1.10-192.168.1.11", 2), ("10.0.0.9/32", 1), ("169.254.169.0/24", 253)),
    ],
)
def test_places_of_ones_own_network(written: str, count: int) -> None:
    assert len(addresses_in(written) or []) == count


@pytest.mark.parametrize("name", ["camera.local", "front_door", "a.b"])
def test_a_name_is_to_be_looked_up(name: str) -> None:
    assert addresses_in(name) is None


@pytest.mark.parametrize(
    "written",
    [
        *("8.8.8.8", "8.8.8.0/24", "224.0.0.1", "255.255.255.255", "2001:db8::1", "::", "::ffff:8.8.8.8", "0.0.0.1"),
        *("169.254.169.254", "::ffff:169.254.169.254", "100.100.100.200", "fd00:ec2::254", "127.0.0.0/30"),
        *("192.168.0.0/23", "fd00::/64", "192.168.1.40-10", "192.168.1.1-999", "192.168.1.300", "1.2", "a b", "-"),
        *("fe80::1", "[fe80::1]", "fe80::1%", "fe80::1%a/b", "fe80::1%eth0%eth1", "fe80::1%" + "a" * 16),
        *("rtsp://10.0.0.9/a", "10.0.0.9:80", "a" * 254, "10.0.0.250-10.0.1.2", "9.255.255.255-10", "x;y", "a/b"),
    ],
)
def test_any_other_place_is_refused(written: str) -> None:
    with pytest.raises(PlaceError):
        addresses_in(written)


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.maker)
def test_makers_addresses_can_be_used_as_they_are_told(maker: MakersAddress) -> None:
    """But those with a part to be filled in, which is then said."""
    told = template(maker, "192.168.1.20", 554)
    for url in filter(None, (told.main_url, told.sub_url)):
        if "<" in url:
            with pytest.raises(CameraAddressError):
                read_address(url)
        else:
            address = read_address(url)
            assert (address.url, address.username, address.password) == (url, "", "")


def test_a_device_is_only_believed_about_itself() -> None:
    """Whatever host it names, the port and path are taken to be its own."""
    camera = OnvifCamera(
        "10.0.0.9", probe_addresses="http://169.254.169.254/latest http://10.0.0.9:81/x https://10.0.0.9/y"
    )
    (seen,) = read_sightings(camera.probe_match(f"uuid:{QUESTION.upper()}"), "10.0.0.9", frozenset({QUESTION}))
    assert seen.host == "10.0.0.9"
    assert seen.places == (ServicePlace(81, "/x"), ServicePlace(80, "/latest"), ServicePlace(443, "/y", True))
    assert (seen.name, seen.id) == ("Front door", f"urn:uuid:{camera.uuid}")


@pytest.mark.parametrize(
    ("told", "places"),
    [
        ("http://169.254.119.177/a http://10.0.0.9/a", [ServicePlace(80, "/a")]),
        ("http://10.0.0.90:81/b http://10.0.0.9/a", [ServicePlace(80, "/a"), ServicePlace(81, "/b")]),
        ("https://10.0.0.9/a http://10.0.0.9:80/a", [ServicePlace(80, "/a"), ServicePlace(443, "/a", True)]),
        ("http://[fe80::1]:81/b\nhttp://10.0.0.9/a", [ServicePlace(80, "/a"), ServicePlace(81, "/b")]),
        ("https://10.0.0.9:8443/a", [ServicePlace(8443, "/a", True)]),
        ("", []),
        ("ftp://10.0.0.9/ http://[::/", []),
    ],
)
def test_of_several_addresses_the_likeliest_goes_first(told: str, places: list[ServicePlace]) -> None:
    """As makers have them: of another network, of IPv6, with TLS. That of the sender goes first, and TLS last."""
    camera = OnvifCamera("10.0.0.9", probe_addresses=told)
    (seen,) = read_sightings(camera.probe_match(QUESTION), "10.0.0.9", frozenset({QUESTION}))
    assert list(seen.places) == places


def test_answers_to_other_questions_and_of_printers_are_none() -> None:
    camera = OnvifCamera("10.0.0.9")
    with pytest.raises(DocumentError):
        read_sightings(
            camera.probe_match("uuid:00000000-0000-4000-8000-000000000000"), "10.0.0.9", frozenset({QUESTION})
        )
    printer = camera.probe_match(QUESTION).replace(b"NetworkVideoTransmitter", b"Print").replace(b"onvif://", b"x://")
    assert read_sightings(printer, "10.0.0.9", frozenset({QUESTION})) == []


def test_a_wrong_uuid_leaves_the_address_as_the_id() -> None:
    camera = OnvifCamera("10.0.0.9", uuid="../../etc")
    (seen,) = read_sightings(camera.probe_match(QUESTION), "10.0.0.9", frozenset({QUESTION}))
    assert seen.id == "10.0.0.9"


def test_each_question_has_an_id_of_its_own() -> None:
    first, second = questions(), questions()
    assert len(first.ids | second.ids) == 4


def test_numbers_that_cannot_be_are_left_out() -> None:
    root = read_document(
        b"<P><Profiles token='a'><VideoEncoder><Encoding>VP8</Encoding><Resolution><Width>-1</Width><Height>99999"
        b"</Height></Resolution><RateControl><FrameRateLimit>nan</FrameRateLimit></RateControl></VideoEncoder></Profiles>"
        b"<Profiles token=''/><Profiles token='b'/></P>"
    )
    assert onvif_answers.profiles(root) == [("a", "", None, None, None, None), ("b", "", None, None, None, None)]


@pytest.mark.parametrize(
    ("month", "second", "told"),
    [("2", "60", datetime(2026, 2, 3, 4, 5, 59, tzinfo=UTC)), ("13", "1", None), ("", "1", None)],
)
def test_a_clock_that_cannot_be_is_none(month: str, second: str, told: datetime | None) -> None:
    date = f"<Date><Year>2026</Year><Month>{month}</Month><Day>3</Day></Date>"
    time = f"<Time><Hour>4</Hour><Minute>5</Minute><Second>{second}</Second></Time>"
    root = read_document(f"<R><UTCDateTime>{time}{date}</UTCDateTime></R>".encode())
    assert onvif_answers.clock(root) == told


def test_a_clock_at_the_end_of_time_is_none() -> None:
    """Nothing could be added to it."""
    date = "<Date><Year>9999</Year><Month>12</Month><Day>31</Day></Date>"
    time = "<Time><Hour>23</Hour><Minute>59</Minute><Second>59</Second></Time>"
    assert onvif_answers.clock(read_document(f"<R><UTCDateTime>{time}{date}</UTCDateTime></R>".encode())) is None


@pytest.mark.parametrize(
    ("date", "told"),
    [
        ("Tue, 03 Feb 2026 04:05:06 GMT", datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("Tue, 03 Feb 2026 04:05:06", datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)),
        *((date, None) for date in ("", "now", "Tue, 33 Feb 2026 04:05:06 GMT", "Tue, 03 Feb 9999 04:05:06 GMT")),
        *((date, None) for date in ("Tue, 03 Feb 2026 04:05:06 +9999999999", "9" * 5000)),
    ],
)
def test_a_date_of_http_is_the_cameras_clock_if_it_is_one(date: str, told: datetime | None) -> None:
    assert onvif_answers.clock_of_http(date) == told


def test_each_lens_has_a_main_stream_and_a_sub_stream() -> None:
    sizes = [("a", 2, 640), ("b", 1, 320), ("c", 1, 1920), ("d", 1, 640), ("e", 2, 1920), (None, 1, 3840)]
    streams = in_order(Stream(url, source, width=width, height=1) for url, source, width in sizes)
    assert [(stream.rtsp_url, stream.role) for stream in streams] == [
        *((None, "other"), ("c", "main"), ("d", "sub"), ("b", "other")),
        *(("e", "main"), ("a", "sub")),
    ]


def test_a_devices_text_is_one_short_line() -> None:
    assert shown("a\n\x1b[31m\u202eb" + "c" * 100) == "a [31m b" + "c" * 56
    assert shown(" \x00 ") is None


def test_a_login_is_a_digest_by_the_cameras_clock_and_escaped() -> None:
    token = soap.user_token("<a>&", "secret", datetime(2020, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC), b"n" * 16)
    assert "<Username>&lt;a&gt;&amp;</Username>" in token
    assert ">2020-01-02T03:04:05.678Z</Created>" in token
    assert "secret" not in token
    assert json.dumps(token)
