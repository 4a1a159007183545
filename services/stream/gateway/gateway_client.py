"""The replica's end: takes the connections that the gateway passes on, and serves them as if it had accepted them."""

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from services.stream.gateway.news import PASSED_ON, News
from shared.backoff import Backoff
from shared.logs import get_logger
from shared.throttled_log import ThrottledLog

TAKEN_AT_ONCE: Final = 16
"""Then others have their turn on the loop."""
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.1, 2.0
TELL_AGAIN_SECONDS: Final = 0.05
log = get_logger("services.stream.gateway")


class GatewayClient:
    """Connects to the gateway's socket at `path`, again whenever that ends. Used on one loop."""

    def __init__(self, path: Path) -> None:
        self._path = os.fspath(path)
        self._link: socket.socket | None = None
        self._taken = 0
        self._open = 0
        self._is_to_tell = False
        self._beginning: set[asyncio.Task[None]] = set()
        self._lost = ThrottledLog("connections of viewers")
        self._unreached = ThrottledLog("connections to the gateway", event="failed")

    def start(self, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        self._make_protocol = make_protocol
        self._loop = asyncio.get_running_loop()
        self._running = self._loop.create_task(self._run(), name="gateway client")

    def stop(self) -> None:
        """Take no more. The gateway gives another replica those that are under way."""
        self._running.cancel()

    async def _run(self) -> None:
        backoff = Backoff(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS)
        while True:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link:
                link.setblocking(False)
                try:
                    link.connect(self._path)
                except OSError as error:
                    self._unreached.count(str(error))
                else:
                    backoff.reset()
                    log.info("gateway reached")
                    await self._serve(link)
                    log.warning("gateway lost")
            await asyncio.sleep(backoff.next_seconds())

    async def _serve(self, link: socket.socket) -> None:
        """Take connections until the gateway ends."""
        ended = asyncio.Event()
        self._link, self._taken = link, 0
        self._loop.add_reader(link, self._receive, link, ended)
        self._tell_soon()
        try:
            await ended.wait()
        finally:
            self._loop.remove_reader(link)
            if self._is_to_tell:  # else another replica would get what was taken in this turn, too
                self._tell()
            self._link = None

    def _receive(self, link: socket.socket, ended: asyncio.Event) -> None:
        for _ in range(TAKEN_AT_ONCE):
            try:
                message, files, _, _ = socket.recv_fds(link, len(PASSED_ON), 1, socket.MSG_CMSG_CLOEXEC)
            except BlockingIOError:
                break
            except OSError:
                message, files = b"", []
            if not message:
                ended.set()
                break
            self._taken += 1
            self._tell_soon()
            if not files:
                self._lost.count("no more files may be open")
            for file in files:
                self._take(file)

    def _take(self, file: int) -> None:
        connection = _PassedConnection(file, self._count_end)
        connection.setblocking(False)
        self._open += 1
        beginning = self._loop.create_task(self._begin(connection))
        self._beginning.add(beginning)
        beginning.add_done_callback(self._beginning.discard)

    async def _begin(self, connection: "_PassedConnection") -> None:
        try:
            await self._loop.connect_accepted_socket(self._make_protocol, connection)
        except OSError:  # the viewer has left
            connection.close()

    def _count_end(self) -> None:
        self._open -= 1
        self._tell_soon()

    def _tell_soon(self) -> None:
        """Tell the gateway once for all that happens in this turn of the loop."""
        if not self._is_to_tell and self._link is not None:
            self._is_to_tell = True
            self._loop.call_soon(self._tell)

    def _tell(self) -> None:
        self._is_to_tell = False
        if self._link is None:
            return
        try:
            self._link.send(News(self._taken, self._open).encode())
        except BlockingIOError:
            self._is_to_tell = True
            self._loop.call_later(TELL_AGAIN_SECONDS, self._tell)
        except OSError:
            return  # reading finds the end, too


class _PassedConnection(socket.socket):
    """Calls `on_end` once, when the loop is done with it. asyncio closes the socket, and uvloop detaches it."""

    def __init__(self, file: int, on_end: Callable[[], None]) -> None:
        super().__init__(fileno=file)
        self._on_end: Callable[[], None] | None = on_end

    def close(self) -> None:
        super().close()
        self._end()

    def detach(self) -> int:
        file = super().detach()
        self._end()
        return file

    def _end(self) -> None:
        if self._on_end is not None:
            on_end, self._on_end = self._on_end, None
            on_end()
