"""Opens the connections of one kind from a process of its own, and keeps at it: one epoll loop, little per client."""

import multiprocessing
import os
import resource
import selectors
import socket
import struct
import time
from multiprocessing.connection import Connection
from typing import Final

from benchmarks.hostile_kinds import Kind

CLIENTS_PER_ADDRESS: Final = 4000
UNREAD_BYTES: Final = 4096
_RESET: Final = struct.pack("ii", 1, 0)
_READ: Final = selectors.EVENT_READ
_WRITE: Final = selectors.EVENT_WRITE


class Clients:
    """The connections of a kind to `port`: open, closed by the server, and refused."""

    def __init__(self, kind: Kind, port: int) -> None:
        self._kind = kind
        self._port = port
        self._selector = selectors.DefaultSelector()
        self._waiting: dict[socket.socket, memoryview] = {}
        """The rest of what each is sending."""
        self._due_at = 0.0
        self.opened = self.refused = self.closed = 0

    def open_one(self) -> None:
        client = socket.socket()
        if not self._kind.reads:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UNREAD_BYTES)
        client.settimeout(5)
        try:
            client.bind((f"127.0.0.{2 + self.opened // CLIENTS_PER_ADDRESS % 200}", 0))
            client.connect(("127.0.0.1", self._port))
            client.setblocking(False)
        except OSError:
            self.refused += 1
            client.close()
            return
        self.opened += 1
        self._waiting[client] = memoryview(self._kind.first)
        self._selector.register(client, self._events)
        self._send(client)

    @property
    def _floods(self) -> bool:
        return bool(self._kind.block and not self._kind.every)

    @property
    def _events(self) -> int:
        """Each end of the connection shows as both."""
        if self._floods:
            return _READ | _WRITE if self._kind.reads else _WRITE
        return _READ

    def run(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for key, events in self._selector.select(0.1):
                client = key.fileobj
                assert isinstance(client, socket.socket)
                if events & _READ and not (self._floods and not self._kind.reads):
                    self._take(client)
                if events & _WRITE and client in self._waiting:
                    self._send(client)
            while self._kind.resets and len(self._waiting) < self._kind.count and time.monotonic() < until:
                self.open_one()
            if self._kind.every and time.monotonic() >= self._due_at:
                self._due_at = time.monotonic() + self._kind.every
                for client in tuple(self._waiting):
                    self._waiting[client] = memoryview(bytes(self._waiting[client]) or self._kind.block)
                    self._send(client)

    def _take(self, client: socket.socket) -> None:
        try:
            if not client.recv(65_536, 0 if self._kind.reads else socket.MSG_PEEK):
                self._drop(client)
            elif not self._kind.reads:
                self._selector.unregister(client)  # it never reads, so it needs no news
        except BlockingIOError:
            pass
        except OSError:
            self._drop(client)

    def _send(self, client: socket.socket) -> None:
        rest = self._waiting[client]
        try:
            if rest:
                rest = rest[client.send(rest) :]
                if not rest and self._kind.half_closes:
                    client.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            return
        except OSError:
            self._drop(client)
            return
        if not rest and self._kind.resets:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._drop(client)
            return
        self._waiting[client] = memoryview(self._kind.block) if self._floods and not rest else rest

    def _drop(self, client: socket.socket) -> None:
        if client in self._selector.get_map():
            self._selector.unregister(client)
        del self._waiting[client]
        client.close()
        self.closed += 1


def _attack(kind: Kind, port: int, seconds: float, report: Connection) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # unlike the server and its viewers
    clients = Clients(kind, port)
    for number in range(kind.count):
        clients.open_one()
        if number % 100 == 0:
            clients.run(0)
    clients.run(seconds)
    report.send((clients.opened, clients.refused, clients.closed))
    report.recv()


class Attack:
    """One kind's connections, in a process of their own. They last for `seconds` once all are open."""

    def __init__(self, kind: Kind, port: int, seconds: float) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_attack, args=(kind, port, seconds, theirs))
        self._process.start()

    def is_over(self) -> bool:
        return self._ours.poll() or not self._process.is_alive()

    def end(self) -> tuple[int, int, int]:
        """Close the connections: how many were opened, refused and closed by the server."""
        assert self._ours.poll(), "the attacking process has failed"
        counts: tuple[int, int, int] = self._ours.recv()
        self._ours.send(None)
        self._process.join()
        return counts
