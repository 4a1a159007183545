"""Which clients a bus with keys serves: real sockets, real keys, a real authenticator."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Self

import pytest
import zmq
from structlog.testing import capture_logs

from shared.bus import zmtp
from shared.bus.curve import ClientKeys, ServerKeys, new_secret_key, public_key
from shared.bus.keys import make_keys
from shared.bus.proxy import BusProxy
from shared.bus.publisher import Publisher
from tests.shared.bus.key_files import keys_of, keys_of_server
from tests.shared.bus.raw_peer import RawPeer
from tests.support.ports import free_port
from tests.support.receiver import Receiver
from tests.support.waiting import eventually

MESSAGE = [b"frame/a/", b"payload"]


class Bus:
    """A bus as ingest has it: a proxy with keys, and a publisher behind it that repeats a message."""

    def __init__(self, directory: Path) -> None:
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.topics: frozenset[bytes] = frozenset()
        self.keys = keys_of_server(directory)
        self._inner_address = f"ipc://{directory}/inner"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._proxy = BusProxy(self.address, self._inner_address, self.keys)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5)
        self._proxy.close()

    def _run(self) -> None:
        publisher = Publisher(self._inner_address, is_inner=True)
        while not self._stop.is_set():
            publisher.wait(0.02)
            publisher.read_subscriptions()
            self.topics = publisher.topics
            publisher.send(MESSAGE)
        publisher.close()


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    make_keys(tmp_path, ("stream",))
    with Bus(tmp_path) as running:
        yield running


async def is_served(address: str, keys: ClientKeys | None, timeout_seconds: float = 8) -> bool:
    subscriber = Receiver(address, keys)
    subscriber.subscribe(b"frame/a/")
    try:
        return await asyncio.wait_for(subscriber.receive(), timeout_seconds) == MESSAGE
    finally:
        subscriber.close()


async def test_an_authorized_client_is_served_and_its_subscriptions_are_seen(bus: Bus, tmp_path: Path) -> None:
    """The demand must reach the cameras through the proxy, as on a bus without keys."""
    keys = keys_of("stream", tmp_path)
    assert await is_served(bus.address, keys)
    subscriber = Receiver(bus.address, keys)
    subscriber.subscribe(b"frame/cam1/main/")
    await eventually(lambda: b"frame/cam1/main/" in bus.topics, "the subscription is seen")
    subscriber.close()
    await eventually(lambda: not bus.topics, "it is gone")


async def test_a_client_with_the_servers_secret_is_served(bus: Bus) -> None:
    """Ingest's own health check subscribes to its bus, and has no other key."""
    assert await is_served(bus.address, bus.keys.as_client())


@pytest.mark.parametrize("stranger", ["unknown key", "another server's key", "no keys"])
async def test_a_stranger_gets_nothing_and_is_logged(bus: Bus, tmp_path: Path, stranger: str) -> None:
    """A stranger gets no frames and does not decide what is encoded. A known client is served meanwhile."""
    known = keys_of("stream", tmp_path)
    other_server = ServerKeys(new_secret_key(), bus.keys.read_authorized).as_client().server_key
    keys, reason = {
        "unknown key": (ClientKeys(known.server_key, new_secret_key()), "is not authorized"),
        "another server's key": (ClientKeys(other_server, known.secret_key), "another server's key"),
        "no keys": (None, "without keys"),
    }[stranger]
    with capture_logs() as logs:
        subscriber = Receiver(bus.address, keys)
        subscriber.subscribe(b"frame/a/")
        receiving = asyncio.create_task(subscriber.receive())
        await eventually(lambda: any(reason in str(line.get("last_reason")) for line in logs), "the refusal is logged")
        assert await is_served(bus.address, known)
    refusal = next(line for line in logs if line["event"] == "refused")
    assert (refusal["what"], refusal["count"]) == ("bus connection", 1)
    await eventually(lambda: not bus.topics, "only the known client's subscriptions were ever there")
    assert not receiving.done()
    receiving.cancel()
    subscriber.close()


async def test_many_refusals_are_one_line_a_second(bus: Bus) -> None:
    """A stranger that keeps trying must not fill the disk with logs; and each attempt is counted."""
    with capture_logs() as logs:

        def counted() -> int:
            for _ in range(10):
                with closing(RawPeer(bus.address, shakes_hands=False)) as stranger, suppress(OSError):
                    stranger.send_raw(zmtp.GREETING)
                    while stranger.socket.recv(64):
                        pass
            return sum(line["count"] for line in logs if line["event"] == "refused")

        await eventually(lambda: counted() >= 20, "twenty are counted")
    assert len(logs) < sum(line["count"] for line in logs) / 2


