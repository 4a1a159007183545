"""A pair of UDP sockets for one stream: packets on an even port, reports on the odd port above it."""

import asyncio
import random
import socket
from collections.abc import Callable
from typing import Final

from services.ingest.sources import exchange_tap

PORTS: Final = range(32_768, 60_000, 2)
PORT_ATTEMPTS: Final = 50
RECEIVE_BUFFER_BYTES: Final = 4 * 1024 * 1024
MAX_DATAGRAM_BYTES: Final = 65_536
MAX_BATCH: Final = 512
"""How many datagrams are read before the loop's other callbacks get their turn."""
DatagramHandler = Callable[[bytes], None]


class UdpPair:
    """Receives only from the camera's own address. The loop's thread calls both handlers.

    Raises:
        OSError: from the constructor, when no pair of ports is free.
    """

    def __init__(self, camera_address: str, on_packet: DatagramHandler, on_report: DatagramHandler) -> None:
        self._camera_address = camera_address
        family = socket.AF_INET6 if ":" in camera_address else socket.AF_INET
        self._sockets = _bound_pair(family)
        self.port: int = self._sockets[0].getsockname()[1]
        self.has_more = False
        self._buffer = bytearray(MAX_DATAGRAM_BYTES)
        self._room = memoryview(self._buffer)
        self._loop = asyncio.get_running_loop()
        self._listeners = {end: exchange_tap.listener("udp") for end in self._sockets}
        for end, handler in zip(self._sockets, (on_packet, on_report), strict=True):
            self._loop.add_reader(end, self._read, end, handler)

    def send_report(self, data: bytes, port: int) -> None:
        """Send a report to the camera's `port`. A failure is ignored: datagrams get lost anyway."""
        self._send(self._sockets[1], data, port)

    def open_path(self, packet_port: int, report_port: int) -> None:
        """Send something to both of the camera's ports, so that firewalls on the way let its packets in."""
        self._send(self._sockets[0], b"\x80\0\0\0\0\0\0\0\0\0\0\0", packet_port)
        self._send(self._sockets[1], b"\x80\xc9\0\1\0\0\0\0", report_port)

    def close(self) -> None:
        for end in self._sockets:
            self._loop.remove_reader(end)
            end.close()

    def _send(self, end: socket.socket, data: bytes, port: int) -> None:
        self._tell(end, "sent", data)
        try:
            end.sendto(data, (self._camera_address, port))
        except OSError:
            return

    def _read(self, end: socket.socket, handler: DatagramHandler) -> None:
        for _ in range(MAX_BATCH):
            try:
                count, sender = end.recvfrom_into(self._buffer)
            except BlockingIOError:
                self.has_more = False
                return
            except OSError:
                continue  # the camera's host refused an earlier datagram of ours
            if sender[0] == self._camera_address:
                datagram = bytes(self._room[:count])
                self._tell(end, "received", datagram)
                handler(datagram)
        self.has_more = True

    def _tell(self, end: socket.socket, direction: exchange_tap.Direction, data: bytes) -> None:
        listener = self._listeners[end]
        if listener is not None:
            listener(direction, data)


def _bound_pair(family: socket.AddressFamily) -> tuple[socket.socket, socket.socket]:
    for port in random.sample(PORTS, PORT_ATTEMPTS):
        ends = [socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) for _ in range(2)]
        try:
            for offset, end in enumerate(ends):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
                end.bind(("", port + offset))
        except OSError:
            for end in ends:
                end.close()
            continue
        return ends[0], ends[1]
    raise OSError("no pair of free UDP ports")
