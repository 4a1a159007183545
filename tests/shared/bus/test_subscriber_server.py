"""Hostile connections to a bus without keys, as ingest has it: real sockets, a real proxy, a publisher behind it."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import pytest
import zmq
from structlog.testing import capture_logs

from shared.bus import subscriber_server, zmtp
from shared.bus.listener import listening_socket
from shared.bus.proxy import BusProxy
from shared.bus.sockets import HIGH_WATER_MARK
from shared.bus.subscriber import Subscriber
from shared.errors import ConfigurationError
from tests.shared.bus.raw_peer import RawPeer
from tests.support.ports import free_port
from tests.support.pump import Pump
from tests.support.waiting import eventually, wait_until

TOPIC: Final = b"frame/one/main/"
OTHER: Final = b"frame/two/main/"


@contextmanager
def running_bus(directory: Path, message: list[bytes] | None = None) -> Iterator[tuple[str, Pump]]:
    address, inner_address = f"tcp://127.0.0.1:{free_port()}", f"ipc://{directory}/inner"
    proxy = BusProxy(address, inner_address)
    try:
        with Pump(inner_address, message or [TOPIC, b"1"], is_inner=True) as pump:
            yield address, pump
    finally:
        proxy.close()


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[tuple[str, Pump]]:
    with running_bus(tmp_path) as running:
        yield running


async def test_a_cancellation_of_what_another_subscribed_to_changes_nothing(bus: tuple[str, Pump]) -> None:
    """libzmq's XPUB tells it like the end of the last subscription, and everybody's pictures would stop."""
    address, pump = bus
    with closing(Subscriber(address)) as subscriber, closing(RawPeer(address)) as hostile:
        subscriber.subscribe(TOPIC)
        await eventually(lambda: TOPIC in pump.topics, "the subscription is seen")
        hostile.send(zmtp.cancel(TOPIC), zmtp.subscribe(TOPIC), zmtp.cancel(TOPIC), zmtp.cancel(TOPIC))
        hostile.send(zmtp.frame(0, b"\x00" + TOPIC), zmtp.frame(0, b"\x02" + TOPIC), zmtp.frame(0, b""))
        hostile.send(zmtp.subscribe(OTHER))
        await eventually(lambda: OTHER in pump.topics, "all of it was read")
        assert TOPIC in pump.topics
        assert (await subscriber.receive())[0] == TOPIC


def test_a_subscription_as_a_message_counts_like_the_command(bus: tuple[str, Pump]) -> None:
    """Older ZeroMQ clients (ZMTP 3.0) send it so. Only the first part of a message can be one."""
    address, pump = bus
    with closing(RawPeer(address)) as peer:
        peer.send(zmtp.frame(1, b"\x01" + TOPIC), zmtp.frame(0, b"\x01" + OTHER))
        wait_until(lambda: TOPIC in pump.topics, "the subscription is seen")
        peer.send(zmtp.frame(0, b"\x00" + TOPIC), zmtp.subscribe(b"status/"))
        wait_until(lambda: pump.topics == {b"status/"}, "it is cancelled, and the second part was none")


def test_a_topic_that_no_message_of_ours_has_costs_nothing(bus: tuple[str, Pump]) -> None:
    address, pump = bus
    with closing(RawPeer(address)) as peer:
        peer.send(*(zmtp.subscribe(topic) for topic in (b"x/", b"frame/A/", b"frame/\xff", b"fr", b"", TOPIC)))
        wait_until(lambda: TOPIC in pump.topics, "all were read")
        assert pump.topics == {b"fr", b"", TOPIC}


def test_what_a_connection_subscribed_to_ends_with_it(bus: tuple[str, Pump]) -> None:
    address, pump = bus
    with closing(RawPeer(address)) as stays, closing(RawPeer(address)) as goes:
        stays.send(zmtp.subscribe(TOPIC))
        goes.send(zmtp.subscribe(TOPIC), zmtp.subscribe(OTHER))
        wait_until(lambda: len(pump.topics) == 2, "both topics are seen")
        goes.reset()
        wait_until(lambda: pump.topics == {TOPIC}, "one topic is left")


def test_a_connection_ends_at_its_number_of_subscriptions(bus: tuple[str, Pump]) -> None:
    address, pump = bus
    with closing(RawPeer(address)) as hostile, capture_logs() as logs:
        hostile.send(*(zmtp.subscribe(b"frame/%d/" % number) for number in range(4097)))
        wait_until(hostile.is_ended, "the connection is ended")
        wait_until(lambda: not pump.topics, "its subscriptions are gone")
    ended = next(line for line in logs if line["event"] == "ended")
    assert ended["last_reason"].startswith("it had 4096 subscriptions")


def test_one_topic_on_and_off_for_ever_ends_the_connection(bus: tuple[str, Pump]) -> None:
    address, _ = bus
    with closing(RawPeer(address)) as hostile:
        assert hostile.send_until_ended(100 * (zmtp.subscribe(TOPIC) + zmtp.cancel(TOPIC)), times=10_000)


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        zmtp.GREETING[:10] + b"\x01" + zmtp.GREETING[11:],
        zmtp.GREETING[:12] + b"CURVE" + bytes(47),
        zmtp.GREETING + zmtp.command(b"READY", b"\x0bSocket-Type\x00\x00\x00\x04PUSH"),
        zmtp.GREETING + zmtp.subscribe(TOPIC),
        zmtp.GREETING + zmtp.frame(0, b"\x01" + TOPIC),
        zmtp.GREETING + zmtp.READY + zmtp.subscribe(b"frame/" + b"a" * 251),
        zmtp.GREETING + zmtp.READY + zmtp.frame(0, bytes(513)),
        zmtp.GREETING + zmtp.READY + b"\x02\xff\xff\xff\xff\xff\xff\xff\xff",
        zmtp.GREETING + zmtp.READY + b"\x80\x00",
    ],
)
def test_bytes_that_make_no_sense_end_the_connection(bus: tuple[str, Pump], said: bytes) -> None:
    address, _ = bus
    with closing(RawPeer(address, shakes_hands=False)) as hostile:
        hostile.send(said)
        wait_until(hostile.is_ended, "the connection is ended")


def test_a_ping_is_answered_with_at_most_16_bytes_of_context(bus: tuple[str, Pump]) -> None:
    """Shorter ones than the protocol has are answered too: libzmq answers those with bytes of its memory."""
    address, _ = bus
    with closing(RawPeer(address)) as peer:
        peer.send(*(zmtp.command(b"PING", body) for body in (b"\0\0" + b"c" * 20, b"\0\0", b"")))
        expected = zmtp.command(b"PONG", b"c" * 16) + 2 * zmtp.command(b"PONG", b"")
        received = b""
        while len(received) < len(expected):
            received += peer.socket.recv(100)
        assert received == expected


def test_a_reset_behind_subscriptions_and_a_ping_ends_that_connection_alone(bus: tuple[str, Pump]) -> None:
    """libzmq's XPUB with a limit for what it receives aborts the process."""
    address, pump = bus
    for _ in range(20):
        peer = RawPeer(address)
        peer.send(*(zmtp.subscribe(b"frame/%d/" % number) for number in range(40)), 3 * zmtp.command(b"PING", b"\0\0"))
        peer.reset()
    with closing(RawPeer(address)) as honest:
        honest.send(zmtp.subscribe(TOPIC))
        wait_until(lambda: pump.topics == {TOPIC}, "an honest subscriber is served")


