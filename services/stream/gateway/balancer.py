"""Accepts viewers' connections, and passes each on to the replica with the fewest. It reads and writes no request.

While no replica is there, connections wait for a few seconds, and are then refused in words. While too many wait, no
more are accepted: they stay in the kernel's queue.
"""

import asyncio
import errno
import socket
from collections import deque
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from services.stream.base import texts
from services.stream.gateway.replica_link import ReplicaLink
from shared.logs import get_logger
from shared.throttled_log import ThrottledLog
from shared.web.raw_refusal import raw_refusal

MAX_WAITING: Final = 1000
WAIT_SECONDS: Final = 5.0
ACCEPTED_AT_ONCE: Final = 64
PAUSE_SECONDS: Final = 1.0
"""Without a pause, accepting with no file left would fail again and again at once."""
_REQUEST_BYTES: Final = 32 * 1024
"""What has come of a request is read before it is refused: closed with bytes unread, the kernel drops our answer."""
_NO_FILES: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
log = get_logger("services.stream.gateway")


class Balancer:
    """Both sockets listen and do not block: `viewers` on TCP, `replicas` on a Unix socket. Used on one loop."""

    def __init__(self, viewers: socket.socket, replicas: socket.socket) -> None:
        self._viewers = viewers
        self._replicas = replicas
        self._links: set[ReplicaLink] = set()
        self._waiting: deque[tuple[socket.socket, float]] = deque()
        """The connections that no replica has been given, and since when, the oldest first."""
        self._refused = ThrottledLog("connections of viewers", event="refused")
        self._timer: asyncio.TimerHandle | None = None
        self._accepts_again_at: float | None = None
        """Set while no connection is accepted."""

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. Connections that were passed on go on without us."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._replicas, self._meet_replica)
        self._loop.add_reader(self._viewers, self._accept)
        await stop.wait()
        self._loop.remove_reader(self._viewers)
        self._loop.remove_reader(self._replicas)
        for link in list(self._links):
            self._lose(link)
        if self._timer is not None:
            self._timer.cancel()
        while self._waiting:
            self._waiting.popleft()[0].close()

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            if len(self._waiting) >= MAX_WAITING:
                self._accept_again_at(self._loop.time())
                break
            try:
                connection, _ = self._viewers.accept()
            except OSError as error:
                if error.errno in _NO_FILES:
                    self._refused.count(str(error))
                    self._accept_again_at(self._loop.time() + PAUSE_SECONDS)
                break
            self._waiting.append((connection, self._loop.time()))
        self._pass_on()

    def _accept_again_at(self, moment: float) -> None:
        """Accept none before `moment`, nor before there is room."""
        self._loop.remove_reader(self._viewers)
        self._accepts_again_at = moment

    def _pass_on(self) -> None:
        now = self._loop.time()
        while self._waiting and (link := self._emptiest(now)) is not None:
            connection, since = self._waiting.popleft()
            try:
                link.pass_on(connection, now)
            except OSError:
                self._waiting.appendleft((connection, since))
                self._lose(link)
        if self._accepts_again_at is not None and now >= self._accepts_again_at and len(self._waiting) < MAX_WAITING:
            self._accepts_again_at = None
            self._loop.add_reader(self._viewers, self._accept)
        if self._timer is None and (self._waiting or self._accepts_again_at is not None):
            self._timer = self._loop.call_later(PAUSE_SECONDS, self._refuse_late)

    def _emptiest(self, now: float) -> ReplicaLink | None:
        """The replica with the fewest connections; one that is stuck only where no other has room.

        Of several it is the one that waits longest, so short requests take turns.
        """

        def rank(link: ReplicaLink) -> tuple[bool, int, float]:
            return link.is_stuck(now), link.connections, link.given_at

        return min((link for link in self._links if link.has_room), key=rank, default=None)

    def _refuse_late(self) -> None:
        self._timer = None
        late = self._loop.time() - WAIT_SECONDS
        while self._waiting and self._waiting[0][1] <= late:
            self._refused.count(texts.NO_REPLICA)
            _refuse(self._waiting.popleft()[0])
        self._pass_on()

    def _meet_replica(self) -> None:
        with suppress(OSError):
            socket_of_it, _ = self._replicas.accept()
            socket_of_it.setblocking(False)
            link = ReplicaLink(socket_of_it)
            self._links.add(link)
            self._loop.add_reader(socket_of_it, self._read_news, link)
            log.info("replica found", replicas=len(self._links))
        self._pass_on()

    def _read_news(self, link: ReplicaLink) -> None:
        if not link.read_news(self._loop.time()):
            self._lose(link)
        self._pass_on()

    def _lose(self, link: ReplicaLink) -> None:
        """The connections that it did not take are the first to get another replica."""
        self._links.discard(link)
        self._loop.remove_reader(link.link)
        self._waiting.extendleft((connection, self._loop.time()) for connection in reversed(link.close()))
        log.info("replica lost", replicas=len(self._links))


def _refuse(connection: socket.socket) -> None:
    with connection, suppress(OSError):
        connection.setblocking(False)
        with suppress(BlockingIOError):
            connection.recv(_REQUEST_BYTES)
        connection.send(raw_refusal(HTTPStatus.SERVICE_UNAVAILABLE, texts.NO_REPLICA))
        connection.shutdown(socket.SHUT_WR)
