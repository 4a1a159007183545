"""Ingest's end of the way back: answers requests at an address of the bus, and at a socket file of this machine.

It speaks ZMTP as a ROUTER does, so a REQ or DEALER socket of any ZeroMQ library is a client (docs/decisions/0053). It
owns no decision: `Handle` judges what the person showed.
"""

import os
import select
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

from shared.bus.curve import ServerKeys
from shared.bus.listener import listening_socket
from shared.bus.zmtp import RefusedPeerError, ZmtpError
from shared.control.connection import ControlConnection
from shared.control.connections import SWEEP_SECONDS, Connections
from shared.control.entrance import OpenEntrance, entrances
from shared.control.messages import (
    ControlRefusedError,
    ControlRequest,
    MalformedRequestError,
    decode_request,
    encode_answer,
    refused,
)
from shared.control.request_desk import Handle, RequestDesk, too_busy
from shared.control.socket_file import open_socket_file
from shared.lifecycle import ServiceThread
from shared.throttled_log import ThrottledLog

MAX_OF_A_CONNECTION: Final = 8
"""Requests under way."""
STOP_SECONDS: Final = 2.0
_EVENTS_PER_TURN: Final = 8
_CLOSED_KEY: Final = "This program's key opens control no longer."
_NO_LOCAL_KEY: Final = (
    "Whoever asks at this file has to show what stands in control.key beside it, which only ingest's user and root can "
    "read. Ingest writes another one at each start."
)


class _Asker(NamedTuple):
    """Where an answer goes: a connection, and what has to stand before the answer there."""

    connection: ControlConnection
    envelope: list[bytes]


class ControlServer:
    """Listens at `address` (`tcp://HOST:PORT` or `ipc://PATH`) and, where given, at `socket_file`, from when it is made
    until `close`. With `keys`, `keys.read_authorized` says which keys open control, at each request; it is called at
    most once a second. The loop runs on a thread of its own, which nothing blocks. If that crashes, it calls
    `on_crash`.

    A socket file that can't be made is logged, and the server goes on without it.

    Raises:
        ConfigurationError: the address can't be bound, or the socket file's path is too long.
    """

    def __init__(
        self,
        address: str,
        socket_file: Path | None,
        handle: Handle,
        keys: ServerKeys | None = None,
        on_crash: Callable[[], None] = lambda: None,
    ) -> None:
        self._new_entrance = entrances(keys)
        self._file = None if socket_file is None else open_socket_file(socket_file)
        try:
            self._listener = listening_socket(address, "BUS_CONTROL")
        except BaseException:
            if self._file is not None:
                self._file.close()
            raise
        self._malformed = ThrottledLog("control request", event="refused")
        self._keyless = ThrottledLog("control request without the key of the socket file", event="refused")
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._bell_lock = threading.Lock()
        self._is_closing = False
        self._epoll = select.epoll()
        self._epoll.register(self._bell, select.EPOLLIN)
        for listener in (self._listener, *([] if self._file is None else [self._file.listener])):
            self._epoll.register(listener.fileno(), select.EPOLLIN)
        self._desk: RequestDesk[_Asker] = RequestDesk(handle, self._ring)
        self._connections = Connections(self._epoll, self._forget)
        self._thread = ServiceThread("control", self._run, on_crash)
        self._thread.start()

    @property
    def malformed(self) -> int:
        """How many requests were malformed."""
        return self._malformed.total

    def close(self) -> None:
        """Stop answering; returns when the thread has ended. Requests under way go on, and nobody gets their answer."""
        self._is_closing = True
        self._ring()
        self._thread.stop(STOP_SECONDS)

    def _ring(self) -> None:
        """Wake the loop. A request may be done when the server has closed already."""
        with self._bell_lock:
            if self._bell >= 0:
                os.eventfd_write(self._bell, 1)

    def _run(self, _stop: threading.Event) -> None:
        try:
            while not self._is_closing:
                self._turn()
        finally:
            self._close_all()

    def _turn(self) -> None:
        """Wait for something to do; then serve a few connections that are ready."""
        for descriptor, _ in self._epoll.poll(min(SWEEP_SECONDS, self._desk.wait_seconds()), _EVENTS_PER_TURN):
            connection = self._connections.get(descriptor)
            if connection is not None:
                self._serve(connection)
            elif descriptor == self._bell:
                os.eventfd_read(self._bell)
                self._answer(self._desk.finished())
            elif descriptor == self._listener.fileno():
                self._connections.accept(self._listener, self._new_entrance, is_local=False)
            elif self._file is not None and descriptor == self._file.listener.fileno():
                self._connections.accept(self._file.listener, OpenEntrance, is_local=True)
        self._answer(self._desk.late())
        self._connections.sweep()

    def _serve(self, connection: ControlConnection) -> None:
        try:
            messages = connection.read()
        except RefusedPeerError as error:
            connection.send_bytes(error.answer)
            self._connections.refuse(connection, str(error))
            return
        except ZmtpError as error:
            self._connections.end(connection, str(error))
            return
        if messages is None:
            self._connections.end(connection, None)
            return
        for *envelope, body in messages:
            if not connection.ends_when_sent:
                self._take(_Asker(connection, envelope), body)
        self._connections.watch(connection)

    def _take(self, asker: _Asker, body: bytes) -> None:
        """Take in one request."""
        try:
            request = decode_request(body)
        except MalformedRequestError as error:
            self._malformed.count(str(error))
            if error.request_id is not None:
                self._refuse(asker, error.request_id, ControlRefusedError("malformed", str(error)))
            return
        try:
            answer = self._begin(asker, request, body)
        except ControlRefusedError as error:
            self._refuse(asker, request.id, error)
            return
        if answer is None:
            asker.connection.under_way += 1
        else:
            asker.connection.send([*asker.envelope, answer])

    def _begin(self, asker: _Asker, request: ControlRequest, body: bytes) -> bytes | None:
        """The answer, if it is known already.

        Raises:
            ControlRefusedError: the connection may not ask, or not now.
        """
        connection = asker.connection
        if not connection.entrance.is_open():
            connection.ends_when_sent = True
            raise ControlRefusedError("not_allowed", _CLOSED_KEY)
        if connection.is_local and self._file is not None and not self._file.is_key(request.key):
            self._keyless.count("a process of ingest's user or root asked without it")
            raise ControlRefusedError("not_allowed", _NO_LOCAL_KEY)
        if connection.under_way >= MAX_OF_A_CONNECTION:
            raise too_busy()
        return self._desk.take(request, body, asker, is_local=connection.is_local)

    def _refuse(self, asker: _Asker, request_id: str, error: ControlRefusedError) -> None:
        asker.connection.send([*asker.envelope, encode_answer(refused(request_id, error))])

    def _answer(self, answers: Iterable[tuple[_Asker, bytes]]) -> None:
        for (connection, envelope), answer in answers:
            if self._connections.has(connection):
                connection.under_way -= 1
                connection.send([*envelope, answer])
                self._connections.watch(connection)

    def _forget(self, connection: ControlConnection) -> None:
        self._desk.drop(lambda asker: asker.connection is connection)

    def _close_all(self) -> None:
        with self._bell_lock:
            os.close(self._bell)
            self._bell = -1
        self._connections.close()
        self._listener.close()
        if self._file is not None:
            self._file.close()
        self._epoll.close()
