"""The publisher: the subscriptions that it sees, over real sockets on loopback."""

import threading

from shared.bus.publisher import Publisher
from tests.support.pump import Pump
from tests.support.receiver import Receiver
from tests.support.waiting import eventually


async def test_subscriptions_are_seen_at_the_publisher_and_go_with_their_subscriber(address: str) -> None:
    """They are the demand: a withdrawn one, and those of a subscriber that left, must end."""
    with Pump(address, [b"x/"]) as pump:
        subscriber = Receiver(address)
        subscriber.subscribe(b"frame/cam1/main/")
        await eventually(lambda: b"frame/cam1/main/" in pump.topics, "the subscription is seen")
        assert any(topic.startswith(b"hello/") for topic in pump.topics)
        subscriber.unsubscribe(b"frame/cam1/main/")
        await eventually(lambda: b"frame/cam1/main/" not in pump.topics, "it is gone")
        subscriber.close()
        await eventually(lambda: not pump.topics, "all are gone")


async def test_a_subscription_wakes_its_reader_however_busily_others_send(address: str) -> None:
    """Each send clears the event that would have woken the reader."""
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
    subscriber = Receiver(address)
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
