"""Hostile connections to a bus as ingest has it: real sockets, a real proxy, a publisher behind it."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import pytest
from structlog.testing import capture_logs

from shared.bus import connection_guard, zmtp
from shared.bus.proxy import BusProxy
from shared.bus.subscriber import Subscriber
from tests.support.ports import free_port
from tests.support.pump import Pump
from tests.support.waiting import eventually, wait_until

TOPIC: Final = b"frame/one/main/"


class RawPeer:
    """A client that speaks ZMTP as badly as it likes."""

    def __init__(self, address: str, *, shakes_hands: bool = True) -> None:
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        self.socket = socket.create_connection((host, int(port)))
        if shakes_hands:
            self.socket.sendall(zmtp.GREETING)
            received = b""
            while len(received) < len(zmtp.GREETING):
                received += self.socket.recv(64)
            self.socket.sendall(zmtp.READY)
            while b"READY" not in received:
                received += self.socket.recv(1)

    def is_ended(self) -> bool:
        """Whether the other end closed the connection; what it sent before is read."""
        self.socket.setblocking(False)
        try:
            while self.socket.recv(65536):
                pass
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def flood(self, count: int) -> bool:
        """Send `count` subscriptions of 210 bytes; whether the connection ended meanwhile."""
        self.socket.settimeout(10)
        try:
            for number in range(count):
                self.socket.sendall(zmtp.subscribe(b"x/%207d/" % number))
        except OSError:
            return True
        return False

    def send_until_ended(self, data: bytes, times: int = 10_000) -> bool:
        """Send `data` again and again; whether the connection ended meanwhile."""
        self.socket.settimeout(10)
        try:
            for _ in range(times):
                self.socket.sendall(data)
        except OSError:
            return True
        return False

    def close(self) -> None:
        self.socket.close()


@contextmanager
def running_bus(directory: Path) -> Iterator[tuple[str, Pump]]:
    address, inner_address = f"tcp://127.0.0.1:{free_port()}", f"ipc://{directory}/inner"
    proxy = BusProxy(address, inner_address)
    try:
        with Pump(inner_address, [TOPIC, b"1"], is_inner=True) as pump:
            yield address, pump
    finally:
        proxy.close()


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[tuple[str, Pump]]:
    with running_bus(tmp_path) as running:
        yield running


async def test_a_cancellation_of_what_another_subscribed_to_changes_nothing(bus: tuple[str, Pump]) -> None:
    """libzmq tells it like the end of the last subscription, and everybody's pictures would stop."""
    address, pump = bus
    with closing(Subscriber(address)) as subscriber, closing(RawPeer(address)) as hostile:
        subscriber.subscribe(TOPIC)
        await eventually(lambda: TOPIC in pump.topics, "the subscription is seen")
        hostile.socket.sendall(zmtp.cancel(TOPIC) + zmtp.subscribe(TOPIC) + 2 * zmtp.cancel(TOPIC))
        hostile.socket.sendall(zmtp.frame(0, b"\x02" + TOPIC) + zmtp.frame(0, b"") + zmtp.subscribe(b"done/"))
        await eventually(lambda: b"done/" in pump.topics, "all of it was read")
        assert TOPIC in pump.topics
        assert (await subscriber.receive())[0] == TOPIC


async def test_a_flood_of_subscriptions_ends_its_connection_alone(bus: tuple[str, Pump]) -> None:
    address, pump = bus
    with closing(Subscriber(address)) as subscriber, closing(RawPeer(address)) as hostile, capture_logs() as logs:
        subscriber.subscribe(TOPIC)
        await eventually(lambda: TOPIC in pump.topics, "the subscription is seen")
        assert hostile.flood(100_000)
        await eventually(lambda: len(pump.topics) == 2, "what it subscribed to is gone, the hello and the topic stay")
        assert (await subscriber.receive())[0] == TOPIC
    assert {line["event"] for line in logs if line.get("what") == "bus connection"} == {"ended"}
    assert len(logs) <= 4, "a line a second at most, from each of two threads"


def test_a_slow_growth_of_subscriptions_ends_at_the_limit(bus: tuple[str, Pump]) -> None:
    """Within the bytes that a connection may send at once, but more than it may have."""
    address, pump = bus
    with closing(RawPeer(address)) as hostile:
        hostile.socket.sendall(b"".join(zmtp.subscribe(b"%d" % number) for number in range(4097)))
        wait_until(hostile.is_ended, "the connection is ended")
        wait_until(lambda: not pump.topics, "its subscriptions are gone")


def test_one_topic_on_and_off_for_ever_ends_the_connection(bus: tuple[str, Pump]) -> None:
    address, _ = bus
    with closing(RawPeer(address)) as hostile:
        assert hostile.send_until_ended(100 * (zmtp.subscribe(b"flip/") + zmtp.cancel(b"flip/")))


def test_the_oldest_of_too_many_silent_connections_is_ended(
    bus: tuple[str, Pump], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_guard, "MAX_STRANGERS", 8)
    address, pump = bus
    silent = [RawPeer(address, shakes_hands=False) for _ in range(9)]
    wait_until(silent[0].is_ended, "the oldest is ended")
    assert not silent[8].is_ended()
    with closing(RawPeer(address)) as honest:
        honest.socket.sendall(zmtp.subscribe(TOPIC))
        wait_until(lambda: TOPIC in pump.topics, "an honest subscriber still gets in")
    for one in silent:
        one.close()


def test_beyond_the_number_of_subscribers_the_newest_is_ended(
    bus: tuple[str, Pump], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_guard, "MAX_SUBSCRIBERS", 3)
    address, pump = bus
    peers = []
    for number in range(3):
        peers.append(RawPeer(address))
        peers[-1].socket.sendall(zmtp.subscribe(b"%d/" % number))
    wait_until(lambda: len(pump.topics) == 3, "all three are subscribers")
    peers.append(RawPeer(address))
    wait_until(peers[3].is_ended, "the fourth is ended")
    assert not any(peer.is_ended() for peer in peers[:3])
    for peer in peers:
        peer.close()
