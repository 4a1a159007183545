"""The bus read in the loop itself, against libzmq's own sockets on loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import uvloop

from shared.bus.loop_subscriber import LoopSubscriber
from shared.bus.publisher import Publisher
from tests.support.ports import free_port
from tests.support.pump import Pump
from tests.support.waiting import eventually


@pytest.fixture
def address() -> str:
    return f"tcp://127.0.0.1:{free_port()}"


@asynccontextmanager
async def listening(listener: LoopSubscriber) -> AsyncIterator[list[list[bytes]]]:
    """What it hands over, until it is closed."""
    taken: list[list[bytes]] = []
    handing = asyncio.create_task(listener.hand_newest_to(taken.append))
    try:
        yield taken
    finally:
        handing.cancel()
        with suppress(asyncio.CancelledError):
            await handing
        listener.close()


async def test_what_is_published_on_a_subscribed_topic_arrives(address: str) -> None:
    """Parts arrive whole and in order, large ones too; other topics do not arrive."""
    listener = LoopSubscriber(address)
    listener.subscribe(b"a/")
    message = [b"a/", b"", b"payload" * 100_000]
    with Pump(address, message):
        async with listening(listener) as taken:
            await eventually(lambda: len(taken) > 2, "messages come")
            assert all(parts == message for parts in taken)
            listener.unsubscribe(b"a/")
            listener.subscribe(b"b/")
            await asyncio.sleep(0.2)
            count = len(taken)
            await asyncio.sleep(0.1)
            assert len(taken) == count


async def test_of_what_comes_at_once_only_each_topics_newest_is_handed_over(address: str) -> None:
    """Nobody is to be shown what has been waiting."""
    publisher = Publisher(address)
    listener = LoopSubscriber(address)
    for topic in (b"a/", b"b/"):
        listener.subscribe(topic)
    async with listening(listener) as taken:

        def is_subscribed() -> bool:
            publisher.read_subscriptions()
            return {b"a/", b"b/"} <= publisher.topics

        await eventually(is_subscribed, "the subscriptions are there")
        for number in (b"1", b"2", b"3"):
            for topic in (b"a/", b"b/"):
                publisher.send([topic, number])
        publisher.wait(0.3)  # the loop stands still, as it would under load
        await eventually(lambda: [b"b/", b"3"] in taken, "what waited is handed over")
        assert taken[-2:] == [[b"a/", b"3"], [b"b/", b"3"]]
        assert len(taken) <= 4
    publisher.close()


async def test_subscriptions_are_seen_at_the_publisher_and_go_with_their_listener(address: str) -> None:
    """They are the demand, so they must come, go when withdrawn, and go when the listener does."""
    with Pump(address, [b"x/"]) as pump:
        listener = LoopSubscriber(address)
        async with listening(listener):
            listener.subscribe(b"frame/cam1/main/")
            await eventually(lambda: b"frame/cam1/main/" in pump.topics, "the subscription is seen")
            assert any(topic.startswith(b"hello/") for topic in pump.topics)
            listener.unsubscribe(b"frame/cam1/main/")
            await eventually(lambda: b"frame/cam1/main/" not in pump.topics, "it is gone")
        await eventually(lambda: not pump.topics, "all are gone")


async def test_it_finds_a_publisher_that_came_back_and_one_of_several(address: str) -> None:
    """Its subscriptions are told again, without anybody asking; an address where nobody answers harms no other."""
    listener = LoopSubscriber(f"tcp://127.0.0.1:{free_port()}, {address}")
    listener.subscribe(b"a/")
    async with listening(listener) as taken:
        for payload in (b"first", b"second"):
            with Pump(address, [b"a/", payload]) as pump:
                await eventually(lambda payload=payload: [b"a/", payload] in taken, "its messages come")  # type: ignore[misc]
                assert b"a/" in pump.topics


def test_it_listens_on_the_loop_that_the_service_runs_on(address: str) -> None:
    """uvloop's transports are no asyncio.Transport, and what it calls goes wrong without a word."""

    async def listen() -> None:
        listener = LoopSubscriber(address)
        listener.subscribe(b"a/")
        async with listening(listener) as taken:
            await eventually(lambda: bool(taken), "messages come")

    with Pump(address, [b"a/", b"payload"]):
        uvloop.run(listen())


async def test_it_outlives_the_heartbeats_of_ingest(address: str) -> None:
    """An XPUB closes the connection of who leaves its pings unanswered for 2.5 s."""
    listener = LoopSubscriber(address)
    listener.subscribe(b"a/")
    with Pump(address, [b"a/"]) as pump:
        async with listening(listener):
            await eventually(lambda: bool(pump.topics), "it is there")
            topics = pump.topics
            for _ in range(40):
                await asyncio.sleep(0.1)
                assert pump.topics == topics


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.2\r\n"])
async def test_what_is_silent_or_no_bus_is_left_and_tried_again(
    address: str, greeting: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A peer behind a broken network sends no goodbye, and a wrong port answers in another tongue."""
    monkeypatch.setattr("shared.bus.loop_subscriber.SILENCE_SECONDS", 0.3)
    connected = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connected
        connected += 1
        writer.write(greeting)
        await reader.read(64)
        while await reader.read(64):
            pass
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", int(address.rpartition(":")[2]))
    async with server, listening(LoopSubscriber(address)) as taken:
        await eventually(lambda: connected >= 3, "it connects again and again")
        assert not taken


async def hears_by_name(address: str) -> None:
    """A bus at `address` is found by a name, whatever that is said to mean."""
    listener = LoopSubscriber(f"tcp://ingest:{address.rpartition(':')[2]}")
    listener.subscribe(b"a/")
    with Pump(address, [b"a/", b"payload"]):
        async with listening(listener) as taken:
            await eventually(lambda: bool(taken), "its messages come")


async def test_a_slow_resolver_and_an_address_where_nobody_is_delay_it_only(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name may have several addresses, of which the first leads nowhere; and its look-up outlasts a connection's."""
    monkeypatch.setattr("shared.bus.loop_subscriber.CONNECT_SECONDS", 0.3)
    port = int(address.rpartition(":")[2])

    async def look_up(_host: str, _port: int, **_: object) -> list[tuple[object, ...]]:
        await asyncio.sleep(0.4)
        nowhere, there = ("127.0.0.1", free_port()), ("127.0.0.1", port)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in (nowhere, there)]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
    await hears_by_name(address)


async def test_a_question_that_is_never_answered_is_asked_again(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one is that was asked while the network was cut."""
    monkeypatch.setattr("shared.bus.loop_subscriber.LOOKUP_SECONDS", 0.2)
    port = int(address.rpartition(":")[2])
    asked = 0

    async def look_up(_host: str, _port: int, **_: object) -> list[tuple[object, ...]]:
        nonlocal asked
        asked += 1
        if asked == 1:
            await asyncio.sleep(3600)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
    await hears_by_name(address)
    assert asked == 2


async def test_what_the_taker_raises_ends_the_handing_over(address: str) -> None:
    """Whoever awaits it learns of the fault; nothing goes on half alive."""

    def take(_parts: list[bytes]) -> None:
        raise ZeroDivisionError

    listener = LoopSubscriber(address)
    listener.subscribe(b"a/")
    with Pump(address, [b"a/", b"payload"]), pytest.raises(ExceptionGroup) as raised:
        await asyncio.wait_for(listener.hand_newest_to(take), 60)
    assert raised.group_contains(ZeroDivisionError)
    listener.close()
