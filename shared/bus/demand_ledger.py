"""Who subscribes to what, counted by connection: one subscriber can neither end nor flood the demand of the others.

Pure: no sockets. libzmq's own bookkeeping is not enough. It has no limit on subscriptions, and it takes a cancellation
of a topic that its sender never subscribed to for the end of everybody's.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from shared.errors import FramecastError

MAX_TOPICS: Final = 4096
"""For each connection. A replica whose viewers watch 100 cameras in every size has 2,000."""
MAX_TOPIC_BYTES_IN_ALL: Final = 96 * 1024
"""For each connection. libzmq needs some 50 bytes of memory for a byte of a topic, in each camera's process as well."""
MAX_DISTINCT_BYTES: Final = 192 * 1024
"""Over all connections, each topic counted once: the replicas subscribe to the same ones."""


class ConnectionId(NamedTuple):
    """A connection: its descriptor, and the socket's inode, since a descriptor's number is used again."""

    descriptor: int
    inode: int


class TooManySubscriptionsError(FramecastError):
    """Raised when a connection goes beyond a limit; the message is for the log. The catcher ends that connection."""


class DemandLedger:
    """The topics of each connection. `is_open` says whether a connection still exists."""

    def __init__(self, is_open: Callable[[ConnectionId], bool]) -> None:
        self._is_open = is_open
        self._holders: dict[bytes, set[ConnectionId]] = {}
        self._topics: dict[ConnectionId, set[bytes]] = {}
        self._bytes: dict[ConnectionId, int] = {}
        self._distinct_bytes = 0

    def __len__(self) -> int:
        """The number of topics that anybody subscribes to."""
        return len(self._holders)

    def subscribe(self, connection: ConnectionId, topic: bytes) -> bool:
        """Whether this is the first subscription to `topic`.

        Raises:
            TooManySubscriptionsError: it was not entered, because the connection has too many.
        """
        topics = self._topics.setdefault(connection, set())
        if topic in topics:
            return False
        size = self._bytes.get(connection, 0) + len(topic)
        is_first = topic not in self._holders
        if len(topics) >= MAX_TOPICS or size > MAX_TOPIC_BYTES_IN_ALL:
            raise TooManySubscriptionsError(f"it had {len(topics)} subscriptions of {size} bytes")
        if is_first and self._distinct_bytes + len(topic) > MAX_DISTINCT_BYTES:
            raise TooManySubscriptionsError("all subscribers together had too many subscriptions")
        topics.add(topic)
        self._bytes[connection] = size
        self._holders.setdefault(topic, set()).add(connection)
        if is_first:
            self._distinct_bytes += len(topic)
        return is_first

    def cancel(self, connection: ConnectionId, topic: bytes) -> bool:
        """Whether this ended the last subscription to `topic`. A connection can cancel only what it has."""
        holders = self._holders.get(topic, set())
        if connection not in holders:
            return False
        holders.remove(connection)
        self._forget(connection, topic)
        if holders:
            return False
        del self._holders[topic]
        self._distinct_bytes -= len(topic)
        return True

    def end(self, topic: bytes) -> bool:
        """A subscription to `topic` ended with its connection, which is not told; whether it was the last one."""
        gone = next((one for one in self._holders.get(topic, ()) if not self._is_open(one)), None)
        return gone is not None and self.cancel(gone, topic)

    def _forget(self, connection: ConnectionId, topic: bytes) -> None:
        topics = self._topics[connection]
        topics.remove(topic)
        self._bytes[connection] -= len(topic)
        if not topics:
            del self._topics[connection], self._bytes[connection]
