"""Direct viewers over real TCP connections: which are served together, and what happens to those that can't keep up."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from services.stream.api.mjpeg import with_length
from services.stream.fanout.batch_writer import BatchWriter
from services.stream.fanout.feed import QUICK_PASSES, Feed
from services.stream.fanout.picture import Picture
from services.stream.fanout.viewer import UNCONGESTED_CHECKS, DirectViewer
from tests.support.bus import jpeg_picture

PICTURE = Picture("cam1", jpeg_picture(), 10**18, 5.0, live=True)
PART = with_length(PICTURE)


class Connections:
    """Viewers of ours, each with its client's end."""

    def __init__(self, port: int, accepted: asyncio.Queue[asyncio.Transport]) -> None:
        self.clients: list[socket.socket] = []
        self.transports: list[asyncio.Transport] = []
        self._port = port
        self._accepted = accepted

    async def viewer(self) -> DirectViewer:
        client = socket.create_connection(("127.0.0.1", self._port), timeout=5)
        self.clients.append(client)
        transport = await self._accepted.get()
        self.transports.append(transport)
        return DirectViewer(transport, with_length)

    def read(self, number: int, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += self.clients[number].recv(count - len(data))
        return data


@pytest.fixture
async def connections() -> AsyncIterator[Connections]:
    accepted: asyncio.Queue[asyncio.Transport] = asyncio.Queue()

    def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert isinstance(writer.transport, asyncio.Transport)
        accepted.put_nowait(writer.transport)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    made = Connections(server.sockets[0].getsockname()[1], accepted)
    yield made
    for client in made.clients:
        client.close()
    for transport in made.transports:
        transport.abort()
    server.close()
    await asyncio.sleep(0.01)


async def show_while_read(feed: Feed, connections: Connections, times: int) -> None:
    for _ in range(times):
        feed.show(PICTURE, 5.0)
        for number in range(len(connections.clients)):
            assert connections.read(number, len(PART)) == PART
        await asyncio.sleep(0)


async def test_a_link_is_uncongested_after_its_answers_and_counts_go_on(connections: Connections) -> None:
    """quality=auto decides by the counts, so viewers served together must be counted like the others."""
    feed = Feed("cam1", "main")
    viewers = [await connections.viewer() for _ in range(3)]
    for viewer in viewers:
        feed.add(viewer)
    # While none is uncongested each pass checks all of them; then one in QUICK_PASSES + 1 does.
    times = UNCONGESTED_CHECKS * (QUICK_PASSES + 2) + 1
    await show_while_read(feed, connections, times)
    assert all(viewer.is_uncongested for viewer in viewers)
    feed.remove(viewers[0])
    feed.show(PICTURE, 5.0)  # the next pass after a change counts
    assert viewers[1].offered == viewers[1].taken == times + 1
    assert viewers[1].written_bytes == (times + 1) * len(PART)


async def test_a_viewer_that_takes_no_more_costs_the_others_nothing(connections: Connections) -> None:
    """With a full socket and a broken one among them, the others miss nothing, and no part is cut."""
    viewers = [await connections.viewer() for _ in range(4)]
    batch = BatchWriter(viewers)
    connections.clients[2].close()
    size = 0
    while batch.offer(PART * 20, 5.0):
        size += 1
        for number in (0, 3):
            assert len(connections.read(number, len(PART) * 20)) == len(PART) * 20
        await asyncio.sleep(0)
        assert size < 10_000, "a socket that nobody reads takes all there is"
    batch.settle()
    for number in (0, 3):
        assert connections.read(number, len(PART) * 20) == PART * 20
    assert viewers[0].taken == viewers[3].taken == size + 1
    # What it took is whole, its end by way of the transport.
    taken = await asyncio.to_thread(connections.read, 1, viewers[1].written_bytes)
    assert taken == PART * 20 * viewers[1].taken


async def test_nothing_is_written_to_a_connection_that_is_closing(connections: Connections) -> None:
    """Its descriptor may be another viewer's already."""
    viewers = [await connections.viewer() for _ in range(2)]
    batch = BatchWriter(viewers)
    viewers[0].close()
    assert not batch.offer(PART, 5.0)
    assert viewers[0].taken == 0
    assert connections.read(1, len(PART)) == PART
