"""Which host names are served while there is no password. A stranger's domain that points at us is not."""

import json
import socket

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from shared.web.allowed_hosts import host_refusal, is_allowed_host
from tests.support.ports import free_port
from tests.support.replica import Replica, running_replica
from tests.web.support import SECRETS, VIEWER, basic, web_settings

EVIL = "evil.example:8001"


@pytest.mark.parametrize(
    "host",
    [
        *("", "127.0.0.1", "127.0.0.1:8001", "203.0.113.7:80", "[::1]", "[2001:db8::7]:8001", "[fe80::1%25eth0]:8001"),
        *("localhost", "localhost:8001", "LocalHost.", "app.localhost:8001"),
        *("nas", "raspberrypi:8001", "stream:8001", "framecast_stream"),
        *("nas.local", "NAS.Local.:8001", "nas.lan", "nas.home.arpa", "host.docker.internal", "nas.localdomain"),
        *("cams.example.org", "CAMS.example.org:443", "two.example.org", "origin.example.org:8001"),
    ],
)
def test_an_address_and_a_name_of_this_network_are_answered_to(host: str) -> None:
    """So are the hosts of SITE_ADDRESS and ALLOWED_ORIGINS, on any port."""
    sites = "https://cams.example.org, two.example.org:8443"
    settings = web_settings(site_address=sites, allowed_origins="http://Origin.example.org:3000")
    assert is_allowed_host(host, settings.named_hosts)


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", EVIL, "evil.example.", "127.0.0.1.evil.example", "127.1", "localhost.evil.example"),
        *("evillocal.example", "local.example", "nas.fritz.box", "sub.cams.example.org", "evil.cams.example"),
        *(":8001", "::1", "[::1", "[evil.example]", "evil.example:8001:80", "℀.example"),
    ],
)
def test_a_name_that_somebody_may_register_is_not_answered_to(host: str) -> None:
    """However much it looks like a name of this network."""
    assert not is_allowed_host(host, web_settings(site_address="cams.example.org").named_hosts)


def test_the_refusal_repeats_a_name_and_nothing_else() -> None:
    """Otherwise a request could put any words into our answer."""
    assert f"name http://{EVIL} in ALLOWED_ORIGINS, or set a password" in host_refusal(EVIL)
    for host in ("<b>.example", "a.example/\x1b[2J", "x" * 254, "evil.example:8001:80"):
        assert "name http://HOST in" in host_refusal(host)


def socket_status(replica: Replica, host: str) -> int:
    with socket.create_connection(("127.0.0.1", replica.port)) as connection:
        try:
            with connect(f"ws://{host}/api/cameras/cam1/ws", sock=connection, proxy=None):
                return 101
        except InvalidStatus as refusal:
            return refusal.response.status_code


def test_without_a_password_a_rebound_name_reads_and_changes_nothing() -> None:
    """For the browser its page and our server are one origin, so no other rule stops it."""
    page = {"Host": EVIL, "Origin": f"http://{EVIL}", "Sec-Fetch-Site": "same-origin"}
    with running_replica(f"tcp://127.0.0.1:{free_port()}") as replica:
        for path in ("/", "/live.js", "/login", "/camera-feed.js", "/api/devices", "/api/camera/snapshot", "/readyz"):
            assert replica.request(path, headers=page)[0] == 403, path
        status, _, body = replica.request("/api/camera/frames/7", "DELETE", page)
        assert (status, json.loads(body)["detail"]) == (403, host_refusal(EVIL))
        assert socket_status(replica, EVIL) == 403
        assert socket_status(replica, "nas.local:8001") == 101
        assert replica.request("/healthz", headers=page)[0] == 200
        assert replica.request("/api/devices", headers={"Host": "nas:8001"})[0] == 200


def test_a_name_of_ones_own_is_allowed_host_once_it_is_named() -> None:
    """Behind a proxy that has a domain."""
    settings = {"allowed_origins": f"http://{EVIL}", "allow_anonymous": True}
    with running_replica(f"tcp://127.0.0.1:{free_port()}", settings=settings) as replica:
        assert replica.request("/api/devices", headers={"Host": EVIL})[0] == 200


def test_a_client_of_http_1_0_names_no_host() -> None:
    """Such a client is no browser."""
    with (
        running_replica(f"tcp://127.0.0.1:{free_port()}") as replica,
        socket.create_connection(("127.0.0.1", replica.port), 20) as client,
        client.makefile("rb") as answer,
    ):
        client.sendall(b"GET /api/devices HTTP/1.0\r\n\r\n")
        assert answer.readline() == b"HTTP/1.1 200 OK\r\n"


def test_with_a_password_any_name_will_do() -> None:
    """A browser shows a password to the name that it was given under, and to no other."""
    with running_replica(f"tcp://127.0.0.1:{free_port()}", settings=SECRETS) as replica:
        assert replica.request("/api/devices", headers={"Host": EVIL})[0] == 401
        assert replica.request("/api/devices", headers={"Host": EVIL, **basic(VIEWER)})[0] == 200
