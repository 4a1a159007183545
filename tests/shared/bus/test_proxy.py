"""The proxy between several publishers and their subscribers, over real sockets. Its keys are in test_curve.py."""

import asyncio
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.bus import zmtp
from shared.bus.frames import MAX_JPEG_BYTES
from shared.bus.mechanism import PUBLISHER
from shared.bus.proxy import BusProxy
from shared.errors import ConfigurationError
from tests.shared.bus.raw_peer import RawPeer
from tests.support.pump import Pump
from tests.support.receiver import Receiver
from tests.support.waiting import PATIENCE, eventually


@pytest.fixture
def inner_address(tmp_path: Path) -> str:
    return f"ipc://{tmp_path}/inner"


@contextmanager
def running_proxy(outer_address: str, inner_address: str) -> Iterator[BusProxy]:
    proxy = BusProxy(outer_address, inner_address)
    try:
        yield proxy
    finally:
        proxy.close()


async def test_one_subscription_brings_the_messages_of_every_publisher(address: str, inner_address: str) -> None:
    """Each camera's process publishes by itself; a subscriber knows one address."""
    subscriber = Receiver(address)
    subscriber.subscribe(b"frame/")
    one, two = [b"frame/one/", b"1"], [b"frame/two/", b"2"]
    with (
        running_proxy(address, inner_address),
        Pump(inner_address, one, is_inner=True),
        Pump(inner_address, two, is_inner=True),
    ):
        received: set[tuple[bytes, ...]] = set()
        async with asyncio.timeout(8 * PATIENCE):
            while len(received) < 2:
                received.add(tuple(await subscriber.receive()))
    assert received == {tuple(one), tuple(two)}
    subscriber.close()


async def test_a_publisher_sees_a_topic_until_its_last_subscriber_leaves(address: str, inner_address: str) -> None:
    """The demand is counted over all replicas: one that goes must not end the pictures of the others."""
    topic = b"frame/one/"
    first, second = Receiver(address), Receiver(address)
    with running_proxy(address, inner_address), Pump(inner_address, [b"x/"], is_inner=True) as pump:
        for subscriber in (first, second):
            subscriber.subscribe(topic)
        await eventually(lambda: len(pump.topics) == 3, "both say hello, and the topic is seen once")
        first.close()
        await eventually(lambda: len(pump.topics) == 2, "one hello is gone")
        assert topic in pump.topics
        second.close()
        await eventually(lambda: not pump.topics, "the topic is gone")


def test_an_outer_address_that_is_taken_is_refused(address: str, tmp_path: Path) -> None:
    """Two ingests on one machine: the second must say so and end."""
    with (
        running_proxy(address, f"ipc://{tmp_path}/first"),
        pytest.raises(ConfigurationError, match=r"BUS_BIND is .* Address already in use"),
    ):
        BusProxy(address, f"ipc://{tmp_path}/second")


@contextmanager
def another_process(inner_address: str, *topics: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Publishes on these topics once it gets a line."""
    messages = [text for topic in topics for text in (topic, "payload")]
    command = [sys.executable, "-m", "tests.shared.bus.publishing_process", inner_address, *messages]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        process.wait(20)


def begin(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.flush()


async def test_a_process_publishes_for_its_own_camera_alone(address: str, inner_address: str) -> None:
    """A camera that takes its process over would show other cameras' viewers what it likes, or call them gone."""
    topics = ("frame/two/main/", "frame/one2/main/", "status/two/", "frame/", "status/one/", "frame/one/main/")
    subscriber = Receiver(address)
    subscriber.subscribe(b"frame/")
    subscriber.subscribe(b"status/")
    with running_proxy(address, inner_address) as proxy, another_process(inner_address, *topics) as process:
        proxy.rights.grant(process.pid, "one")
        begin(process)
        received: set[bytes] = set()
        async with asyncio.timeout(8 * PATIENCE):
            while len(received) < 2 or proxy.dropped < 20:
                received.add((await subscriber.receive())[0])
        assert received == {b"frame/one/main/", b"status/one/"}
    subscriber.close()


async def test_a_process_without_a_camera_publishes_nothing(address: str, inner_address: str) -> None:
    """Any process of this user can open the inner socket."""
    subscriber = Receiver(address)
    subscriber.subscribe(b"frame/")
    with (
        running_proxy(address, inner_address) as proxy,
        another_process(inner_address, "frame/one/main/") as process,
        Pump(inner_address, [b"frame/two/main/", b"2"], is_inner=True),
    ):
        begin(process)
        received: set[bytes] = set()
        await eventually(lambda: proxy.dropped > 10, "its messages are counted")
        async with asyncio.timeout(8 * PATIENCE):
            for _ in range(20):
                received.add((await subscriber.receive())[0])
        assert received == {b"frame/two/main/"}
    subscriber.close()


async def test_a_part_that_is_larger_than_any_picture_costs_the_connection(address: str, inner_address: str) -> None:
    """A process that was taken over would have the proxy hold whatever it sends."""
    with running_proxy(address, inner_address):
        peer = RawPeer(inner_address, role=PUBLISHER)
        peer.send_raw(struct.pack("!BQ", zmtp.LONG, MAX_JPEG_BYTES + 1) + b"frame/one/main/")
        await eventually(peer.is_ended, "the connection is closed before the rest has come")
        peer.socket.close()


async def test_a_camera_whose_process_ended_has_no_say_any_more(address: str, inner_address: str) -> None:
    """Its last messages may come behind the news of its end, and another process may get its number. That is no
    attack.
    """
    subscriber = Receiver(address)
    subscriber.subscribe(b"frame/")
    with running_proxy(address, inner_address) as proxy, another_process(inner_address, "frame/one/main/") as process:
        proxy.rights.grant(process.pid, "one")
        begin(process)
        async with asyncio.timeout(8 * PATIENCE):
            await subscriber.receive()
        proxy.rights.withdraw(process.pid)
        with Pump(inner_address, [b"frame/two/main/", b"2"], is_inner=True):
            topic = b""
            async with asyncio.timeout(8 * PATIENCE):
                while topic != b"frame/two/main/":
                    topic = (await subscriber.receive())[0]
                for _ in range(20):
                    assert (await subscriber.receive())[0] == b"frame/two/main/"
        assert proxy.dropped == 0
    subscriber.close()
