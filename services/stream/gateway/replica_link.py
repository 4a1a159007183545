"""The gateway's end of one replica: passes connections on to it, and knows how many it has."""

import socket
from collections import deque
from typing import Final

from services.stream.gateway.news import MAX_BYTES, PASSED_ON, News

MAX_UNTAKEN: Final = 64
"""Connections that may be under way to one replica. The kernel counts them against our limit on open files."""
STUCK_SECONDS: Final = 1.0
"""A replica that takes no connection for this long gets no more while another one is there."""


class ReplicaLink:
    """`link` is a connected SEQPACKET socket that does not block."""

    def __init__(self, link: socket.socket) -> None:
        self.link: Final = link
        self._untaken: deque[socket.socket] = deque()
        """Passed on, and still open here: if the replica ends before it takes them, another one gets them."""
        self._taken = 0
        self._open = 0
        self._waits_since = 0.0
        self.given_at = 0.0
        """When it got its newest connection, on the loop's clock."""

    @property
    def connections(self) -> int:
        """How many the replica has, with those that are under way to it."""
        return self._open + len(self._untaken)

    @property
    def has_room(self) -> bool:
        return len(self._untaken) < MAX_UNTAKEN

    def is_stuck(self, now: float) -> bool:
        return bool(self._untaken) and now - self._waits_since > STUCK_SECONDS

    def pass_on(self, connection: socket.socket, now: float) -> None:
        """Pass the connection on, and keep it until the replica has taken it.

        Raises:
            OSError: the replica has left, or its socket is full.
        """
        socket.send_fds(self.link, [PASSED_ON], [connection.fileno()])
        self.given_at = now
        if not self._untaken:
            self._waits_since = now
        self._untaken.append(connection)

    def read_news(self, now: float) -> bool:
        """Read all that the replica has told; whether it is still there."""
        while True:
            try:
                message = self.link.recv(MAX_BYTES + 1)  # more would be none of ours
            except BlockingIOError:
                return True
            except OSError:
                return False
            news = News.decode(message)
            if news is None:
                return False
            for _ in range(min(news.taken - self._taken, len(self._untaken))):
                self._untaken.popleft().close()
            self._taken, self._open = news.taken, news.open
            self._waits_since = now

    def close(self) -> deque[socket.socket]:
        """End the link; the connections that the replica never took."""
        self.link.close()
        untaken, self._untaken = self._untaken, deque()
        return untaken
