"""Hostile connections to a bus as ingest has it, without keys and with an authorized key: real sockets, a real proxy, a
publisher behind it.
"""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import pytest
import zmq
from structlog.testing import capture_logs

from shared.bus import subscriber_server, zmtp
from shared.bus.buffers import HIGH_WATER_MARK
from shared.bus.curve import ClientKeys
from shared.bus.keys import make_keys
from shared.bus.listener import listening_socket
from shared.bus.proxy import BusProxy
from shared.errors import ConfigurationError
from tests.shared.bus.key_files import keys_of, keys_of_server
from tests.shared.bus.raw_peer import SUB_READY, RawPeer
from tests.support.ports import free_port
from tests.support.pump import Pump
from tests.support.receiver import Receiver
from tests.support.waiting import eventually, wait_until

TOPIC: Final = b"frame/one/main/"
OTHER: Final = b"frame/two/main/"


class Bus(NamedTuple):
    """A running bus, and what its clients need."""

    address: str
    pump: Pump
    keys: ClientKeys | None

    def peer(self, *, shakes_hands: bool = True) -> RawPeer:
        return RawPeer(self.address, self.keys, shakes_hands=shakes_hands)

    def receiver(self) -> Receiver:
        return Receiver(self.address, self.keys)


@contextmanager
def running_bus(directory: Path, message: list[bytes] | None = None, *, has_keys: bool = False) -> Iterator[Bus]:
    address, inner_address = f"tcp://127.0.0.1:{free_port()}", f"ipc://{directory}/inner"
    server = client = None
    if has_keys:
        make_keys(directory, ("stream",))
        server, client = keys_of_server(directory), keys_of("stream", directory)
    proxy = BusProxy(address, inner_address, server)
    try:
        with Pump(inner_address, message or [TOPIC, b"1"], is_inner=True) as pump:
            yield Bus(address, pump, client)
    finally:
        proxy.close()


with_and_without_keys: Final = pytest.mark.parametrize("has_keys", [False, True], ids=["without keys", "with keys"])


@pytest.fixture(params=[False, True], ids=["without keys", "with keys"])
def bus(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bus]:
    with running_bus(tmp_path, has_keys=request.param) as running:
        yield running


@pytest.fixture
def plain_bus(tmp_path: Path) -> Iterator[Bus]:
    with running_bus(tmp_path) as running:
        yield running


async def test_a_cancellation_of_what_another_subscribed_to_changes_nothing(bus: Bus) -> None:
    """libzmq's XPUB tells it like the end of the last subscription, and everybody's pictures would stop."""
    pump = bus.pump
    with closing(bus.receiver()) as subscriber, closing(bus.peer()) as hostile:
        subscriber.subscribe(TOPIC)
        await eventually(lambda: TOPIC in pump.topics, "the subscription is seen")
        hostile.send(zmtp.cancel(TOPIC), zmtp.subscribe(TOPIC), zmtp.cancel(TOPIC), zmtp.cancel(TOPIC))
        hostile.send(zmtp.frame(0, b"\x00" + TOPIC), zmtp.frame(0, b"\x02" + TOPIC), zmtp.frame(0, b""))
        hostile.send(zmtp.subscribe(OTHER))
        await eventually(lambda: OTHER in pump.topics, "all of it was read")
        assert TOPIC in pump.topics
        assert (await subscriber.receive())[0] == TOPIC


def test_a_subscription_as_a_message_counts_like_the_command(bus: Bus) -> None:
    """Older ZeroMQ clients (ZMTP 3.0) send it so. Only the first part of a message can be one."""
    pump = bus.pump
    with closing(bus.peer()) as peer:
        peer.send(zmtp.frame(1, b"\x01" + TOPIC), zmtp.frame(0, b"\x01" + OTHER))
        wait_until(lambda: TOPIC in pump.topics, "the subscription is seen")
        peer.send(zmtp.frame(0, b"\x00" + TOPIC), zmtp.subscribe(b"status/"))
        wait_until(lambda: pump.topics == {b"status/"}, "it is cancelled, and the second part was none")


