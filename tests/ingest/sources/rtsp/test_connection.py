"""The connection to a camera: its end, and its limits. What arrives by it is told apart in test_demultiplexer.py."""

import asyncio
import socket
from contextlib import suppress

import pytest

from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.rtsp.address import RtspAddress
from services.ingest.sources.rtsp.connection import ConnectionEndedError, RtspConnection

RESPONSE = b"RTSP/1.0 200 OK\r\nCSeq: %d\r\n\r\n"


def address_of(server: socket.socket) -> RtspAddress:
    return RtspAddress.of(ConnectionOptions(f"rtsp://127.0.0.1:{server.getsockname()[1]}/"))


async def test_a_connection_that_ends_is_understood() -> None:
    """The camera hung up; it may be back. That is said once."""
    ends: list[bool] = []
    connection = RtspConnection(ends.append)
    connection.connection_lost(None)
    connection.connection_lost(None)
    assert ends == [True]
    with pytest.raises(ConnectionEndedError):
        await connection.request("OPTIONS", "rtsp://x/", {})


async def test_garbage_ends_the_connection_as_not_understood() -> None:
    """Once: the end that follows from it is not a second one."""
    ends: list[bool] = []
    connection = RtspConnection(ends.append)
    connection.get_buffer(-1)[:4] = b"\1\2\3\4"
    connection.buffer_updated(4)
    connection.connection_lost(None)
    assert ends == [False]


async def test_a_late_answer_to_an_earlier_request_is_not_taken_for_the_next_ones() -> None:
    """A request that was given up may be answered at any time."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = RtspConnection(lambda _is_understood: None)
        await connection.connect(address_of(server), None)
        peer, _ = server.accept()
        with peer:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await connection.request("GET_PARAMETER", "rtsp://x/", {})
            peer.sendall(RESPONSE % 1)
            later = asyncio.create_task(connection.request("OPTIONS", "rtsp://x/", {}))
            await asyncio.wait([later], timeout=0.2)
            assert not later.done()
            peer.sendall(RESPONSE % 2)
            assert (await later).cseq == 2
            await connection.close(1)


async def test_a_camera_that_reads_nothing_of_what_we_send_is_given_up() -> None:
    """It may ask and ask: its requests are answered, and the answers would pile up here."""
    server = socket.create_server(("127.0.0.1", 0))
    ended = asyncio.Event()
    connection = RtspConnection(lambda _is_understood: ended.set())
    await connection.connect(address_of(server), None)
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
