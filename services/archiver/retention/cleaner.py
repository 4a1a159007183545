"""The keeper: carries the plan out, a little at a time. Row first, then files, so that no row is without its picture.

What a crash leaves between the two is remembered in the database and deleted later (see `catalog.py`). A clock that
jumps is not believed at once: a computer that wakes up in the wrong year must not lose its archive for that.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from typing import Final

from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.problems import Problems
from services.archiver.base.threads import Threads
from services.archiver.db.frames import Catalog
from services.archiver.files.frame_files import FrameFiles
from services.archiver.retention.forecast import Survey
from services.archiver.retention.plan import Expiry
from shared.clock import Clock
from shared.logs import get_logger

FIRST_SECONDS: Final = 600.0
ROUND_SECONDS: Final = 3600.0
LOOK_SECONDS: Final = 20.0
JUMP_SECONDS: Final = 60.0
AT_ONCE: Final = 200
REST_SECONDS: Final = 0.1
"""Between two batches, for who else wants to write."""
PROBLEM: Final = "retention"
log = get_logger(__name__)


class Cleaner:
    """On the loop; its work on a thread. `sleep` is a seam for tests."""

    sleep: Callable[[float], Awaitable[None]] = staticmethod(asyncio.sleep)

    def __init__(self, survey: Survey, catalog: Catalog, shelf: FrameFiles, clock: Clock) -> None:
        self.survey = survey
        self.problems = Problems()
        self._catalog = catalog
        self._shelf = shelf
        self._clock = clock
        self._threads = Threads()

    async def run(self) -> None:
        """A round some minutes after the start, and then every hour, until it is cancelled."""
        wait_seconds = FIRST_SECONDS
        while True:
            await self._steady_for(wait_seconds)
            try:
                await self.round()
            except (DatabaseUnavailableError, StorageUnavailableError) as error:
                self.problems.report(PROBLEM, f"Old frames can't be deleted now: {error}")
            else:
                self.problems.clear(PROBLEM)
            wait_seconds = ROUND_SECONDS

    async def round(self) -> int:
        """Delete what is due; how many frames that were. Raises DatabaseUnavailableError, StorageUnavailableError."""
        due = self.survey.due(from_ns(self._clock.utc_ns()))
        count = 0
        while gone := await self._threads.run(lambda: self._delete(due)):
            count += gone
            await self.sleep(REST_SECONDS)
        if count:
            log.info("old frames deleted", count=count, keep=str(self.survey.policy))
        return count

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for what still runs on threads; how much of it is left behind."""
        return await self._threads.drain(deadline_seconds)

    def _delete(self, due: Iterator[Expiry]) -> int:
        """The next batch, one transaction; how many were due in it."""
        batch = [fate.frame.id for fate in islice(due, AT_ONCE)]
        if batch:
            paths = self._catalog.delete(batch, leave_gaps=False)
            for path in paths:
                self._shelf.remove(path)
            self._catalog.deletions_done(paths)
        return len(batch)

    async def _steady_for(self, seconds: float) -> None:
        """Until the wall clock has gone along with the monotonic one for so long."""
        began, offset = self._clock.monotonic(), self._offset()
        while (left := began + seconds - self._clock.monotonic()) > 0:
            await self.sleep(min(left, LOOK_SECONDS))
            if abs(self._offset() - offset) > JUMP_SECONDS:
                log.warning("the clock has jumped: nothing is deleted for a while", seconds=self._offset() - offset)
                began, offset = self._clock.monotonic(), self._offset()

    def _offset(self) -> float:
        return self._clock.utc_ns() / 1e9 - self._clock.monotonic()
