"""`/api/access` with what ingest really keeps: passwords, tokens, sessions and links, listed and ended."""

import json
import urllib.parse
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from services.stream.base import texts
from shared.web.access import owner_access
from shared.web.texts import OUR_PAGES_ALONE
from tests.support.bus import FakeIngest, fake_ingest, status_of
from tests.support.kept_owner import KeptOwner, full_disk, kept_owner
from tests.support.mjpeg import Viewer
from tests.support.ports import free_port
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until
from tests.web.support import Headers, basic, bearer

PASSWORD, LOOKING = "digging in the garden", "looking at the garden"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ADDRESS = "http://cams.example.org"
"""Which people type, while a proxy passes on another `Host`."""


@pytest.fixture(autouse=True)
def _told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Last uses, so that a test need not wait for a minute."""
    monkeypatch.setattr(owner_access, "USES_SECONDS", 0.3)


@pytest.fixture
def bus() -> str:
    return f"tcp://127.0.0.1:{free_port()}"


@pytest.fixture
def ingest(bus: str) -> Iterator[FakeIngest]:
    with fake_ingest(bus, status_of("cam1"), status_of("cam2", is_default=False)) as ingest:
        yield ingest


@pytest.fixture
def owner(ingest: FakeIngest, tmp_path: Path) -> Iterator[KeptOwner]:
    with kept_owner(ingest, tmp_path / "owner") as owner:
        yield owner


@pytest.fixture
def replica(bus: str, owner: KeptOwner) -> Iterator[Replica]:
    """On loopback, and nothing is claimed."""
    with running_replica(bus, owner=owner.access(bus)) as replica:
        wait_until(lambda: replica.request("/api/devices")[0] == 200, "it knows ingest's state")
        wait_until(lambda: len(replica.known_cameras()) == 2, "the cameras are known")
        yield replica


@pytest.fixture
def operator(replica: Replica, owner: KeptOwner) -> Headers:
    """The session of whoever had the setup code."""
    status, headers, body = decide(replica, "PUT", "/passwords/operator", {}, password=PASSWORD, code=owner.code())
    assert status == 200, body
    wait_until(lambda: replica.request("/api/devices")[0] == 401, "a password is needed")
    return session_in(headers)


def decide(
    replica: Replica, method: str, path: str, who: Headers, **body: object
) -> tuple[int, dict[str, str], dict[str, Any]]:
    content = json.dumps(body).encode() if body else None
    status, headers, answer = replica.request(f"/api/access{path}", method, who | JSON, content)
    return status, headers, json.loads(answer)


def listed(replica: Replica, kind: str, who: Headers) -> list[dict[str, Any]]:
    status, _, body = replica.request(f"/api/access/{kind}", headers=who)
    assert status == 200, body
    found: list[dict[str, Any]] = json.loads(body)
    return found


def session_in(headers: dict[str, str]) -> Headers:
    return {"Cookie": headers["set-cookie"].partition(";")[0]}


def link_to(replica: Replica, who: Headers, **body: object) -> str:
    status, _, answer = replica.request("/api/camera/links", "POST", who | JSON, json.dumps(body).encode())
    assert status == 200, answer
    return str(json.loads(answer)["page_url"]).partition("link=")[2]


def test_links_are_records_that_are_listed_and_ended(replica: Replica, operator: Headers) -> None:
    """A viewer's, too. The stream that one opened ends with it, and says why."""
    link, _ = link_to(replica, operator, camera="cam1"), link_to(replica, operator, frame=7)
    told = {each["path"]: each for each in listed(replica, "links", operator)}
    assert set(told) == {"/api/cameras/cam1", "/api/camera/frames/7"}
    url = f"ws://127.0.0.1:{replica.port}/api/cameras/cam1/ws?link={link}"
    with Viewer(replica.port, f"/api/cameras/cam1/stream?link={link}") as viewer, connect(url, proxy=None) as client:
        wait_until(lambda: replica.hub.viewer_total == 2, "both watch")
        assert decide(replica, "DELETE", f"/links/{told['/api/cameras/cam1']['id']}", operator)[0] == 200
        assert viewer.ended.wait(30)
        with suppress(ConnectionClosed):
            while True:
                client.recv(30)
        assert client.close_reason == texts.LINK_ENDED
    assert [each["path"] for each in listed(replica, "links", operator)] == ["/api/camera/frames/7"]
    assert decide(replica, "DELETE", f"/links/{told['/api/cameras/cam1']['id']}", operator)[0] == 404
    assert replica.request(f"/api/cameras/cam1/stream/status?link={link}")[0] == 401


def test_only_the_operator_sees_links(replica: Replica, operator: Headers) -> None:
    assert decide(replica, "PUT", "/passwords/viewer", operator, password=LOOKING)[0] == 200
    wait_until(lambda: replica.request("/api/devices", headers=basic(LOOKING))[0] == 200, "it is right")
    assert replica.request("/api/access/links", headers=basic(LOOKING))[0] == 403
    assert replica.request("/api/access/links")[0] == 401


