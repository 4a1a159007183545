"""One device, asked over real connections: logins, clocks, old and new services, and what is hostile."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from socket import SHUT_RDWR, create_server, socket

import pytest

from services.ingest.discovery import texts
from services.ingest.discovery.found import Device
from services.ingest.discovery.onvif_answers import ServicePlace
from services.ingest.discovery.onvif_device import ask_device
from services.ingest.discovery.onvif_service import OnvifService
from services.ingest.discovery.rtsp_server import RtspServer, ask_server
from services.ingest.discovery.ws_discovery import Sighting
from tests.ingest.discovery.onvif_camera import OnvifCamera, plugged_in
from tests.ingest.discovery.test_reading import BOMB

HERE = "127.0.0.1"
LOGIN = ("admin", "p<&ä w")


def ask(camera: OnvifCamera, username: str = "", password: str = "") -> Device | None:
    with plugged_in(camera, hears=False):
        seen = Sighting("id", HERE, (ServicePlace(camera.port, "/onvif/device_service"),))
        return asyncio.run(ask_device(seen, OnvifService(HERE, username, password)))


def found(camera: OnvifCamera, *login: str) -> Device:
    device = ask(camera, *login)
    assert device is not None
    return device


def test_a_camera_without_a_password_tells_everything() -> None:
    device = found(OnvifCamera(HERE))
    assert (device.maker, device.model, device.needs_password, device.password_works) == ("ACME", "C-1", False, None)
    main, sub = device.streams
    assert (main.role, main.rtsp_url, main.codec) == ("main", f"rtsp://{HERE}:554/main?a=1&b=2", "h264")
    assert (main.width, main.height, main.fps, sub.role, sub.width) == (2560, 1440, 20.0, "sub", 640)
    assert (device.snapshot_url, device.clock_off_seconds) == (f"http://{HERE}/still.jpg", None)


@pytest.mark.parametrize("way", ["token", "http"])
@pytest.mark.parametrize("clock_off", [timedelta(), timedelta(hours=-7), timedelta(days=400)])
def test_a_login_is_good_whatever_the_cameras_clock_says(way: str, clock_off: timedelta) -> None:
    camera = OnvifCamera(HERE, login=LOGIN, way=way, clock_off=clock_off)  # type: ignore[arg-type] # one of the two
    device = found(camera, *LOGIN)
    assert (device.needs_password, device.password_works, len(device.streams)) == (True, True, 2)
    off = device.clock_off_seconds or 0
    assert abs(off - clock_off.total_seconds()) <= 5
    assert camera.refused == 0


@pytest.mark.parametrize("way", ["token", "http"])
def test_a_wrong_login_is_offered_once(way: str) -> None:
    """Cameras lock out who keeps guessing."""
    camera = OnvifCamera(HERE, login=LOGIN, way=way)  # type: ignore[arg-type] # one of the two
    device = found(camera, "admin", "wrong")
    assert (device.needs_password, device.password_works, device.streams) == (True, False, ())
    assert device.notices == (texts.WRONG_LOGIN,)
    assert camera.refused == 1


def test_without_a_login_it_is_said_that_one_is_needed() -> None:
    camera = OnvifCamera(HERE, login=LOGIN)
    device = found(camera)
    assert (device.needs_password, device.password_works) == (True, None)
    assert device.notices == (texts.NEEDS_LOGIN,)
    assert camera.refused == 0


def test_the_newer_service_knows_of_h265_and_an_old_camera_has_none() -> None:
    new, old = OnvifCamera(HERE, knows_media2=True), OnvifCamera(HERE, knows_services=False)
    assert [stream.codec for stream in found(new).streams] == ["h265", "h265"]
    assert [stream.codec for stream in found(old).streams] == ["h264", "h264"]


def test_a_camera_that_sends_us_elsewhere_is_asked_itself() -> None:
    camera = OnvifCamera(HERE, media_address="http://169.254.169.254:{port}/latest")
    assert len(found(camera).streams) == 2


def test_streams_that_lead_to_no_camera_are_named_and_not_told() -> None:
    device = found(OnvifCamera(HERE, stream="rtsp://169.254.169.254/{token}", picture="file:///etc/passwd"))
    assert [(stream.rtsp_url, stream.notice, stream.role) for stream in device.streams] == [
        (None, texts.BAD_HOST, "other")
    ] * 2
    assert device.snapshot_url is None


ENDLESS = b"HTTP/1.1 200 OK\r\n\r\n" + b"<a>" * 500_000


@pytest.mark.parametrize(
    "answer",
    [
        *(b"", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>", b"\x00" * 1000, ENDLESS),
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB,
        b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_what_is_not_onvif_is_no_device(answer: bytes) -> None:
    assert ask(OnvifCamera(HERE, answer=answer)) is None


@contextmanager
def server_of(serve: Callable[[socket], None]) -> Iterator[int]:
    """Each connection on a thread of its own."""
    threads: list[threading.Thread] = []

    def served(connection: socket) -> None:
        with connection, suppress(OSError):  # the search ends what it has heard enough of
            serve(connection)

    with create_server((HERE, 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threads.append(threading.Thread(target=served, args=(connection,)))
                threads[-1].start()

        threads.append(threading.Thread(target=accept))
        threads[0].start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(SHUT_RDWR)
            for thread in threads:
                thread.join()


def test_a_camera_that_trickles_does_not_hold_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.ingest.discovery.onvif_service.ANSWER_SECONDS", 0.3)
    stop = threading.Event()

    def trickle(connection: socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not stop.wait(0.05):
            connection.sendall(b"<")

    with server_of(trickle) as port:
        seen = Sighting("id", HERE, (ServicePlace(port, "/"),))
        began_at = time.monotonic()
        assert asyncio.run(ask_device(seen, OnvifService(HERE))) is None
        assert time.monotonic() - began_at < 20
        stop.set()


class RtspCamera:
    """Has streams at `paths`. With a login, a path that it has not is 404 to anybody where `hides` is False."""

    def __init__(self, *paths: str, login: str = "", hides: bool = True, any_path: bool = False) -> None:
        self.paths, self.login, self.hides, self.any_path = paths, login, hides, any_path
        self.logins: list[str] = []
        self.described: list[str] = []

    def serve(self, connection: socket) -> None:
        with connection.makefile("rwb") as stream:
            while head := _head(stream.readline):
                stream.write(self._answer(head))
                stream.flush()

    def _answer(self, head: list[str]) -> bytes:
        method, url, _ = head[0].split()
        fields = dict(line.split(": ", 1) for line in head[1:])
        path = "/" + url.split("/", 3)[3]
        status, more = self._judged(method, path, fields.get("Authorization"))
        body = (
            b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\n"
            if (method, status) == ("DESCRIBE", 200)
            else b""
        )
        kind = "Content-Type: application/sdp\r\n" if body else ""
        text = f"RTSP/1.0 {status} X\r\nCSeq: {fields['CSeq']}\r\n{kind}{more}Content-Length: {len(body)}\r\n\r\n"
        return text.encode() + body

    def _judged(self, method: str, path: str, login: str | None) -> tuple[int, str]:
        if method != "DESCRIBE":
            return 200, ""
        self.described.append(path)
        is_there = self.any_path or path in self.paths
        if self.login and (self.hides or is_there) and login != f"Basic {self.login}":
            self.logins += [login] if login else []
            return 401, 'WWW-Authenticate: Basic realm="cam"\r\n'
        return (200 if is_there else 404), ""


def _head(readline: Callable[[], bytes]) -> list[str]:
    lines = []
    while line := readline().strip():
        lines.append(line.decode())
    return lines


def described(camera: RtspCamera, *login: str) -> Device:
    with server_of(camera.serve) as port:
        server = RtspServer(HERE, port, *login)
        assert asyncio.run(server.is_one())
        return asyncio.run(ask_server(Device("id", HERE, "rtsp"), server, with_templates=True))


TAPO = "/stream1", "/stream2"
BASIC = "YWRtaW46c2VjcmV0"  # admin:secret


def test_a_makers_address_is_found() -> None:
    device = described(RtspCamera(*TAPO), "admin", "secret")
    assert (device.needs_password, device.password_works) == (None, None), "no login was wanted"
    assert [(stream.role, str(stream.rtsp_url).rpartition("/")[2], stream.codec) for stream in device.streams] == [
        ("main", "stream1", "h265"),
        ("sub", "stream2", "h265"),
    ]
    assert [(one.maker, one.answers) for one in device.templates] == [("TP-Link Tapo, Kasa, VIGI", True)]


def test_a_login_is_tried_with_the_makers_addresses() -> None:
    device = described(RtspCamera(*TAPO, login=BASIC), "admin", "secret")
    assert (device.password_works, len(device.streams)) == (True, 2)
    assert not any("secret" in str(value) for value in device.told().values())


def test_a_wrong_login_at_an_address_ends_the_questions() -> None:
    camera = RtspCamera(*TAPO, login=BASIC)
    device = described(camera, "admin", "wrong")
    assert (device.needs_password, device.password_works, device.notices) == (True, False, (texts.WRONG_LOGIN,))
    assert len(camera.logins) == 1
    assert len(device.templates) > 10
    assert {one.answers for one in device.templates} == {None}


def test_a_path_that_wants_a_login_where_others_are_unknown_is_there() -> None:
    device = described(RtspCamera(*TAPO, login=BASIC, hides=False))
    assert (device.needs_password, [one.answers for one in device.templates]) == (True, [True])


def test_a_camera_that_does_not_look_at_paths_is_said_to_be_one() -> None:
    (stream,) = described(RtspCamera(any_path=True)).streams
    assert stream.notice == texts.ANY_PATH


def test_a_login_that_onvif_has_refused_stays_refused() -> None:
    """RTSP is then asked without it."""
    camera = RtspCamera(*TAPO, login=BASIC)
    told = Device("id", HERE, "onvif", needs_password=True, password_works=False, notices=(texts.WRONG_LOGIN,))
    with server_of(camera.serve) as port:
        device = asyncio.run(ask_server(told, RtspServer(HERE, port), with_templates=True))
    assert (device.password_works, device.notices, camera.logins) == (False, (texts.WRONG_LOGIN,), [])


def test_nothing_that_a_web_server_says_is_rtsp() -> None:
    with server_of(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n")) as port:
        assert not asyncio.run(RtspServer(HERE, port).is_one())