def test_a_topic_that_no_message_of_ours_has_costs_nothing(bus: Bus) -> None:
    pump = bus.pump
    with closing(bus.peer()) as peer:
        peer.send(*(zmtp.subscribe(topic) for topic in (b"x/", b"frame/A/", b"frame/\xff", b"fr", b"", TOPIC)))
        wait_until(lambda: TOPIC in pump.topics, "all were read")
        assert pump.topics == {b"fr", b"", TOPIC}


def test_what_a_connection_subscribed_to_ends_with_it(bus: Bus) -> None:
    pump = bus.pump
    with closing(bus.peer()) as stays, closing(bus.peer()) as goes:
        stays.send(zmtp.subscribe(TOPIC))
        goes.send(zmtp.subscribe(TOPIC), zmtp.subscribe(OTHER))
        wait_until(lambda: len(pump.topics) == 2, "both topics are seen")
        goes.reset()
        wait_until(lambda: pump.topics == {TOPIC}, "one topic is left")


def test_a_connection_ends_at_its_number_of_subscriptions(bus: Bus) -> None:
    pump = bus.pump
    with closing(bus.peer()) as hostile, capture_logs() as logs:
        hostile.send(*(zmtp.subscribe(b"frame/%d/" % number) for number in range(4097)))
        wait_until(hostile.is_ended, "the connection is ended")
        wait_until(lambda: not pump.topics, "its subscriptions are gone")
    ended = next(line for line in logs if line["event"] == "ended")
    assert ended["last_reason"].startswith("it had 4096 subscriptions")


def test_one_topic_on_and_off_for_ever_ends_the_connection(bus: Bus) -> None:
    with closing(bus.peer()) as hostile:
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
        zmtp.GREETING + SUB_READY + zmtp.subscribe(b"frame/" + b"a" * 251),
        zmtp.GREETING + SUB_READY + zmtp.frame(0, bytes(513)),
        zmtp.GREETING + SUB_READY + b"\x02\xff\xff\xff\xff\xff\xff\xff\xff",
        zmtp.GREETING + SUB_READY + b"\x80\x00",
    ],
)
def test_bytes_that_make_no_sense_end_the_connection(plain_bus: Bus, said: bytes) -> None:
    with closing(plain_bus.peer(shakes_hands=False)) as hostile:
        hostile.send_raw(said)
        wait_until(hostile.is_ended, "the connection is ended")


@pytest.mark.parametrize("frame", [zmtp.subscribe(b"frame/" + b"a" * 251), zmtp.frame(0, bytes(513))])
def test_what_is_too_long_ends_the_connection_also_behind_a_key(bus: Bus, frame: bytes) -> None:
    with closing(bus.peer()) as hostile:
        hostile.send(frame)
        wait_until(hostile.is_ended, "the connection is ended")


def test_a_ping_is_answered_with_at_most_16_bytes_of_context(bus: Bus) -> None:
    """Shorter ones than the protocol has are answered too: libzmq answers those with bytes of its memory."""
    with closing(bus.peer()) as peer:
        peer.send(*(zmtp.command(b"PING", body) for body in (b"\0\0" + b"c" * 20, b"\0\0", b"")))
        for context in (b"c" * 16, b"", b""):
            assert peer.read_frame() == zmtp.command(b"PONG", context)


def test_a_reset_behind_subscriptions_and_a_ping_ends_that_connection_alone(bus: Bus) -> None:
    """libzmq's XPUB with a limit for what it receives aborts the process."""
    pump = bus.pump
    for _ in range(20):
        peer = bus.peer()
        peer.send(*(zmtp.subscribe(b"frame/%d/" % number) for number in range(40)), 3 * zmtp.command(b"PING", b"\0\0"))
        peer.reset()
    with closing(bus.peer()) as honest:
        honest.send(zmtp.subscribe(TOPIC))
        wait_until(lambda: pump.topics == {TOPIC}, "an honest subscriber is served")


def test_the_oldest_of_too_many_silent_connections_makes_room(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber_server, "MAX_CONNECTIONS", 8)
    pump = bus.pump
    silent = [bus.peer(shakes_hands=False) for _ in range(9)]
    wait_until(silent[0].is_ended, "the oldest is ended")
    assert not silent[8].is_ended()
    with closing(bus.peer()) as honest:
        honest.send(zmtp.subscribe(TOPIC))
        wait_until(lambda: TOPIC in pump.topics, "an honest subscriber still gets in")
    for one in silent:
        one.close()


