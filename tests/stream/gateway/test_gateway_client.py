"""A real replica at the end of a gateway's socket, with a gateway that the test plays."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect

from services.stream.gateway.news import PASSED_ON, News
from tests.stream.gateway.ends import PlayedGateway
from tests.support.bus import FakeIngest
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[PlayedGateway]:
    played = PlayedGateway(tmp_path / "socket")
    yield played
    played.close()


@pytest.fixture
def replica(ingest: FakeIngest, bus: str, gateway: PlayedGateway, tmp_path: Path) -> Iterator[Replica]:
    assert ingest
    with running_replica(bus, settings={"gateway_socket": tmp_path / "socket"}) as running:
        gateway.meet()
        wait_until(running.knows_a_camera, "the camera is known")
        yield running


def is_healthy(viewer: socket.socket) -> bool:
    viewer.sendall(HEALTH)
    answer = b""
    while not answer.endswith(b'{"status":"ok"}'):
        piece = viewer.recv(4096)
        assert piece, answer
        answer += piece
    return answer.startswith(b"HTTP/1.1 200")


@pytest.mark.usefixtures("replica")
def test_a_passed_connection_is_served_and_counted_until_it_ends(gateway: PlayedGateway) -> None:
    """Request after request, like one that the replica has accepted itself."""
    first, second = gateway.pass_on(), gateway.pass_on()
    assert is_healthy(first)
    assert is_healthy(first)
    assert is_healthy(second)
    gateway.wait_for_news(News(2, 2))
    first.close()
    gateway.wait_for_news(News(2, 1))
    second.close()
    gateway.wait_for_news(News(2, 0))


@pytest.mark.usefixtures("replica")
def test_a_socket_counts_until_it_ends(gateway: PlayedGateway) -> None:
    """A WebSocket has another protocol on the same connection."""
    viewer = gateway.pass_on()
    with connect("ws://localhost/api/cameras/cam1/ws", sock=viewer, proxy=None) as watching:
        watching.ping().wait(10)
        gateway.wait_for_news(News(1, 1))
    gateway.wait_for_news(News(1, 0))


@pytest.mark.usefixtures("replica")
def test_a_viewer_that_left_on_the_way_is_no_loss(gateway: PlayedGateway) -> None:
    """Even by a reset, before the replica knows of it."""
    gateway.pass_on().close()
    gateway.wait_for_news(News(1, 0))


@pytest.mark.usefixtures("replica")
def test_a_message_without_a_connection_counts_as_taken(gateway: PlayedGateway) -> None:
    """So the kernel shortens one where the replica may open no more files."""
    gateway.link.send(PASSED_ON)
    gateway.wait_for_news(News(1, 0))
    with gateway.pass_on() as viewer:
        assert is_healthy(viewer)


@pytest.mark.usefixtures("replica")
def test_a_replica_comes_back_to_a_new_gateway(gateway: PlayedGateway) -> None:
    """Its old connections go on, and it says how many they are."""
    with gateway.pass_on() as viewer:
        assert is_healthy(viewer)
        gateway.link.close()
        gateway.meet()
        gateway.wait_for_news(News(0, 1))
        assert is_healthy(viewer)
    gateway.wait_for_news(News(0, 0))


def test_a_replica_that_stops_leaves_the_gateway_first(bus: str, gateway: PlayedGateway, tmp_path: Path) -> None:
    """So that no viewer is sent to it any more. Its connections end."""
    with running_replica(bus, settings={"gateway_socket": tmp_path / "socket"}):
        gateway.meet()
        viewer = gateway.pass_on()
        assert is_healthy(viewer)
        gateway.wait_for_news(News(1, 1))
    assert gateway.link.recv(100) == b""
    assert viewer.recv(100) == b""
    viewer.close()


def test_a_replica_waits_for_its_gateway(bus: str, tmp_path: Path) -> None:
    """Whichever is started first. Meanwhile it serves at its own port."""
    with running_replica(bus, settings={"gateway_socket": tmp_path / "socket"}) as replica:
        wait_until(lambda: replica.request("/healthz")[0] == 200, "it serves")
        late = PlayedGateway(tmp_path / "socket")
        late.meet()
        with late.pass_on() as viewer:
            assert is_healthy(viewer)
        late.close()
