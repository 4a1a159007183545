"""The subscriber, against libzmq's own sockets on loopback."""

import asyncio
import fcntl
import socket
import sys
import termios
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import uvloop

from shared.bus import zmtp
from shared.bus.keys import make_keys
from shared.bus.proxy import BusProxy
from shared.bus.publisher import Publisher
from shared.bus.subscriber import Subscriber
from shared.loop_clock import LoopClock
from tests.shared.bus.key_files import keys_of, keys_of_server
from tests.support.ports import free_port
from tests.support.pump import Pump
from tests.support.waiting import eventually, wait_until


@asynccontextmanager
async def receiving(subscriber: Subscriber) -> AsyncIterator[list[list[bytes]]]:
    """The messages that it hands over, until it is closed."""
    taken: list[list[bytes]] = []
    handing = asyncio.create_task(subscriber.hand_newest_to(taken.append))
    try:
        yield taken
    finally:
        handing.cancel()
        with suppress(asyncio.CancelledError):
            await handing
        subscriber.close()


async def until_subscribed(publisher: Publisher, *topics: bytes) -> None:
    """Wait until these topics, and no other but hellos, are subscribed to."""

    def are_seen() -> bool:
        publisher.read_subscriptions()
        return {topic for topic in publisher.topics if not topic.startswith(b"hello/")} == set(topics)

    await eventually(are_seen, f"the subscriptions are {topics}")


async def test_a_topic_that_is_wanted_twice_is_cancelled_with_the_second_end(address: str) -> None:
    """The archiver's recorder and a manual capture want the same frames."""
    publisher = Publisher(address)
    subscriber = Subscriber(address)
    for topic in (b"a/", b"b/", b"a/"):
        subscriber.subscribe(topic)
    async with receiving(subscriber):
        await until_subscribed(publisher, b"a/", b"b/")
        subscriber.unsubscribe(b"a/")
        subscriber.unsubscribe(b"b/")
        await until_subscribed(publisher, b"a/")
        subscriber.unsubscribe(b"a/")
        await until_subscribed(publisher)
        subscriber.unsubscribe(b"a/")
        subscriber.subscribe(b"a/")
        await until_subscribed(publisher, b"a/")
    publisher.close()


async def test_what_is_published_on_a_subscribed_topic_arrives(address: str) -> None:
    """Parts arrive whole and in order, large ones too; other topics do not arrive."""
    publisher = Publisher(address)
    subscriber = Subscriber(address)
    subscriber.subscribe(b"a/")
    message, last = [b"a/", b"", b"payload" * 100_000], [b"b/", b"last"]
    async with receiving(subscriber) as taken:
        await until_subscribed(publisher, b"a/")
        publisher.send(message)
        await eventually(lambda: taken == [message], "the message arrives")
        subscriber.unsubscribe(b"a/")
        subscriber.subscribe(b"b/")
        await until_subscribed(publisher, b"b/")
        publisher.send(message)
        publisher.send(last)
        await eventually(lambda: last in taken, "the message behind it arrives")
        assert taken == [message, last]
    publisher.close()


async def test_of_what_arrives_together_only_each_topics_newest_is_handed_over(address: str) -> None:
    """No viewer is to be shown a picture that has been waiting."""
    publisher = Publisher(address)
    subscriber = Subscriber(address)
    for topic in (b"a/", b"b/"):
        subscriber.subscribe(topic)
    async with receiving(subscriber) as taken:
        await until_subscribed(publisher, b"a/", b"b/")
        messages = [[topic, number * 1000] for number in (b"1", b"2", b"3") for topic in (b"a/", b"b/")]
        for message in messages:
            publisher.send(message)
        sent_bytes = sum(len(part) for message in messages for part in message)
        # Meanwhile the loop stands still, as it would under load.
        wait_until(lambda: unread_bytes(subscriber) > sent_bytes, "all have arrived")
        await eventually(lambda: bool(taken), "what waited is handed over")
        assert taken == messages[-2:]
    publisher.close()


def unread_bytes(subscriber: Subscriber) -> int:
    """What waits in the kernel for the one connection of `subscriber`."""
    (connection,) = subscriber._connections
    assert connection._transport is not None
    count = bytearray(4)
    fcntl.ioctl(connection._transport.get_extra_info("socket").fileno(), termios.FIONREAD, count)
    return int.from_bytes(count, sys.byteorder)


