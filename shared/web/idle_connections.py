"""The connections of a server that wait for their next request. Their number is limited; the oldest is closed first."""

from typing import Final, Protocol


class IdleConnection(Protocol):
    def close_idle(self) -> None:
        """End it, as after `timeout_keep_alive`."""


class IdleConnections:
    """In the order in which they became idle. On the loop."""

    def __init__(self, most: int) -> None:
        self.most: Final = most
        self._connections: dict[IdleConnection, None] = {}

    def add(self, connection: IdleConnection) -> bool:
        """Whether there was room; if not, the oldest is closed."""
        self._connections[connection] = None
        has_room = len(self._connections) <= self.most
        if not has_room:
            oldest = next(iter(self._connections))
            self.discard(oldest)
            oldest.close_idle()
        return has_room

    def discard(self, connection: IdleConnection) -> None:
        """Harmless when it is not here."""
        self._connections.pop(connection, None)