def test_beyond_the_number_of_subscribers_the_newest_is_ended(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber_server, "MAX_CONNECTIONS", 3)
    peers = [bus.peer() for _ in range(3)]
    with closing(bus.peer(shakes_hands=False)) as fourth:
        wait_until(fourth.is_ended, "the fourth is ended")
    assert not any(peer.is_ended() for peer in peers)
    for peer in peers:
        peer.close()


def test_a_connection_that_says_nothing_is_ended(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber_server, "HANDSHAKE_SECONDS", 0.2)
    with closing(bus.peer(shakes_hands=False)) as silent:
        wait_until(silent.is_ended, "it is ended")


def test_when_all_together_have_too_many_topics_the_one_with_most_is_ended(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.demand_ledger.MAX_DISTINCT_BYTES", 1000)
    pump = bus.pump
    with closing(bus.peer()) as honest, closing(bus.peer()) as hostile:
        hostile.send(*(zmtp.subscribe(b"frame/%d/" % number) for number in range(80)))
        wait_until(lambda: len(pump.topics) == 80, "the hostile one is first")
        honest.send(*(zmtp.subscribe(b"frame/honest%d/" % number) for number in range(30)))
        wait_until(hostile.is_ended, "the one with most is ended")
        wait_until(lambda: len(pump.topics) == 30, "the other one's topics stay")
        assert not honest.is_ended()


@with_and_without_keys
async def test_a_subscriber_that_reads_nothing_loses_messages_and_others_lose_none(
    tmp_path: Path, has_keys: bool
) -> None:
    """What waits for it is bounded: eight messages beside the kernel's buffers."""
    message = [TOPIC, b"header", bytes(512 * 1024)]
    with (
        running_bus(tmp_path, message, has_keys=has_keys) as bus,
        closing(bus.peer()) as stopped,
        closing(bus.receiver()) as subscriber,
    ):
        stopped.send(zmtp.subscribe(TOPIC))
        subscriber.subscribe(TOPIC)
        for _ in range(4 * HIGH_WATER_MARK):
            assert await subscriber.receive() == message
        for _ in range(HIGH_WATER_MARK + 2):
            frames = [zmtp.frame(zmtp.MORE, message[0]), zmtp.frame(zmtp.MORE, message[1]), zmtp.frame(0, message[2])]
            assert [stopped.read_frame() for _ in message] == frames, "its messages are whole"
        assert TOPIC in bus.pump.topics


@with_and_without_keys
def test_a_subscriber_that_stopped_reading_ends_by_itself(tmp_path: Path, has_keys: bool) -> None:
    """So does one behind a cut network: it acknowledges nothing. Its demand must not last."""
    with (
        running_bus(tmp_path, [TOPIC, bytes(512 * 1024)], has_keys=has_keys) as bus,
        closing(bus.peer()) as stopped,
    ):
        stopped.send(zmtp.subscribe(TOPIC))
        wait_until(lambda: TOPIC in bus.pump.topics, "the subscription is seen")
        wait_until(lambda: not bus.pump.topics, "the subscription is gone")


@with_and_without_keys
def test_when_too_much_waits_for_all_together_the_one_with_most_is_ended(
    tmp_path: Path, has_keys: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With keys each has its own encrypted picture, and many that read nothing could fill the memory."""
    monkeypatch.setattr(subscriber_server, "MAX_WAITING_BYTES", 2_000_000)
    message = [TOPIC, bytes(512 * 1024)]
    with running_bus(tmp_path, message, has_keys=has_keys) as bus, capture_logs() as logs:
        stopped = [bus.peer() for _ in range(4)]
        for peer in stopped:
            peer.send(zmtp.subscribe(TOPIC))
        wait_until(lambda: any("too much waited" in str(line.get("last_reason")) for line in logs), "one is ended")
        with closing(bus.peer()) as reads:
            reads.send(zmtp.subscribe(TOPIC))
            for _ in range(10):
                assert [reads.read_frame() for _ in message][1] == zmtp.frame(0, message[1])
        for peer in stopped:
            peer.close()


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
