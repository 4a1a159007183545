"""Rescans when somebody asks for it, beside the recorder and behind it: one at a time, on a thread of low priority."""

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.problems import Problems
from services.archiver.base.threads import Threads
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.upkeep.report import RescanReport
from services.archiver.upkeep.rescan import Rescan, RescanOptions
from shared.clock import Clock
from shared.logs import get_logger

_NICE: Final = 10
_ResultT = TypeVar("_ResultT")
log = get_logger(__name__)


@dataclass(slots=True)
class RescanState:
    """The rescan that runs, or the last one; all is empty before the first. Read it on any thread."""

    is_running: bool = False
    checked: int = 0
    total: int | None = None
    """Rows; None until they are counted."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    report: RescanReport | None = None
    error: str | None = None


class RescanJob:
    """On the loop. `make` builds a rescan with a callback for its progress."""

    def __init__(
        self,
        make: Callable[[RescanOptions, Callable[[int], None]], Rescan],
        frame_rows: FrameRows,
        clock: Clock,
        on_done: Callable[[RescanReport], None] = lambda _: None,
    ) -> None:
        self.problems = Problems()
        self.state = RescanState()
        self._make = make
        self._frame_rows = frame_rows
        self._clock = clock
        self._on_done = on_done
        self._threads = Threads()
        self._asked: asyncio.Queue[RescanOptions] = asyncio.Queue()

    def start(self, options: RescanOptions) -> bool:
        """Begin a rescan soon. False when one runs already."""
        if self.state.is_running:
            return False
        self.state = RescanState(is_running=True, started_at=self._now())
        self._asked.put_nowait(options)
        return True

    async def run(self) -> None:
        """Rescan whenever it is asked for, until it is cancelled."""
        while True:
            options, state = await self._asked.get(), self.state
            try:
                state.report = await self._threads.run(lambda: gently(lambda: self._rescanned(options, state)))  # noqa: B023 it is awaited
                self._tell(state.report)
            except (DatabaseUnavailableError, StorageUnavailableError) as error:
                state.error = str(error)
            state.ended_at, state.is_running = self._now(), False

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for the work on threads; how many pieces are still running at the deadline."""
        return await self._threads.drain(deadline_seconds)

    def _rescanned(self, options: RescanOptions, state: RescanState) -> RescanReport:
        state.total = self._frame_rows.count(FrameQuery())

        def note(count: int) -> None:
            state.checked += count

        return self._make(options, note).run()

    def _tell(self, report: RescanReport) -> None:
        log.info("rescan done", missing=report.missing, changed=report.changed, adopted=report.adopted)
        self._on_done(report)

    def _now(self) -> datetime:
        return from_ns(self._clock.utc_ns())


def gently(work: Callable[[], _ResultT]) -> _ResultT:
    """Do it on this thread, after those of the recorder. The thread keeps its low priority."""
    with suppress(OSError, AttributeError):  # Linux has priorities of threads
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
    return work()