async def test_an_added_key_works_at_once(bus: Bus, tmp_path: Path) -> None:
    """A second host joins without a restart of ingest: it is refused first, and accepted when it tries again."""
    make_keys(tmp_path, ("late",))
    authorized = tmp_path / "server/authorized/late.key"
    key = authorized.read_bytes()
    authorized.unlink()
    with capture_logs() as logs:
        served = asyncio.create_task(is_served(bus.address, keys_of("late", tmp_path), 15))
        await eventually(lambda: logs, "it was refused")
        authorized.write_bytes(key)
        assert await served
    told = {"event": "bus client let in", "client": "late", "address": "127.0.0.1", "count": 1, "log_level": "info"}
    assert told in logs


async def test_a_client_that_reconnects_all_the_time_is_one_line_a_second(bus: Bus, tmp_path: Path) -> None:
    """One with a key must not fill the disk with logs either."""
    keys = keys_of("stream", tmp_path)
    with capture_logs() as logs:

        def counted() -> int:
            for _ in range(10):
                RawPeer(bus.address, keys).close()
            return sum(line["count"] for line in logs if line["event"] == "bus client let in")

        await eventually(lambda: counted() >= 40, "forty are counted")
    assert len(logs) < sum(line["count"] for line in logs) / 2


async def test_a_damaged_key_shuts_out_its_owner_alone(bus: Bus, tmp_path: Path) -> None:
    """When ingest meets it only while it runs, it names the key as it refuses the client."""
    make_keys(tmp_path, ("other",))
    (tmp_path / "server/authorized/other.key").write_text("damaged\n")
    assert await is_served(bus.address, keys_of("stream", tmp_path))
    fault = "other.key' but must be"
    with capture_logs() as logs:
        refused = asyncio.create_task(is_served(bus.address, keys_of("other", tmp_path), 40))
        await eventually(lambda: any(fault in line.get("last_reason", "") for line in logs), "it was refused")
        refused.cancel()
        with suppress(asyncio.CancelledError):
            await refused


def libzmq_subscriber(context: "zmq.Context[zmq.Socket[bytes]]", keys: ClientKeys) -> "zmq.Socket[bytes]":
    socket = context.socket(zmq.SUB)
    socket.set(zmq.CURVE_SERVERKEY, keys.server_key)
    socket.set(zmq.CURVE_SECRETKEY, keys.secret_key)
    socket.set(zmq.CURVE_PUBLICKEY, public_key(keys.secret_key))
    return socket


async def test_libzmq_subscribes_with_keys(bus: Bus, tmp_path: Path) -> None:
    """Programs of users do so. Its heartbeats are answered, too, or it would reconnect."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = libzmq_subscriber(context, keys_of("stream", tmp_path))
    socket.set(zmq.HEARTBEAT_IVL, 100)
    socket.set(zmq.HEARTBEAT_TIMEOUT, 300)
    disconnected = socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    socket.connect(bus.address)
    socket.subscribe(b"hello/only/")
    await eventually(lambda: b"hello/only/" in bus.topics, "its subscription is seen")
    assert not await asyncio.to_thread(disconnected.poll, 1000)
    socket.subscribe(b"frame/a/")
    assert await asyncio.to_thread(socket.poll, 8000)
    assert socket.recv_multipart() == MESSAGE
    socket.unsubscribe(b"frame/a/")
    await eventually(lambda: bus.topics == {b"hello/only/"}, "the cancellation is seen")
    context.destroy(linger=0)


async def test_libzmq_with_an_unknown_key_is_told_so(bus: Bus, tmp_path: Path) -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    known = keys_of("stream", tmp_path)
    socket = libzmq_subscriber(context, ClientKeys(known.server_key, new_secret_key()))
    refused = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_FAILED_AUTH)
    socket.connect(bus.address)
    assert await asyncio.to_thread(refused.poll, 8000)
    assert int.from_bytes(refused.recv_multipart()[0][2:6], "little") == 400
    context.destroy(linger=0)


async def test_our_subscriber_understands_libzmq_with_keys(address: str, tmp_path: Path) -> None:
    """The mechanism is ZeroMQ's, and not only one of ours that both our ends agree on."""
    make_keys(tmp_path, ("stream",))
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    publisher = context.socket(zmq.XPUB)
    publisher.set(zmq.CURVE_SERVER, 1)
    publisher.set(zmq.CURVE_SECRETKEY, keys_of_server(tmp_path).secret_key)
    publisher.bind(address)
    with closing(Receiver(address, keys_of("stream", tmp_path))) as receiver:
        receiver.subscribe(b"a/")
        seen = {await asyncio.to_thread(publisher.recv) for _ in range(2)}
        assert b"\x01a/" in seen
        message = [b"a/", b"", b"x" * 255, b"y" * 100_000]
        publisher.send_multipart(message)
        assert await asyncio.wait_for(receiver.receive(), 8) == message
        receiver.unsubscribe(b"a/")
        assert await asyncio.to_thread(publisher.recv) == b"\x00a/"
    context.destroy(linger=0)