async def test_subscriptions_are_seen_at_the_publisher_and_go_with_their_subscriber(address: str) -> None:
    """They are the demand: a withdrawn one, and those of a subscriber that left, must end."""
    with Pump(address, [b"x/"]) as pump:
        subscriber = Subscriber(address)
        async with receiving(subscriber):
            subscriber.subscribe(b"frame/cam1/main/")
            await eventually(lambda: b"frame/cam1/main/" in pump.topics, "the subscription is seen")
            assert any(topic.startswith(b"hello/") for topic in pump.topics)
            subscriber.unsubscribe(b"frame/cam1/main/")
            await eventually(lambda: b"frame/cam1/main/" not in pump.topics, "it is gone")
        await eventually(lambda: not pump.topics, "all are gone")


async def test_it_finds_a_publisher_that_came_back_and_one_of_several(address: str) -> None:
    """It subscribes again by itself; an address without an answer does not harm the other."""
    subscriber = Subscriber(f"tcp://127.0.0.1:{free_port()}, {address}")
    subscriber.subscribe(b"a/")
    async with receiving(subscriber) as taken:
        for payload in (b"first", b"second"):
            with Pump(address, [b"a/", payload]) as pump:
                await eventually(lambda payload=payload: [b"a/", payload] in taken, "its messages come")  # type: ignore[misc]
                assert b"a/" in pump.topics


def test_it_works_on_the_loop_that_the_service_runs_on(address: str) -> None:
    """uvloop's transports do not inherit from asyncio.Transport, and it logs no error of a callback."""

    async def receive() -> None:
        subscriber = Subscriber(address)
        subscriber.subscribe(b"a/")
        async with receiving(subscriber) as taken:
            await eventually(lambda: bool(taken), "messages come")

    with Pump(address, [b"a/", b"payload"]):
        uvloop.run(receive())


