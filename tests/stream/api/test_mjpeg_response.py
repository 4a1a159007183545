"""A viewer from its first byte to its last, written to beneath ASGI and served through it."""

import http.client
import socket
from collections.abc import Iterator

import pytest

from services.stream.fanout.proxied_rate import ProxiedRate
from tests.support.bus import FakeIngest, frame_of
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until

STREAM = "/api/cameras/cam1/stream"
AUTO = f"{STREAM}?quality=auto"


@pytest.fixture(params=[True, False], ids=["direct", "plain ASGI"])
def replica(request: pytest.FixtureRequest, bus: str, ingest: FakeIngest) -> Iterator[Replica]:
    assert ingest
    with running_replica(bus, direct=request.param) as running:
        wait_until(running.knows_a_camera, "the camera is known")
        yield running


def opened(replica: Replica, path: str = STREAM, **headers: str) -> http.client.HTTPConnection:
    """A connection whose stream has begun."""
    connection = http.client.HTTPConnection("127.0.0.1", replica.port, timeout=30)
    connection.request("GET", path, headers=headers)
    wait_until(lambda: replica.hub.viewer_total == 1, "the viewer is attached")
    return connection


def test_a_viewer_that_leaves_is_forgotten(replica: Replica) -> None:
    """However it leaves: its place is another's, and its camera's encoding may end."""
    connection = opened(replica)
    assert replica.hub.viewer_count("cam1") == 1
    connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()
    wait_until(lambda: replica.hub.viewer_total == 0, "it is forgotten")


def test_a_head_request_is_no_viewer(replica: Replica) -> None:
    """It ends at once, so it must take no place."""
    status, headers, body = replica.request(STREAM, "HEAD")
    assert (status, body) == (200, b"")
    assert "no-store" in headers["cache-control"]
    assert replica.hub.viewer_total == 0


@pytest.mark.parametrize(
    ("path", "headers", "is_measured"),
    [(AUTO, {"Via": "1.1 proxy"}, True), (AUTO, {"X-Forwarded-For": "10.0.0.1"}, True), (AUTO, {}, False)],
    ids=["Via", "X-Forwarded-For", "no proxy"],
)
def test_quality_auto_measures_a_viewer_behind_a_proxy(
    bus: str, ingest: FakeIngest, path: str, headers: dict[str, str], is_measured: bool
) -> None:
    """Its skips come seconds late, since the proxy buffers that many pictures."""
    assert ingest
    with running_replica(bus) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        connection = opened(replica, path, **headers)
        ((viewer, _),) = replica.hub._viewers.of_camera("cam1")
        assert isinstance(viewer.pacer, ProxiedRate) is is_measured
        connection.close()


@pytest.mark.parametrize("at_once", [True, False], ids=["with its request", "later"])
def test_a_viewer_that_ends_its_sending_goes_on_watching(bus: str, ingest: FakeIngest, at_once: bool) -> None:
    """As `nc -N` does, and some readers in small devices."""
    with running_replica(bus) as replica, socket.create_connection(("127.0.0.1", replica.port), timeout=30) as viewer:
        wait_until(replica.knows_a_camera, "the camera is known")
        viewer.sendall(f"GET {STREAM} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        if at_once:
            viewer.shutdown(socket.SHUT_WR)
        wait_until(lambda: replica.hub.viewer_total == 1, "the viewer is attached")
        if not at_once:
            viewer.shutdown(socket.SHUT_WR)
        received = b""
        for level in (10, 20, 30):
            frame = frame_of("cam1", level=level)
            ingest.show(frame)
            while frame.jpeg not in received:
                received += viewer.recv(65_536) or pytest.fail("the stream has ended")
        viewer.close()
        wait_until(lambda: replica.hub.viewer_total == 0, "it is forgotten when it has left")
