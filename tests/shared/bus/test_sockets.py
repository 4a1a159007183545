"""The options of the bus's sockets that protect ingest, over real sockets on loopback."""

import socket

import pytest
import zmq

from shared.bus.publisher import Publisher
from shared.bus.sockets import bind_socket, publishing_socket
from shared.errors import ConfigurationError


def test_an_address_that_is_taken_is_refused_by_its_setting(address: str) -> None:
    """The user may have started Framecast twice. The context is closed then, or the process could not end."""
    first = Publisher(address)
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    second = publishing_socket(context)
    with pytest.raises(ConfigurationError, match=r"^BUS_BIND is .* but must be .*: Address already in use\.$"):
        bind_socket(second, address, context)
    assert context.closed
    first.close()


def test_an_oversize_message_from_a_peer_costs_the_peer_its_connection(address: str) -> None:
    """Subscriptions queue up unbounded at an XPUB; nobody may fill its memory with them."""
    publisher = Publisher(address)
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    peer = context.socket(zmq.SUB)
    monitor = peer.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    peer.connect(address)
    peer.subscribe(b"x" * 10_000)
    assert monitor.poll(5000), "the peer was not disconnected"
    publisher.read_subscriptions()
    assert publisher.topics == frozenset()
    context.destroy(linger=0)
    publisher.close()


def test_a_connection_that_says_nothing_is_closed(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is an open file. 1,100 of them once kept ingest from accepting anybody for half a minute."""
    monkeypatch.setattr("shared.bus.sockets.HANDSHAKE_MILLISECONDS", 200)
    publisher = Publisher(address)
    host, _, port = address.removeprefix("tcp://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as silent:
        while silent.recv(64):  # its greeting
            pass
    publisher.close()
