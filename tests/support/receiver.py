"""A subscriber of the tests' own, whose messages wait in a queue."""

import asyncio

from shared.bus.curve import ClientKeys
from shared.bus.subscriber import Subscriber


class Receiver:
    """Made in a running loop. It misses a message when a newer one of its topic arrives together with it."""

    def __init__(self, addresses: str, keys: ClientKeys | None = None) -> None:
        self._subscriber = Subscriber(addresses, keys)
        self.subscribe = self._subscriber.subscribe
        self.unsubscribe = self._subscriber.unsubscribe
        self._messages: asyncio.Queue[list[bytes]] = asyncio.Queue()
        self._receiving = asyncio.create_task(self._subscriber.hand_newest_to(self._messages.put_nowait))

    async def receive(self) -> list[bytes]:
        """The next message's parts, topic first. Waits for ever."""
        return await self._messages.get()

    def close(self) -> None:
        self._receiving.cancel()
        self._subscriber.close()