def test_the_oldest_of_too_many_silent_connections_makes_room(
    bus: tuple[str, Pump], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber_server, "MAX_CONNECTIONS", 8)
    address, pump = bus
    silent = [RawPeer(address, shakes_hands=False) for _ in range(9)]
    wait_until(silent[0].is_ended, "the oldest is ended")
    assert not silent[8].is_ended()
    with closing(RawPeer(address)) as honest:
        honest.send(zmtp.subscribe(TOPIC))
        wait_until(lambda: TOPIC in pump.topics, "an honest subscriber still gets in")
    for one in silent:
        one.close()


def test_beyond_the_number_of_subscribers_the_newest_is_ended(
    bus: tuple[str, Pump], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber_server, "MAX_CONNECTIONS", 3)
    address, _ = bus
    peers = [RawPeer(address) for _ in range(3)]
    with closing(RawPeer(address, shakes_hands=False)) as fourth:
        wait_until(fourth.is_ended, "the fourth is ended")
    assert not any(peer.is_ended() for peer in peers)
    for peer in peers:
        peer.close()


def test_a_connection_that_says_nothing_is_ended(bus: tuple[str, Pump], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber_server, "HANDSHAKE_SECONDS", 0.2)
    address, _ = bus
    with closing(RawPeer(address, shakes_hands=False)) as silent:
        wait_until(silent.is_ended, "it is ended")


