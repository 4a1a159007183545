"""Deletes expired frames, a batch at a time: first the rows, then the files, so that no row lacks its picture.

The database remembers the files that a crash in between leaves, and they are deleted later (see `FrameRows.delete`). A
clock that jumps is not believed at once: a computer that wakes up in the wrong year must not lose its archive.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from typing import Final

from services.archiver.base import texts
from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.problems import Problems, Subject
from services.archiver.base.threads import Threads
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles
from services.archiver.retention.forecast import Forecaster
from services.archiver.retention.plan import Expiry
from shared.clock import Clock
from shared.logs import get_logger

FIRST_SECONDS: Final = 600.0
ROUND_SECONDS: Final = 3600.0
CHECK_SECONDS: Final = 20.0
JUMP_SECONDS: Final = 60.0
AT_ONCE: Final = 200
REST_SECONDS: Final = 0.1
"""The pause between two batches, for others that want to write."""
log = get_logger(__name__)


class Cleaner:
    """On the loop; its work runs on a thread. `sleep` is a seam for tests."""

    sleep: Callable[[float], Awaitable[None]] = staticmethod(asyncio.sleep)

    def __init__(self, forecaster: Forecaster, frame_rows: FrameRows, frame_files: FrameFiles, clock: Clock) -> None:
        self.problems = Problems()
        self._forecaster = forecaster
        self._frame_rows = frame_rows
        self._frame_files = frame_files
        self._clock = clock
        self._threads = Threads()

    async def run(self) -> None:
        """Clean ten minutes after the start and then every hour, until it is cancelled."""
        wait_seconds = FIRST_SECONDS
        while True:
            await self._steady_for(wait_seconds)
            try:
                await self.clean()
            except (DatabaseUnavailableError, StorageUnavailableError) as error:
                self.problems.report(Subject.RETENTION, texts.retention_waits(error))
            else:
                self.problems.clear(Subject.RETENTION)
            wait_seconds = ROUND_SECONDS

    async def clean(self) -> int:
        """Delete what is due; how many frames. Raises DatabaseUnavailableError, StorageUnavailableError."""
        due = self._forecaster.due(from_ns(self._clock.utc_ns()))
        count = 0
        while deleted := await self._threads.run(lambda: self._delete(due)):
            count += deleted
            await self.sleep(REST_SECONDS)
        if count:
            log.info("old frames deleted", count=count, keep=str(self._forecaster.policy))
        await self._tell_unmet_limits()
        return count

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for the work on threads; how many pieces are still running at the deadline."""
        return await self._threads.drain(deadline_seconds)

    async def _tell_unmet_limits(self) -> None:
        unmet = self._forecaster.unmet_limits(await self._threads.run(self._forecaster.usage))
        if unmet:
            self.problems.report(Subject.LIMITS, " ".join(unmet))
        else:
            self.problems.clear(Subject.LIMITS)

    def _delete(self, due: Iterator[Expiry]) -> int:
        """Delete the next batch, in one transaction; its length."""
        batch = [expiry.frame.id for expiry in islice(due, AT_ONCE)]
        if batch:
            paths = self._frame_rows.delete(batch, leave_gaps=False, spare_kept=True)
            for path in paths:
                self._frame_files.remove(path)
            self._frame_rows.deletions_done(paths)
        return len(batch)

    async def _steady_for(self, seconds: float) -> None:
        """Wait until the wall clock and the monotonic clock have advanced alike for this time."""
        began, offset = self._clock.monotonic(), self._offset()
        while (left := began + seconds - self._clock.monotonic()) > 0:
            await self.sleep(min(left, CHECK_SECONDS))
            if abs(self._offset() - offset) > JUMP_SECONDS:
                log.warning("the clock has jumped: nothing is deleted for a while", seconds=self._offset() - offset)
                began, offset = self._clock.monotonic(), self._offset()

    def _offset(self) -> float:
        return self._clock.utc_ns() / 1e9 - self._clock.monotonic()
