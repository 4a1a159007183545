"""The proxy between several publishers and their subscribers, over real sockets. Its keys are in test_curve.py."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.bus.proxy import BusProxy
from shared.errors import ConfigurationError
from tests.support.pump import Pump
from tests.support.receiver import Receiver
from tests.support.waiting import PATIENCE, eventually


@pytest.fixture
def inner_address(tmp_path: Path) -> str:
    return f"ipc://{tmp_path}/inner"


@contextmanager
def running_proxy(outer_address: str, inner_address: str) -> Iterator[None]:
    proxy = BusProxy(outer_address, inner_address)
    try:
        yield
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
