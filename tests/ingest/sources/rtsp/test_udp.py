"""A pair of UDP sockets against a camera's, on loopback."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from services.ingest.sources.rtsp import udp
from services.ingest.sources.rtsp.udp import MAX_BATCH, UdpPair
from tests.support.waiting import eventually


@pytest.fixture
def camera() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.settimeout(10)
        yield made


async def test_packets_and_reports_come_by_two_ports_next_to_each_other(camera: socket.socket) -> None:
    """Packets by the even one, as RFC 3550 has it."""
    packets: list[bytes] = []
    reports: list[bytes] = []
    with closing(UdpPair("127.0.0.1", packets.append, reports.append)) as pair:
        assert pair.port % 2 == 0
        camera.sendto(b"packet", ("127.0.0.1", pair.port))
        camera.sendto(b"report", ("127.0.0.1", pair.port + 1))
        await eventually(lambda: packets and reports, "both arrive")
    assert (packets, reports) == ([b"packet"], [b"report"])


async def test_only_the_cameras_own_address_is_listened_to(camera: socket.socket) -> None:
    """Nobody else in the network can put pictures into the stream."""
    packets: list[bytes] = []
    with (
        closing(UdpPair("127.0.0.1", packets.append, packets.append)) as pair,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
    ):
        stranger.bind(("127.0.0.2", 0))
        stranger.sendto(b"forged", ("127.0.0.1", pair.port))
        camera.sendto(b"packet", ("127.0.0.1", pair.port))
        await eventually(lambda: packets, "the camera's arrives")
    assert packets == [b"packet"]


async def test_a_full_batch_says_that_there_may_be_more(camera: socket.socket) -> None:
    """A caller that wants the newest picture reads on; the loop gets its turn in between."""
    packets: list[bytes] = []
    with closing(UdpPair("127.0.0.1", packets.append, packets.append)) as pair:
        for _ in range(MAX_BATCH + 1):
            camera.sendto(b"packet", ("127.0.0.1", pair.port))
        pair._read(pair._sockets[0], packets.append)
        assert (len(packets), pair.has_more) == (MAX_BATCH, True)
        pair._read(pair._sockets[0], packets.append)
        assert (len(packets), pair.has_more) == (MAX_BATCH + 1, False)


async def test_a_report_goes_to_the_cameras_port_and_a_closed_port_does_no_harm(camera: socket.socket) -> None:
    """A report that is lost would be no loss."""
    with closing(UdpPair("127.0.0.1", lambda _: None, lambda _: None)) as pair:
        port = camera.getsockname()[1]
        pair.send_report(b"report", port)
        data, sender = await asyncio.to_thread(camera.recvfrom, 100)
        assert (data, sender) == (b"report", ("127.0.0.1", pair.port + 1))
        camera.close()
        for _ in range(2):
            pair.send_report(b"report", port)


async def test_a_machine_without_free_ports_is_said(monkeypatch: pytest.MonkeyPatch, camera: socket.socket) -> None:
    """The session turns it into words."""
    taken = camera.getsockname()[1]
    monkeypatch.setattr(udp, "PORTS", range(taken, taken + 1))
    monkeypatch.setattr(udp, "PORT_ATTEMPTS", 1)
    with pytest.raises(OSError, match="no pair of free UDP ports"):
        UdpPair("127.0.0.1", lambda _: None, lambda _: None)
