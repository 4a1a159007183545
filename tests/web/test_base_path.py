"""A path before all addresses: the same server with it and without, served beneath ASGI and through it."""

import http.client
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect

from services.stream.settings import StreamSettings
from shared.errors import ConfigurationError
from shared.settings import load_settings
from shared.web.access.guard import COOKIE
from tests.archiver.test_service import environment, running
from tests.support.bus import FakeIngest, frame_of
from tests.support.replica import Replica, running_replica
from tests.support.services import ServiceProcess
from tests.support.waiting import wait_until
from tests.web.support import SECRETS, VIEWER, VIEWER_TOKEN, bearer
from tests.web.test_guard import link_to

BASE = "/yard/cameras"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FORM = f"password={VIEWER.replace(chr(39), '%27')}".encode()


@pytest.fixture(params=[True, False], ids=["direct", "plain ASGI"])
def replica(request: pytest.FixtureRequest, bus: str, ingest: FakeIngest) -> Iterator[Replica]:
    assert ingest
    with running_replica(bus, direct=request.param, settings={"base_path": BASE}) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        yield replica


@pytest.fixture
def locked(bus: str, ingest: FakeIngest) -> Iterator[Replica]:
    assert ingest
    with running_replica(bus, settings={"base_path": BASE, **SECRETS}) as replica:
        yield replica


def test_every_address_answers_under_it_and_without_it(replica: Replica) -> None:
    """A health check sends requests without it, the proxy with it."""
    for path in ("/", "/status", "/connect", "/healthz", "/framecast.css", "/api/devices"):
        with_base, without = replica.request(BASE + path), replica.request(path)
        assert with_base[0] == without[0] == 200, path
        assert with_base[2] == without[2], path
    assert replica.request(BASE + "/no/such")[0] == 404
    assert replica.request("/yard/camerasx/api/devices")[0] == 404
    assert replica.request("/yard/api/devices")[0] == 404


@pytest.mark.parametrize("base", [BASE, ""])
def test_slashes_too_many_are_none(replica: Replica, base: str) -> None:
    """Programs put addresses together from pieces, and don't follow redirects."""
    for path in ("//api/devices", "/api//devices", "/api/devices/", "//api///devices//", "/healthz/"):
        assert replica.request(base + path)[:1] == (200,), path
    assert replica.request(f"/{base}/api/devices")[0] == 200
    assert replica.request(f"{base}//")[1]["content-type"].startswith("text/html")
    status, headers, _ = replica.request(f"{base}/archive/")
    assert (status, headers["location"]) == (307, "../archive"), "a page's own addresses are relative to it"


def test_a_password_is_asked_for_whatever_the_slashes(locked: Replica) -> None:
    """The guard sees the path that the application sees."""
    for path in ("//api/devices", "/api//devices", "/api/devices/", "//", f"{BASE}//api/devices"):
        assert locked.request(path)[0] == 401, path


def test_the_documentation_page_finds_its_description(replica: Replica) -> None:
    """The page of the API names its description by a relative address."""
    for page in (BASE + "/docs", "/docs"):
        assert b'href="openapi.json"' in replica.request(page)[2]
    assert replica.request(BASE + "/openapi.json")[0] == 200


def test_without_the_last_slash_it_leads_to_the_front_page(replica: Replica) -> None:
    """Otherwise the page's relative addresses would be wrong."""
    status, headers, _ = replica.request(f"{BASE}?camera=cam1")
    assert (status, headers["location"]) == (307, "cameras/?camera=cam1")


def test_a_stream_and_a_socket_run_under_it(replica: Replica, ingest: FakeIngest) -> None:
    """A stream writes to its connection beneath ASGI where it can; a socket is no HTTP at all."""
    connection = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=20)
    connection.request("GET", f"{BASE}/api/cameras/cam1/stream")
    response = connection.getresponse()
    assert response.headers["content-type"] == "multipart/x-mixed-replace; boundary=frame"
    with connect(f"ws://127.0.0.1:{replica.port}{BASE}/api/cameras/cam1/ws") as socket:
        wait_until(lambda: b"frame/cam1/main/" in ingest.topics, "it is subscribed to")
        frame = frame_of("cam1")
        ingest.show(frame)
        assert frame.jpeg in socket.recv(timeout=20)
        body = b""
        while frame.jpeg not in body:
            body += response.read1()
    connection.close()


def test_a_link_opens_its_camera_either_way(locked: Replica) -> None:
    """It is signed for the camera, not for a path before it."""
    wait_until(lambda: b"cam1" in locked.request("/api/devices", headers=bearer(VIEWER_TOKEN))[2], "it is known")
    path = link_to(locked, 60)["stream_url"].replace("/stream?", "/stream/status?")
    assert locked.request(path)[0] == 200
    assert locked.request(BASE + path)[0] == 200
    assert locked.request(BASE + path.replace("cam1", "cam2"))[0] == 401


