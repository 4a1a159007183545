"""Who subscribes to what, counted by connection: one subscriber can neither end nor flood the demand of the others.

Pure: no sockets. A connection is whatever its owner knows it by.
"""

from collections.abc import Hashable
from typing import Final, Generic, TypeVar

from shared.bus.topics import can_be_ours
from shared.errors import FramecastError

MAX_TOPICS: Final = 4096
"""For each connection. A replica whose viewers watch 100 cameras in every size has 2,000."""
MAX_TOPIC_BYTES_IN_ALL: Final = 96 * 1024
"""For each connection. Each camera's process holds the topics too: libzmq needs some 50 bytes for a byte of them."""
MAX_DISTINCT_BYTES: Final = 192 * 1024
"""Over all connections, each topic counted once: the replicas subscribe to the same ones."""
Connection = TypeVar("Connection", bound=Hashable)


class TooManySubscriptionsError(FramecastError):
    """Raised when a connection goes beyond its limit; the message is for the log. The catcher ends that connection."""


class DemandLedger(Generic[Connection]):
    """The topics of each connection."""

    def __init__(self) -> None:
        self._holders: dict[bytes, set[Connection]] = {}
        self._topics: dict[Connection, set[bytes]] = {}
        self._bytes: dict[Connection, int] = {}
        self._distinct_bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether all connections together have too many topics. `heaviest` should end then."""
        return self._distinct_bytes > MAX_DISTINCT_BYTES

    def __len__(self) -> int:
        """The number of topics that anybody subscribes to."""
        return len(self._holders)

    def subscribe(self, connection: Connection, topic: bytes) -> bool:
        """Whether this is the first subscription to `topic`. A topic that no message of ours can have is ignored.

        Raises:
            TooManySubscriptionsError: it was not entered, because the connection has too many.
        """
        if not can_be_ours(topic):
            return False
        topics = self._topics.setdefault(connection, set())
        if topic in topics:
            return False
        size = self._bytes.get(connection, 0) + len(topic)
        if len(topics) >= MAX_TOPICS or size > MAX_TOPIC_BYTES_IN_ALL:
            raise TooManySubscriptionsError(f"it had {len(topics)} subscriptions of {size} bytes")
        is_first = topic not in self._holders
        topics.add(topic)
        self._bytes[connection] = size
        self._holders.setdefault(topic, set()).add(connection)
        if is_first:
            self._distinct_bytes += len(topic)
        return is_first

    def cancel(self, connection: Connection, topic: bytes) -> bool:
        """Whether this ended the last subscription to `topic`. A connection can cancel only what it has."""
        topics = self._topics.get(connection, set())
        if topic not in topics:
            return False
        topics.remove(topic)
        self._bytes[connection] -= len(topic)
        if not topics:
            del self._topics[connection], self._bytes[connection]
        holders = self._holders[topic]
        holders.remove(connection)
        if holders:
            return False
        del self._holders[topic]
        self._distinct_bytes -= len(topic)
        return True

    def end(self, connection: Connection) -> list[bytes]:
        """The connection ended; the topics that it was the last one to subscribe to."""
        return [topic for topic in tuple(self._topics.get(connection, ())) if self.cancel(connection, topic)]

    def heaviest(self) -> Connection:
        """The connection with the most bytes of topics. There must be one."""
        return max(self._bytes, key=self._bytes.__getitem__)

    def subscribers(self, topic: bytes) -> set[Connection]:
        """The connections with exactly this subscription."""
        return self._holders.get(topic, set())

    def receivers(self, topic: bytes) -> set[Connection]:
        """The connections whose subscription is a prefix of `topic`: they get its messages."""
        found: set[Connection] = set()
        for length in range(len(topic) + 1):
            found |= self._holders.get(topic[:length], set())
        return found
