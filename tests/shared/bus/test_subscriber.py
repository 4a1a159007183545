"""The subscriber through libzmq, over real sockets on loopback."""

import asyncio

import pytest
import zmq

from shared.bus.subscriber import Subscriber
from tests.support.pump import Pump
from tests.support.waiting import PATIENCE, eventually


async def test_what_is_published_on_a_subscribed_topic_arrives(address: str) -> None:
    """Parts arrive whole and in order; other topics do not arrive."""
    subscriber = Subscriber(address)
    subscriber.subscribe(b"a/")
    with Pump(address, [b"a/", b"", b"payload"]):
        assert await asyncio.wait_for(subscriber.receive(), 8 * PATIENCE) == [b"a/", b"", b"payload"]
    subscriber.close()


async def test_a_receiver_that_was_too_slow_gets_only_the_newest_of_each_topic(address: str) -> None:
    """No viewer is to be shown a picture that has been waiting."""
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    publisher = context.socket(zmq.XPUB)
    publisher.bind(address)
    subscriber = Subscriber(address)
    disconnected = subscriber._socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    for topic in (b"a/", b"b/"):
        subscriber.subscribe(topic)
    subscribed = {await asyncio.to_thread(publisher.recv) for _ in range(3)}
    assert {b"\x01a/", b"\x01b/"} < subscribed
    for number in (b"1", b"2"):
        for topic in (b"a/", b"b/"):
            publisher.send_multipart([topic, number])
    # Closing sends what is queued, and the end of a connection comes behind its last message.
    await asyncio.to_thread(context.destroy)
    await eventually(lambda: disconnected.poll(0), "everything has arrived")
    taken: list[list[bytes]] = []
    handing = asyncio.create_task(subscriber.hand_newest_to(taken.append))
    await eventually(lambda: bool(taken), "what waited is handed over")
    assert taken == [[b"a/", b"2"], [b"b/", b"2"]]
    handing.cancel()
    subscriber.close()


async def test_what_the_taker_raises_ends_the_handing_over(address: str) -> None:
    """The caller learns of the fault; nothing goes on half alive."""

    def take(_parts: list[bytes]) -> None:
        raise ZeroDivisionError

    subscriber = Subscriber(address)
    subscriber.subscribe(b"a/")
    with Pump(address, [b"a/", b"payload"]), pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(subscriber.hand_newest_to(take), 8 * PATIENCE)
    subscriber.close()


async def test_a_subscriber_finds_a_publisher_that_came_back(address: str) -> None:
    """It subscribes again by itself."""
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
    """A peer behind a broken network closes nothing. Here one accepts the connection and sends nothing."""
    monkeypatch.setattr("shared.bus.silence.SILENCE_SECONDS", 0.3)
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
