"""What is read from a camera's connection, wherever its bytes are cut: packets and messages, told apart."""

import asyncio
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress

import pytest

from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.rtsp.address import RtspAddress
from services.ingest.sources.rtsp.connection import PacketHandler, RtspConnection
from services.ingest.sources.rtsp.message import MAX_MESSAGE_BYTES, Message

RESPONSE = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 4\r\n\r\nbody"


def interleaved(channel: int, packet: bytes) -> bytes:
    """A packet as RFC 2326 puts it between the messages."""
    return b"$" + bytes([channel]) + len(packet).to_bytes(2, "big") + packet


class Connection(RtspConnection):
    """Remembers messages instead of answering them."""

    def __init__(self, on_end: Callable[[bool], None]) -> None:
        super().__init__(RtspAddress.of(ConnectionOptions("rtsp://camera/")), None, on_end)
        self.messages: list[Message] = []

    def on_message(self, message: Message) -> None:
        self.messages.append(message)


class Read:
    """A connection without a network: remembers its packets and its end."""

    def __init__(self) -> None:
        self.packets: list[tuple[int, bytes]] = []
        self.ends: list[bool] = []
        self.connection = Connection(self.ends.append)
        self.connection.channels = {0: self._taker(0), 1: self._taker(1)}

    def _taker(self, channel: int) -> PacketHandler:
        return lambda buffer, start, end: self.packets.append((channel, bytes(buffer[start:end])))

    def feed(self, pieces: Iterable[bytes]) -> None:
        """As asyncio does: into the connection's own buffer, as much as there is room for."""
        for piece in pieces:
            rest = piece
            while rest and not self.ends:
                room = self.connection.get_buffer(-1)
                count = min(len(room), len(rest))
                room[:count] = rest[:count]
                self.connection.buffer_updated(count)
                rest = rest[count:]


@pytest.fixture
async def read() -> Read:
    return Read()


STREAM = interleaved(0, b"first") + RESPONSE + interleaved(1, b"report") + b"\r\n" + interleaved(0, b"") + RESPONSE


@pytest.mark.parametrize("size", [1, 2, 3, 7, len(STREAM)])
async def test_packets_and_messages_are_told_apart_wherever_the_bytes_are_cut(read: Read, size: int) -> None:
    """TCP keeps no borders."""
    read.feed(STREAM[at : at + size] for at in range(0, len(STREAM), size))
    assert read.packets == [(0, b"first"), (1, b"report"), (0, b"")]
    assert [(message.status, message.cseq, message.body) for message in read.connection.messages] == [
        (200, 1, b"body")
    ] * 2
    assert read.ends == []


async def test_packets_of_unknown_channels_are_passed_over(read: Read) -> None:
    """A camera may send its audio too."""
    read.feed([interleaved(4, b"audio") + interleaved(0, b"video")])
    assert read.packets == [(0, b"video")]


async def test_more_than_the_buffer_holds_is_read_to_the_end(read: Read) -> None:
    """A key frame of a large camera; `has_more` makes the receiver read on."""
    packets = [bytes([number]) * 60_000 for number in range(12)]
    read.feed([b"".join(interleaved(0, packet) for packet in packets)])
    assert [packet for _, packet in read.packets] == packets


@pytest.mark.parametrize(
    "junk", [b"\0\1\2\3\4\5", b"rtsp/1.0 200 OK", b"RTSP/1.0 200 OK\r\nX: " + b"x" * (MAX_MESSAGE_BYTES + 1)]
)
async def test_bytes_that_are_neither_end_the_connection_as_not_understood(read: Read, junk: bytes) -> None:
    """Once, and memory is bounded: another kind of source may do better."""
    read.feed([junk])
    read.connection.connection_lost(None)
    assert read.ends == [False]


async def test_a_connection_that_ends_is_understood(read: Read) -> None:
    """The camera hung up; it may be back."""
    read.connection.connection_lost(None)
    assert read.ends == [True]


async def test_a_camera_that_reads_nothing_of_what_we_send_is_given_up() -> None:
    """It may ask and ask: its requests are answered, and the answers would pile up here."""
    server = socket.create_server(("127.0.0.1", 0))
    options = ConnectionOptions(f"rtsp://127.0.0.1:{server.getsockname()[1]}/")
    ended = asyncio.Event()
    connection = RtspConnection(RtspAddress.of(options), None, lambda _is_understood: ended.set())
    await connection.prepare()
    peer, _ = server.accept()
    peer.setblocking(False)
    request = b"".join(b"OPTIONS rtsp://x RTSP/1.0\r\nCSeq: %d\r\n\r\n" % number for number in range(1000))
    with peer, server, suppress(ConnectionError):
        async with asyncio.timeout(30):
            while not ended.is_set():
                with suppress(BlockingIOError):
                    peer.send(request)
                assert connection._transport is None or connection._transport.get_write_buffer_size() < 2**18
                await asyncio.sleep(0)
    assert ended.is_set()
