"""A publisher that publishes by itself, as ingest does."""

import threading
from typing import Self

from shared.bus.publisher import Publisher


class Pump:
    """A publisher on a thread of its own: repeats one message 50 times a second, and keeps the subscribed topics.

    With `is_inner` it is one of several behind a `BusProxy`.
    """

    def __init__(self, address: str, message: list[bytes], *, is_inner: bool = False) -> None:
        self.topics: frozenset[bytes] = frozenset()
        self._address = address
        self._message = message
        self._is_inner = is_inner
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        publisher = Publisher(self._address, is_inner=self._is_inner)
        while not self._stop.is_set():
            publisher.read_subscriptions()
            self.topics = publisher.topics
            publisher.send(self._message)
            publisher.wait(0.02)
        publisher.close()
