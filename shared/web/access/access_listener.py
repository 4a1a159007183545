"""Brings ingest's access state into this process's book: a connection of its own to the ingest that keeps it.

Nothing that another ingest sends can change who may come in, because nothing else comes over this connection.
"""

import time
from collections.abc import Callable
from typing import Final, Protocol

from shared.bus.access_state import decode_access
from shared.bus.ingest_report import IngestReport, decode_report
from shared.bus.topics import ALL_ACCESS, ALL_INGESTS, new_access_question
from shared.errors import MessageDecodeError
from shared.throttled_log import ThrottledLog
from shared.web.access.access_book import AccessBook

ASK_SECONDS: Final = 1.0
"""Between two questions. Ingest's report, which says whether there is something to ask, comes as often."""


class Bus(Protocol):
    """A connection to the bus, as `Subscriber` is one."""

    def subscribe(self, topic: bytes) -> None: ...

    def unsubscribe(self, topic: bytes) -> None: ...

    async def hand_newest_to(self, take: Callable[[list[bytes]], None]) -> None: ...

    def close(self) -> None: ...


class AccessListener:
    """Listens to `bus`, which is connected to that ingest alone. On the loop."""

    def __init__(
        self,
        bus: Bus,
        book: AccessBook,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._book = book
        self._monotonic = monotonic
        self._bus = bus
        self._ask_topic = new_access_question()
        self._asked_at = monotonic()
        self._dropped = ThrottledLog("access message")

    async def run(self) -> None:
        """Listen until cancelled. The question is subscribed to like a topic, so each new connection asks it anew."""
        for topic in (ALL_ACCESS, ALL_INGESTS, self._ask_topic):
            self._bus.subscribe(topic)
        try:
            await self._bus.hand_newest_to(self._take)
        finally:
            self._bus.close()

    def _take(self, parts: list[bytes]) -> None:
        try:
            if parts[0].startswith(ALL_ACCESS):
                self._book.take(decode_access(parts))
            else:
                self._hear(decode_report(parts))
        except MessageDecodeError as error:
            self._dropped.count(str(error))

    def _hear(self, report: IngestReport) -> None:
        told, now = report.access, self._monotonic()
        if told is None or not self._book.lags_behind(told.state, told.number) or now - self._asked_at < ASK_SECONDS:
            return
        # A question that was asked before is no news to ingest.
        self._asked_at = now
        self._bus.unsubscribe(self._ask_topic)
        self._ask_topic = new_access_question()
        self._bus.subscribe(self._ask_topic)