async def test_it_outlives_the_heartbeats_of_ingest(address: str) -> None:
    """An XPUB closes a connection whose pings have no answer for 2.5 s."""
    subscriber = Subscriber(address)
    subscriber.subscribe(b"a/")
    with Pump(address, [b"a/"]):
        async with receiving(subscriber) as taken:
            await eventually(lambda: bool(taken), "it is connected")
            connections = set(subscriber._connections)
            # 50 messages a second, so this takes more than the time of a heartbeat and its answer.
            await eventually(lambda: len(taken) > 50 * (1 + 2.5 + 0.5), "messages arrive")
            assert subscriber._connections == connections


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.2\r\n"])
async def test_a_silent_peer_and_another_protocol_are_left_and_tried_again(
    address: str, greeting: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A peer behind a broken network closes nothing, and a wrong port speaks another protocol."""
    monkeypatch.setattr("shared.bus.silence.SILENCE_SECONDS", 0.3)
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
    async with server, receiving(Subscriber(address)) as taken:
        await eventually(lambda: connected >= 3, "it connects again and again")
        assert not taken


async def test_a_loop_that_stood_still_calls_no_peer_silent(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may have come because nobody had processor time. A peer that stays silent is left in its time."""
    monkeypatch.setattr("shared.bus.silence.SILENCE_SECONDS", 1.0)
    connected = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connected
        connected += 1
        writer.write(zmtp.GREETING + zmtp.command(b"READY", b"\x0bSocket-Type\x00\x00\x00\x04XPUB"))
        while await reader.read(4096):
            pass
        writer.close()

    clock = LoopClock()
    ticking = asyncio.create_task(clock.run())
    subscriber = Subscriber(address, seconds=clock.seconds)
    server = await asyncio.start_server(serve, "127.0.0.1", int(address.rpartition(":")[2]))
    async with server, receiving(subscriber):
        await eventually(lambda: connected == 1, "it is connected")
        connections = set(subscriber._connections)
        time.sleep(1.5)  # noqa: ASYNC251 the stall
        for _ in range(20):
            await asyncio.sleep(0)
        assert subscriber._connections == connections
        await eventually(lambda: connected == 2, "the silent peer is left")
    ticking.cancel()


async def assert_found_by_name(address: str) -> None:
    """The bus at `address` is found by the name `ingest`, as the patched resolver answers it."""
    subscriber = Subscriber(f"tcp://ingest:{address.rpartition(':')[2]}")
    subscriber.subscribe(b"a/")
    with Pump(address, [b"a/", b"payload"]):
        async with receiving(subscriber) as taken:
            await eventually(lambda: bool(taken), "its messages come")


async def test_a_slow_resolver_and_a_dead_address_only_delay_it(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name may have several addresses, the first of them dead; and a look-up may take longer than a connect may."""
    monkeypatch.setattr("shared.bus.connecting.CONNECT_SECONDS", 0.3)
    port = int(address.rpartition(":")[2])

    async def look_up(_host: str, _port: int, **_: object) -> list[tuple[object, ...]]:
        await asyncio.sleep(0.4)
        nowhere, there = ("127.0.0.1", free_port()), ("127.0.0.1", port)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in (nowhere, there)]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
    await assert_found_by_name(address)


async def test_a_lookup_without_an_answer_is_started_again(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query that was sent while the network was cut is never answered."""
    monkeypatch.setattr("shared.bus.connecting.LOOKUP_SECONDS", 0.2)
    port = int(address.rpartition(":")[2])
    asked = 0

    async def look_up(_host: str, _port: int, **_: object) -> list[tuple[object, ...]]:
        nonlocal asked
        asked += 1
        if asked == 1:
            await asyncio.sleep(3600)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
    await assert_found_by_name(address)
    assert asked == 2


async def test_what_the_taker_raises_ends_the_handing_over(address: str) -> None:
    """The caller learns of the fault; nothing goes on half alive."""

    def take(_parts: list[bytes]) -> None:
        raise ZeroDivisionError

    subscriber = Subscriber(address)
    subscriber.subscribe(b"a/")
    with Pump(address, [b"a/", b"payload"]), pytest.raises(ExceptionGroup) as raised:
        await asyncio.wait_for(subscriber.hand_newest_to(take), 60)
    assert raised.group_contains(ZeroDivisionError)
    subscriber.close()


async def test_it_understands_the_proxy_of_ingest(address: str, tmp_path: Path) -> None:
    """Both ends of the connection are ours then."""
    message = [b"frame/one/main/", b"header", b"payload" * 100_000]
    proxy = BusProxy(address, f"ipc://{tmp_path}/inner")
    subscriber = Subscriber(address)
    subscriber.subscribe(message[0])
    with Pump(f"ipc://{tmp_path}/inner", message, is_inner=True):
        async with receiving(subscriber) as taken:
            await eventually(lambda: taken[:1] == [message], "a message arrives")
    proxy.close()


async def test_it_finds_ingest_at_a_path_with_keys_too(tmp_path: Path) -> None:
    """`BUS_CONNECT` may be one, where both are on one host."""
    make_keys(tmp_path, ("stream",))
    outer, inner = f"ipc://{tmp_path}/outer", f"ipc://{tmp_path}/inner"
    for server, client in ((None, None), (keys_of_server(tmp_path), keys_of("stream", tmp_path))):
        proxy = BusProxy(outer, inner, server)
        subscriber = Subscriber(outer, client)
        subscriber.subscribe(b"frame/one/main/")
        with Pump(inner, [b"frame/one/main/", b"1"], is_inner=True):
            async with receiving(subscriber) as taken:
                await eventually(lambda taken=taken: bool(taken), "messages come")  # type: ignore[misc]
        proxy.close()


async def test_a_peer_that_asks_and_never_reads_the_answers_is_left(address: str) -> None:
    """Each PING wants an answer, and the unsent ones would fill the memory."""
    ready = zmtp.command(b"READY", b"\x0bSocket-Type\x00\x00\x00\x04XPUB")
    ended = asyncio.Event()

    async def ask(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(zmtp.GREETING + ready)
        with suppress(ConnectionError):
            while True:
                writer.write(1000 * zmtp.command(b"PING", bytes(18)) + zmtp.frame(0, b"frame/"))
                await writer.drain()
        ended.set()

    server = await asyncio.start_server(ask, "127.0.0.1", int(address.rpartition(":")[2]))
    subscriber = Subscriber(address)
    async with receiving(subscriber):
        await asyncio.wait_for(ended.wait(), 40)
    server.close()
