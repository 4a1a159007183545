"""What the guard does besides asking for a password: headers, other origins, limits, and the ends of share links."""

import contextlib
import json
import urllib.parse
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from services.stream.base import texts
from shared.bus.status import CameraStatus
from tests.support.bus import FakeIngest, frame_of, status_of
from tests.support.mjpeg import Viewer
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until
from tests.web.support import SECRETS, VIEWER, VIEWER_TOKEN, FakeTime, basic, bearer, web_settings

MAINSAIL, ELSEWHERE = "http://mainsail.local", "http://elsewhere.example"
STREAM = "/api/camera/stream"


@pytest.fixture
def statuses() -> list[CameraStatus]:
    return [status_of("cam1"), status_of("cam2", is_default=False)]


def head(replica: Replica, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str]]:
    """Status and headers of an answer, which may be a stream."""
    if method == "GET" and path.partition("?")[0].endswith("/stream"):
        with Viewer(replica.port, path, headers=headers) as viewer:
            return viewer.response.status, {name.lower(): value for name, value in viewer.response.getheaders()}
    return replica.request(path, method, headers)[:2]


def link_to(replica: Replica, seconds: int, camera: str = "cam1") -> dict[str, Any]:
    wait_until(lambda: camera in str(replica.request("/api/devices", headers=bearer(VIEWER_TOKEN))[2]), "it is known")
    wanted = json.dumps({"camera": camera, "expires_in_seconds": seconds}).encode()
    headers = {"Content-Type": "application/json", **bearer(VIEWER_TOKEN)}
    status, _, body = replica.request("/api/camera/links", "POST", headers, wanted)
    assert status == 200, body
    answer: dict[str, Any] = json.loads(body)
    return answer


def reason_of_the_end(socket: ClientConnection) -> str:
    """Reads a socket until the server closes it."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            socket.recv(5)
    assert socket.close_reason is not None
    return socket.close_reason


@pytest.mark.parametrize("direct", [True, False])
def test_every_answer_has_the_headers_that_keep_a_browser_careful(bus: str, direct: bool) -> None:
    """Pages of any origin may show pictures; everything else is for our own pages."""
    with running_replica(bus, direct=direct) as replica:
        shown = {path: head(replica, path)[1] for path in (STREAM, "/favicon.svg", "/live.js")}
        kept = {path: head(replica, path)[1] for path in ("/", "/healthz", "/api/devices", "/no/such", "/readyz")}
    for path, headers in (shown | kept).items():
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "same-origin", path
        is_picture = path in (STREAM, "/favicon.svg")
        assert ("frame-ancestors 'self'" in headers.get("content-security-policy", "")) is not is_picture, path
        assert headers["cross-origin-resource-policy"] == ("cross-origin" if path in shown else "same-origin"), path
    assert "default-src 'none'" in kept["/"]["content-security-policy"]


def test_pages_of_allowed_origins_may_frame_ours(bus: str) -> None:
    """Home Assistant's Webpage card, Organizr, Homarr. The rest of the policy stays."""
    with running_replica(bus, settings={"allowed_origins": f"{MAINSAIL},http://ha.local:8123"}) as replica:
        for path in ("/", "/status", "/docs", "/api/devices", "/no/such"):
            policy = head(replica, path)[1]["content-security-policy"]
            assert "frame-ancestors 'self' http://ha.local:8123 http://mainsail.local" in policy, path
        assert "default-src 'none'" in head(replica, "/")[1]["content-security-policy"]
        assert "content-security-policy" not in head(replica, STREAM)[1]


@pytest.mark.parametrize("direct", [True, False])
def test_a_page_of_an_allowed_origin_may_read_and_no_other(bus: str, direct: bool) -> None:
    """Mainsail's classic client fetches the stream across origins."""
    with running_replica(bus, direct=direct, settings={"allowed_origins": MAINSAIL}) as replica:
        for path in (STREAM, "/api/devices"):
            headers = head(replica, path, Origin=MAINSAIL)[1]
            assert headers["access-control-allow-origin"] == MAINSAIL, path
            assert headers["access-control-allow-credentials"] == "true", path
            assert "Origin" in headers["vary"], path
            assert "access-control-allow-origin" not in head(replica, path, Origin=ELSEWHERE)[1], path
    with running_replica(bus, direct=direct) as replica:
        assert "access-control-allow-origin" not in head(replica, STREAM, Origin=MAINSAIL)[1]


