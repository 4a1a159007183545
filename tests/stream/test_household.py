"""No limit bites a household: all its devices at one address, as behind one router or proxy."""

import http.client
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.bus import FakeIngest, fake_ingest, status_of
from tests.support.ports import free_port
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until
from tests.web.support import SECRETS, VIEWER, Headers, basic

CAMERAS = [f"cam{number}" for number in range(1, 13)]
HOUSE = {"X-Forwarded-For": "192.0.2.20"}
TABLETS, TABS = 3, 6


@pytest.fixture
def replica() -> Iterator[Replica]:
    """With the usual limits, and twelve cameras; the proxy is on this machine."""
    bus = f"tcp://127.0.0.1:{free_port()}"
    with (
        fake_ingest(bus, *(status_of(key) for key in CAMERAS)) as ingest,
        running_replica(bus, settings={**SECRETS, "trusted_proxies": "127.0.0.1"}) as replica,
    ):
        assert isinstance(ingest, FakeIngest)
        wait_until(lambda: knows_all(replica), "the cameras are known", 20)
        yield replica


def knows_all(replica: Replica) -> bool:
    status, _, body = replica.request("/api/devices", headers=HOUSE | basic(VIEWER))
    return status == 200 and all(f'"{key}"' in body.decode() for key in CAMERAS)


def streams(replica: Replica, stack: ExitStack, headers: Headers) -> list[int]:
    """The statuses of a stream of each camera; they stay open until `stack` ends."""
    found = []
    for key in CAMERAS:
        connection = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=30)
        connection.request("GET", f"/api/cameras/{key}/stream?fps=1", headers=HOUSE | headers)
        response = stack.enter_context(connection.getresponse())
        found.append(response.status)
    return found


def test_nobody_in_the_house_is_turned_away(replica: Replica) -> None:
    """Tablets, tabs and a recorder with all cameras, a dashboard and a printer, and programs with an old password."""
    with ExitStack() as stack:
        statuses: list[int] = []
        recorder = home_assistant = 1
        for _ in range(TABLETS + TABS + recorder + home_assistant):
            statuses += streams(replica, stack, basic(VIEWER))
        assert len(statuses) == len(CAMERAS) * (TABLETS + TABS + recorder + home_assistant)
        wait_until(lambda: replica.hub.viewer_total == len(statuses), "all are watching", 30)
        for program in ("Home Assistant", "OctoPrint", "a script"):
            for _ in range(10):
                assert replica.request("/api/devices", headers=HOUSE | basic(f"old one of {program}"))[0] == 401
        statuses += [
            replica.request(path, headers=HOUSE | basic(VIEWER))[0]
            for path in (*("/api/devices", "/api/status", "/", "/live.js") * 20, "/login")
        ]
        assert set(statuses) == {200}