@pytest.mark.parametrize(("base", "cookie_path"), [(BASE, BASE), ("", "/")])
def test_the_login_leads_there_and_back_with_a_cookie_for_just_that_path(
    locked: Replica, base: str, cookie_path: str
) -> None:
    """Every redirect is relative, so it also works behind a proxy that strips the path."""
    status, headers, _ = locked.request(f"{base}/archive?day=2026-11-22", headers=HTML)
    assert (status, headers["location"]) == (303, "login?next=archive%3Fday%3D2026-11-22")
    status, headers, _ = locked.request(f"{base}/api/camera/snapshot", headers=HTML)
    assert headers["location"] == "../../login?next=api/camera/snapshot"
    status, headers, _ = locked.request(f"{base}/login?next=archive%3Fday%3D2026-11-22", "POST", body=FORM)
    assert (status, headers["location"]) == (303, "./archive?day=2026-11-22")
    assert f"; Path={cookie_path};" in headers["set-cookie"]
    session = {"Cookie": headers["set-cookie"].partition(";")[0]}
    assert locked.request(f"{base}/api/devices", headers=session)[0] == 200
    assert locked.request(f"{base}/healthz")[0] == 200
    assert locked.request(f"{base}/api/devices")[0] == 401


def test_a_stale_session_of_the_other_path_does_not_hide_a_good_one(locked: Replica) -> None:
    """A browser sends both, in any order."""
    good = locked.request(f"{BASE}/login", "POST", body=FORM)[1]["set-cookie"].partition(";")[0]
    for cookie in (f"{good}; {COOKIE}=stale", f"{COOKIE}=stale; other=1; {good}"):
        assert locked.request(f"{BASE}/api/devices", headers={"Cookie": cookie})[0] == 200
    assert locked.request(f"{BASE}/api/devices", headers={"Cookie": f"{COOKIE}=stale"})[0] == 401


def test_logging_out_ends_the_sessions_of_both_paths(locked: Replica) -> None:
    """Logging out means out."""
    connection = http.client.HTTPConnection("127.0.0.1", locked.port, timeout=20)
    connection.request("POST", f"{BASE}/logout")
    response = connection.getresponse()
    ended = response.headers.get_all("set-cookie") or []
    connection.close()
    assert response.headers["location"] == "./login"
    assert sorted(line.split("Path=")[1].partition(";")[0] for line in ended) == ["/", BASE]
    assert all("Max-Age=0" in line for line in ended)


@pytest.mark.usefixtures("ingest")
def test_other_servers_addresses_work_under_it(bus: str) -> None:
    """Also mjpg-streamer's, which is the address of the front page."""
    with running_replica(bus, settings={"base_path": BASE, "compatibility_urls": True}) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        for path in ("/stream", "/?action=stream", "/cam.mjpg"):
            status, headers, _ = replica.request(BASE + path, "HEAD")
            assert (status, headers["content-type"].partition(";")[0]) == (200, "multipart/x-mixed-replace"), path


@pytest.mark.parametrize("given", ["", "/", "/cameras", "/cameras/", "/a/b-c/d_1.x~"])
def test_a_path_may_end_in_a_slash(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    """People write it with and without."""
    monkeypatch.setenv("BASE_PATH", given)
    assert load_settings(StreamSettings).base_path == given.rstrip("/")


@pytest.mark.parametrize(
    "given", ["cameras", "http://host/cameras", "/a b", "/a//b", "/a/../b", "/.a", "/%41", "/api", "/api/x", "/status"]
)
def test_a_path_that_cannot_be_used_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    """Above all our own addresses, which it would hide."""
    monkeypatch.setenv("BASE_PATH", given)
    with pytest.raises(ConfigurationError) as refusal:
        load_settings(StreamSettings)
    assert str(refusal.value).startswith(f"BASE_PATH is '{given}' but must be empty, or a path such as /cameras")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("service", ["stream", "archiver"])
def test_a_service_that_is_given_one_ends_with_code_2(service: str, tmp_path: Path) -> None:
    """Restarting would not help."""
    process = ServiceProcess(f"services.{service}", {"BASE_PATH": "cameras"}, tmp_path / "log")
    try:
        assert process.wait(20) == 2
    finally:
        process.stop()
    (line,) = process.output().splitlines()
    assert line.startswith("BASE_PATH is 'cameras' but must be empty, or a path")


def test_the_archive_answers_under_it_by_way_of_stream_and_directly(bus: str, tmp_path: Path) -> None:
    """A gateway may send its addresses to the archiver itself, with the path unchanged."""
    env = environment(tmp_path, BUS_CONNECT=bus, BASE_PATH=BASE)
    archiver = f"http://127.0.0.1:{env['ARCHIVER_PORT']}"
    with running(env), running_replica(bus, archiver_url=archiver, settings={"base_path": BASE}) as replica:
        wait_until(lambda: replica.request("/api/camera/frames")[0] == 200, "the new database is ready", 20)
        for path in ("/api/camera/frames/status", "/api/camera/frames", "/api/camera/retention"):
            for base in (BASE, ""):
                status, _, body = replica.request(base + path)
                assert status == 200, path
                with urllib.request.urlopen(archiver + base + path, timeout=20) as answer:
                    assert json.load(answer).keys() == json.loads(body).keys()
        told = json.loads(replica.request(f"{BASE}/api/camera/frames/status")[2])
        assert told["settings"]["BASE_PATH"] == BASE