def test_a_preflight_is_answered_without_a_password(bus: str) -> None:
    """A preflight can't carry one. The request that it announces needs one."""
    with running_replica(bus, settings={"allowed_origins": MAINSAIL, **SECRETS}) as replica:
        asking = {"Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "authorization"}
        status, headers = head(replica, "/api/camera/frames/7", "OPTIONS", Origin=MAINSAIL, **asking)
        assert status == 204
        assert "DELETE" in headers["access-control-allow-methods"]
        assert "Authorization" in headers["access-control-allow-headers"]
        status, headers = head(replica, "/api/camera/frames/7", "OPTIONS", Origin=ELSEWHERE, **asking)
        assert "access-control-allow-origin" not in headers
        assert "access-control-allow-methods" not in headers
        assert head(replica, "/api/camera/frames/7", "DELETE", Origin=MAINSAIL)[0] == 401


def test_without_any_password_everything_is_open_but_to_other_sites_pages(bus: str) -> None:
    """A page from anywhere, in a browser on this machine, must not delete the archive or read the pictures."""
    with running_replica(bus) as replica:
        assert replica.request("/")[0] == 200
        assert replica.request("/login")[0] == 303
        assert replica.request("/api/camera/frames/7", "DELETE")[0] == 502, "it was passed on"
        assert replica.request("/api/camera/frames/7", "DELETE", {"Origin": ELSEWHERE})[0] == 403
        assert replica.request("/api/camera/frames/7", "DELETE", {"Sec-Fetch-Site": "cross-site"})[0] == 403


def test_without_any_password_a_links_addresses_are_the_plain_ones(bus: str, ingest: FakeIngest) -> None:
    """A page written for a server with passwords works on one without."""
    assert ingest
    with running_replica(bus) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        answer = link_to(replica, 60)
        assert (answer["stream_url"], answer["expires_at"]) == ("/api/cameras/cam1/stream", None)


def test_without_an_operators_password_nobody_is_the_operator(bus: str) -> None:
    """A shared viewer's password must not delete the archive."""
    with running_replica(bus, settings={"viewer_password": VIEWER}) as replica:
        status, _, body = replica.request("/api/camera/frames/7", "DELETE", basic(VIEWER))
        assert status == 403
        assert json.loads(body)["detail"] == "DELETE is for the operator, and there is none: set OPERATOR_PASSWORD."


def test_guessing_is_answered_429_and_a_session_goes_on(bus: str) -> None:
    """The trusted proxy says whose guesses they are."""
    time = FakeTime()
    proxied = {"trusted_proxies": "127.0.0.1", "viewer_password": VIEWER}
    with running_replica(bus, clock=time.clock, settings=proxied) as replica:
        form = urllib.parse.urlencode({"password": VIEWER}).encode()
        cookie = {"Cookie": replica.request("/login", "POST", body=form)[1]["set-cookie"].partition(";")[0]}
        guesser, other = {"X-Forwarded-For": "10.0.0.1"}, {"X-Forwarded-For": "10.0.0.2"}
        statuses = [replica.request("/api/devices", headers=guesser | basic(f"guess {n}"))[0] for n in range(7)]
        assert statuses == [401] * 5 + [429] * 2
        status, headers, body = replica.request("/api/devices", headers=guesser | basic(VIEWER))
        assert (status, headers["retry-after"]) == (429, "1")
        assert "Try again in 1 s" in json.loads(body)["detail"]
        assert replica.request("/login", "POST", guesser, form)[0] == 429
        assert replica.request("/api/devices", headers=guesser | cookie)[0] == 200
        assert replica.request("/api/devices", headers=other | basic(VIEWER))[0] == 200
        time.seconds += 1
        assert replica.request("/api/devices", headers=guesser | basic(VIEWER))[0] == 200


def test_a_strangers_own_claim_of_its_address_is_not_believed(bus: str) -> None:
    """Otherwise each guess would come from another address, and cookies would be sent without HTTPS."""
    with running_replica(bus, clock=FakeTime().clock, settings={"viewer_password": VIEWER}) as replica:
        statuses = [
            replica.request("/api/devices", headers={"X-Forwarded-For": f"10.0.0.{n}"} | basic(f"guess {n}"))[0]
            for n in range(6)
        ]
        assert statuses == [401] * 5 + [429]
    with running_replica(bus, settings={"viewer_password": VIEWER}) as replica:
        form = urllib.parse.urlencode({"password": VIEWER}).encode()
        assert "Secure" not in replica.request("/login", "POST", {"X-Forwarded-Proto": "https"}, form)[1]["set-cookie"]


def test_behind_https_the_cookie_is_for_https(bus: str) -> None:
    """A trusted proxy says whether it is."""
    with running_replica(bus, settings={"trusted_proxies": "127.0.0.1", "viewer_password": VIEWER}) as replica:
        form = urllib.parse.urlencode({"password": VIEWER}).encode()
        cookie = replica.request("/login", "POST", {"X-Forwarded-Proto": "https"}, form)[1]["set-cookie"]
        assert "; Secure" in cookie


@pytest.mark.parametrize("direct", [True, False])
def test_an_address_has_a_limited_number_of_viewers(bus: str, ingest: FakeIngest, direct: bool) -> None:
    """One household, or one page gone wild, leaves room for the others."""
    assert ingest
    limited = {"trusted_proxies": "127.0.0.1", "stream_max_viewers_per_address": 2}
    one, other = {"X-Forwarded-For": "10.0.0.1"}, {"X-Forwarded-For": "10.0.0.2"}
    with running_replica(bus, direct=direct, settings=limited) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        socket = f"ws://127.0.0.1:{replica.port}/api/cameras/cam1/ws"
        with (
            Viewer(replica.port, headers=one),
            connect(socket, additional_headers=one, proxy=None) as second,
        ):
            ingest.show(frame_of("cam1"))
            second.recv(5)
            status, _, body = replica.request(STREAM, headers=one)
            assert status == 429
            assert json.loads(body)["detail"] == texts.address_full(2)
            with connect(socket, additional_headers=one, proxy=None) as third, pytest.raises(ConnectionClosed):
                third.recv(5)
            assert head(replica, STREAM, **other)[0] == 200
            assert head(replica, STREAM)[0] == 200, "this machine itself is not limited"
        wait_until(lambda: head(replica, STREAM, **one)[0] == 200, "there is room again")


@pytest.mark.parametrize("direct", [True, False])
def test_a_link_that_runs_out_ends_its_stream_and_its_socket(bus: str, ingest: FakeIngest, direct: bool) -> None:
    """Otherwise it would be good for as long as somebody keeps watching."""
    assert ingest
    with running_replica(bus, direct=direct, settings=SECRETS) as replica:
        link = link_to(replica, 2)
        with (
            Viewer(replica.port, link["stream_url"]) as viewer,
            connect(f"ws://127.0.0.1:{replica.port}{link['websocket_url']}", proxy=None) as socket,
        ):
            ingest.show(frame_of("cam1"))
            wait_until(lambda: viewer.parts, "a picture has come")
            assert viewer.ended.wait(5), "the stream has ended"
            assert "run out" in reason_of_the_end(socket)
        assert replica.request(link["snapshot_url"])[0] == 401


def test_the_holder_of_a_link_can_ask_a_socket_for_no_other_camera(bus: str, ingest: FakeIngest) -> None:
    """A socket takes any number of cameras, but only for clients that may see them all."""
    assert ingest
    with running_replica(bus, settings=SECRETS) as replica:
        link_to(replica, 60, "cam2")
        socket = f"ws://127.0.0.1:{replica.port}{link_to(replica, 60)['websocket_url']}"
        with connect(socket, proxy=None) as client:
            client.send('{"watch": "cam1", "width": 32}')
            client.send('{"watch": "cam2"}')
            assert "one camera" in reason_of_the_end(client)
        assert b"frame/cam2/main/" not in ingest.topics


def test_a_password_may_hold_any_character(bus: str) -> None:
    """Home Assistant sends it in Latin-1, a browser in UTF-8."""
    password = "pässwörd: @/#%"  # noqa: S105 the test's own
    assert web_settings(viewer_password=password)
    with running_replica(bus, settings={"viewer_password": password}) as replica:
        assert replica.request("/api/devices", headers=basic(password))[0] == 200
        latin = {"Authorization": "Basic eDpw5HNzd/ZyZDogQC8jJQ=="}
        assert replica.request("/api/devices", headers=latin)[0] == 200