def test_when_all_together_have_too_many_topics_the_one_with_most_is_ended(
    bus: tuple[str, Pump], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.demand_ledger.MAX_DISTINCT_BYTES", 1000)
    address, pump = bus
    with closing(RawPeer(address)) as honest, closing(RawPeer(address)) as hostile:
        hostile.send(*(zmtp.subscribe(b"frame/%d/" % number) for number in range(80)))
        wait_until(lambda: len(pump.topics) == 80, "the hostile one is first")
        honest.send(*(zmtp.subscribe(b"frame/honest%d/" % number) for number in range(30)))
        wait_until(hostile.is_ended, "the one with most is ended")
        wait_until(lambda: len(pump.topics) == 30, "the other one's topics stay")
        assert not honest.is_ended()


async def test_a_subscriber_that_reads_nothing_loses_messages_and_others_lose_none(tmp_path: Path) -> None:
    """What waits for it is bounded: eight messages beside the kernel's buffers."""
    picture = bytes(512 * 1024)
    with (
        running_bus(tmp_path, [TOPIC, b"header", picture]) as (address, pump),
        closing(RawPeer(address)) as stopped,
        closing(Subscriber(address)) as subscriber,
    ):
        stopped.send(zmtp.subscribe(TOPIC))
        subscriber.subscribe(TOPIC)
        for _ in range(4 * HIGH_WATER_MARK):
            assert await subscriber.receive() == [TOPIC, b"header", picture]
        stopped.socket.settimeout(20)
        received = bytearray()
        while len(received) < 3 * len(picture):
            received += stopped.socket.recv(1 << 20)
        head = zmtp.frame(1, TOPIC) + zmtp.frame(1, b"header") + zmtp.frame(0, picture)
        assert bytes(received[: 2 * len(head)]) == 2 * head, "its messages are whole"
        assert TOPIC in pump.topics


def test_a_subscriber_that_stopped_reading_ends_by_itself(tmp_path: Path) -> None:
    """So does one behind a cut network: it acknowledges nothing. Its demand must not last."""
    with running_bus(tmp_path, [TOPIC, bytes(512 * 1024)]) as (address, pump), closing(RawPeer(address)) as stopped:
        stopped.send(zmtp.subscribe(TOPIC))
        wait_until(lambda: TOPIC in pump.topics, "the subscription is seen")
        wait_until(lambda: not pump.topics, "the subscription is gone")


def test_libzmq_subscribes_at_an_ipc_address_too(tmp_path: Path) -> None:
    """A stale socket file, left by a killed ingest, is replaced."""
    address, inner_address = f"ipc://{tmp_path}/outer", f"ipc://{tmp_path}/inner"
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(f"{tmp_path}/outer")
    stale.close()
    proxy = BusProxy(address, inner_address)
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    subscriber = context.socket(zmq.SUB)
    subscriber.connect(address)
    subscriber.subscribe(TOPIC)
    with Pump(inner_address, [TOPIC, b"1"], is_inner=True):
        assert subscriber.poll(20_000)
    context.destroy(linger=0)
    proxy.close()


@pytest.mark.parametrize("host", ["*", "lo", "localhost", "0.0.0.0"])  # noqa: S104 it is what users write
def test_an_address_may_name_an_interface_or_all(host: str) -> None:
    port = free_port()
    with listening_socket(f"tcp://{host}:{port}"), socket.create_connection(("127.0.0.1", port), timeout=5):
        pass


def test_an_address_that_is_no_hosts_is_refused_by_its_setting() -> None:
    with pytest.raises(ConfigurationError, match=r"^BUS_BIND is 'tcp://192.0.2.1:5555' but must be .*: .+\.$"):
        listening_socket("tcp://192.0.2.1:5555")
    with pytest.raises(ConfigurationError, match=r"^BUS_BIND is .* but must be .*: .+\.$"):
        listening_socket("tcp://no-such-host.invalid:5555")