def test_a_stream_that_goes_on_keeps_its_tokens_last_use_new(replica: Replica, operator: Headers) -> None:
    """It sends one request and then runs for months: it must not look as if nobody used it."""
    _, _, made = decide(replica, "POST", "/tokens", operator, name="Wall", archive=False)
    assert listed(replica, "tokens", operator)[0]["used_at"] is None

    def used_at() -> str:
        return str(listed(replica, "tokens", operator)[0]["used_at"])

    with Viewer(replica.port, headers=bearer(made["secret"])):
        wait_until(lambda: replica.hub.viewer_total == 1, "it watches")
        wait_until(lambda: used_at() != "None", "its use is told")
        first = used_at()
        wait_until(lambda: used_at() > first, "it is in use still")


def test_the_page_may_make_tokens_where_its_user_may(replica: Replica, operator: Headers) -> None:
    def may(who: Headers) -> bool:
        return bool(json.loads(replica.request("/api/status", headers=who)[2])["access"]["makes_tokens"])

    _, _, made = decide(replica, "POST", "/tokens", operator, name="Looks")
    assert (may(operator), may(bearer(made["secret"]))) == (True, False)


def test_what_is_decided_on_a_full_disk_says_that_it_is_not_kept(
    replica: Replica, operator: Headers, owner: KeptOwner
) -> None:
    """It holds all the same."""
    with full_disk(owner):
        status, _, made = decide(replica, "POST", "/tokens", operator, name="Unlucky")
        assert (status, made["is_kept"]) == (200, False)
        assert replica.request("/api/devices", headers=bearer(made["secret"]))[0] == 200


def test_a_login_behind_a_proxy_that_changes_host_needs_the_address_in_the_settings(bus: str, owner: KeptOwner) -> None:
    """Over plain HTTP a browser names only its origin, and `Host` is the proxy's."""
    form = urllib.parse.urlencode({"password": PASSWORD}).encode()
    setup = urllib.parse.urlencode({"password": PASSWORD, "code": owner.code()}).encode()
    ours = FORM | {"Origin": ADDRESS}
    for settings, expected in (({"allowed_origins": ADDRESS}, 403), ({"site_address": ADDRESS}, 200)):
        with running_replica(bus, owner=owner.access(bus), settings=settings) as replica:
            wait_until(lambda: replica.request("/healthz")[0] == 200, "it is there")
            wait_until(lambda: replica.request("/api/devices")[0] != 503, "it knows ingest's state")
            status, _, body = replica.request("/setup", "POST", ours, setup)
            assert status == expected, body
            if expected == 403:
                assert json.loads(body)["detail"] == OUR_PAGES_ALONE
                assert "SITE_ADDRESS" in OUR_PAGES_ALONE
                continue
            assert replica.request("/login", "POST", ours, form)[0] == 303
            foreign = FORM | {"Origin": "http://evil.example"}
            assert replica.request("/login", "POST", foreign, form)[0] == 403


def test_the_page_is_there_only_where_access_is_decided_at_it(replica: Replica, operator: Headers, bus: str) -> None:
    """Else its address says in words where it is decided. Whoever may use it has it in each header."""
    status, _, body = replica.request("/access", headers=operator)
    assert (status, b"Access tokens" in body, b"<a href=access aria-current=page>" in body) == (200, True, True)
    assert b"<a href=access>" in replica.request("/status", headers=operator)[2]
    _, _, made = decide(replica, "POST", "/tokens", operator, name="Looks")
    looking = bearer(made["secret"])
    assert b"<a href=access>" not in replica.request("/status", headers=looking)[2]
    assert b"Only the operator can do this" in replica.request("/access", headers=looking)[2]
    with running_replica(bus) as without:
        status, headers, body = without.request("/access")
        assert (status, b"BUS_CONTROL" in body, "content-security-policy" in headers) == (404, True, True)
        assert b"<a href=access>" not in without.request("/status")[2]


def test_the_page_of_cameras_is_there_for_the_operator_and_the_demo_scene_leads_to_it(
    replica: Replica, operator: Headers, bus: str
) -> None:
    """It stands before access in each header. Without BUS_CONTROL the words name the setting."""
    page = replica.request("/cameras", headers=operator)[2]
    assert b"<a href=cameras aria-current=page>Cameras</a><a href=access>Access</a></nav>" in page
    for path in ("/", "/access"):
        assert b"<a href=cameras>Cameras</a><a href=access" in replica.request(path, headers=operator)[2]
    assert b"href=cameras?add" in replica.request("/", headers=operator)[2].replace(b'"', b"")
    with running_replica(bus) as without:
        status, _, body = without.request("/cameras")
        assert (status, b"docs/cameras.md" in body) == (404, True)
        assert b"Set <code>CAMERA_RTSP_URL</code>" in without.request("/")[2]
        assert b"cameras?add" not in without.request("/")[2]
