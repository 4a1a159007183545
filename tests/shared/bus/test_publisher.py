"""The bus over real sockets on loopback."""

import asyncio
import threading

import pytest
import zmq

from shared.bus.publisher import Publisher
from shared.bus.subscriber import Subscriber
from shared.errors import ConfigurationError
from tests.support.ports import free_port
from tests.support.pump import Pump
from tests.support.waiting import PATIENCE, eventually


@pytest.fixture
def address() -> str:
    return f"tcp://127.0.0.1:{free_port()}"


async def test_what_is_published_on_a_subscribed_topic_arrives(address: str) -> None:
    """Parts arrive whole and in order; other topics do not arrive."""
    subscriber = Subscriber(address)
    subscriber.subscribe(b"a/")
    with Pump(address, [b"a/", b"", b"payload"]):
        assert await asyncio.wait_for(subscriber.receive(), 8 * PATIENCE) == [b"a/", b"", b"payload"]
    subscriber.close()


async def test_a_receiver_that_lagged_gets_only_the_newest_of_each_topic(address: str) -> None:
    """Nobody is to be shown what has been waiting."""
    subscriber = Subscriber(address)
    for topic in (b"a/", b"b/"):
        subscriber.subscribe(topic)
    publisher = Publisher(address)
    while not {b"a/", b"b/"} <= publisher.topics:
        publisher.wait(0.01)
        publisher.read_subscriptions()
    for number in (b"1", b"2"):
        publisher.send([b"a/", number])
        publisher.send([b"b/", number])
    await asyncio.sleep(0.2)
    taken: list[list[bytes]] = []
    handing = asyncio.create_task(subscriber.hand_newest_to(taken.append))
    await eventually(lambda: bool(taken), "what waited is handed over")
    assert taken == [[b"a/", b"2"], [b"b/", b"2"]]
    handing.cancel()
    subscriber.close()
    publisher.close()


async def test_what_the_taker_raises_ends_the_handing_over(address: str) -> None:
    """Whoever awaits it learns of the fault; nothing goes on half alive."""

    def take(_parts: list[bytes]) -> None:
        raise ZeroDivisionError

    subscriber = Subscriber(address)
    subscriber.subscribe(b"a/")
    with Pump(address, [b"a/", b"payload"]), pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(subscriber.hand_newest_to(take), 8 * PATIENCE)
    subscriber.close()


async def test_subscriptions_are_seen_at_the_publisher_and_go_with_their_subscriber(address: str) -> None:
    """They are the demand, so they must come, go when withdrawn, and go when the subscriber does."""
    with Pump(address, [b"x/"]) as pump:
        subscriber = Subscriber(address)
        subscriber.subscribe(b"frame/cam1/main/")
        await eventually(lambda: b"frame/cam1/main/" in pump.topics, "the subscription is seen")
        assert any(topic.startswith(b"hello/") for topic in pump.topics)
        subscriber.unsubscribe(b"frame/cam1/main/")
        await eventually(lambda: b"frame/cam1/main/" not in pump.topics, "it is gone")
        subscriber.close()
        await eventually(lambda: not pump.topics, "all are gone")


async def test_a_subscriber_finds_a_publisher_that_came_back(address: str) -> None:
    """And its subscriptions are told again, without anybody asking."""
    subscriber = Subscriber(address)
    subscriber.subscribe(b"a/")
    for payload in (b"first", b"second"):
        with Pump(address, [b"a/", payload]) as pump:
            async with asyncio.timeout(8 * PATIENCE):
                while (await subscriber.receive())[1] != payload:
                    pass
            assert b"a/" in pump.topics
    subscriber.close()


async def test_a_silent_bus_is_connected_to_anew(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer behind a broken network sends no goodbye: here one that holds the connection and says nothing."""
    monkeypatch.setattr("shared.bus.subscriber.SILENCE_SECONDS", 0.3)
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    mute = context.socket(zmq.XPUB)
    monitor = mute.get_monitor_socket(zmq.EVENT_ACCEPTED)
    mute.bind(address)
    subscriber = Subscriber(address)
    receiving = asyncio.create_task(subscriber.receive())
    accepted = 0

    def connected_twice() -> bool:
        nonlocal accepted
        while monitor.poll(0):
            monitor.recv_multipart()
            accepted += 1
        return accepted >= 2

    await eventually(connected_twice, "it connected a second time")
    receiving.cancel()
    subscriber.close()
    context.destroy(linger=0)


def test_an_address_that_is_taken_is_refused_by_its_setting(address: str) -> None:
    """The user may have started Framecast twice."""
    first = Publisher(address)
    with pytest.raises(ConfigurationError, match=r"^BUS_BIND is .* but must be .*: Address already in use\.$"):
        Publisher(address)
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


async def test_a_subscription_wakes_its_reader_however_busily_others_send(address: str) -> None:
    """Sending uses up what would have told of it."""
    publisher = Publisher(address)
    stop = threading.Event()
    turns: list[frozenset[bytes]] = []

    def read() -> None:
        while not stop.is_set():
            publisher.wait(60)
            publisher.read_subscriptions()
            turns.append(publisher.topics)

    def send() -> None:
        while not stop.wait(0.0005):
            publisher.send([b"a/", b"payload"])

    threads = [threading.Thread(target=work) for work in (read, send)]
    for thread in threads:
        thread.start()
    subscriber = Subscriber(address)
    for number in range(20):
        topic = b"b/%d/" % number
        subscriber.subscribe(topic)
        await eventually(lambda topic=topic: bool(turns) and topic in turns[-1], "the subscription is seen")  # type: ignore[misc]
    stop.set()
    subscriber.subscribe(b"the last/")
    for thread in threads:
        thread.join(60)
    subscriber.close()
    publisher.close()
