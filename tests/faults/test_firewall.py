"""What the lab's packet filter does to connections, on a host of the test's own."""

import socket
from collections.abc import Iterator

import pytest

from faults import firewall
from tests.support.hosts import Host, host_alone

pytestmark = pytest.mark.hosts
PATIENCE = 1.0


@pytest.fixture
def host() -> Iterator[Host]:
    with host_alone() as made, made.inside():
        yield made


@pytest.fixture
def server(host: Host) -> Iterator[socket.socket]:
    with socket.create_server((host.address, 0)) as listening:
        yield listening


def test_a_port_that_refuses_resets_whoever_comes_and_who_is_there(server: socket.socket) -> None:
    address = server.getsockname()
    with socket.create_connection(address, PATIENCE) as connected, firewall.refused(address[1]):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, PATIENCE)
        connected.sendall(b"still there?")
        with pytest.raises(ConnectionResetError):
            connected.recv(1)
    with socket.create_connection(address, PATIENCE):
        pass


def test_a_port_that_is_cut_answers_nobody(server: socket.socket) -> None:
    address = server.getsockname()
    with firewall.cut(address[1]), pytest.raises(TimeoutError):
        socket.create_connection(address, PATIENCE)
    with socket.create_connection(address, PATIENCE):
        pass
