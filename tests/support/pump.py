"""A publisher that goes on by itself, as ingest does."""

import threading
from typing import Self

from shared.bus.publisher import Publisher


class Pump:
    """A publisher on a thread of its own, as ingest's: repeats a message and remembers what is subscribed to."""

    def __init__(self, address: str, message: list[bytes]) -> None:
        self.topics: frozenset[bytes] = frozenset()
        self._address = address
        self._message = message
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        publisher = Publisher(self._address)
        while not self._stop.is_set():
            publisher.read_subscriptions()
            self.topics = publisher.topics
            publisher.send(self._message)
            publisher.wait(0.02)
        publisher.close()
