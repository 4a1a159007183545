"""Deletes expired frames, a batch at a time: first the rows, then the files, so that no row lacks its picture.

The database remembers the files that a crash in between leaves, and they are deleted later (see `FrameRows.delete`).
While the clock is in doubt nothing is deleted by age: a computer that wakes up in the wrong year must not lose its
archive. What is overdue for long goes at a share of the archive a day.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Final

from services.archiver.base import retention_texts
from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.problems import Problems, Subject
from services.archiver.base.threads import Threads
from services.archiver.base.trusted_clock import TrustedClock
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles
from services.archiver.retention.daily_share import AgeLimit, DailyShare
from services.archiver.retention.forecast import Forecaster
from services.archiver.retention.plan import Expiry
from shared.logs import get_logger

FIRST_SECONDS: Final = 600.0
ROUND_SECONDS: Final = 3600.0
RETRY_SECONDS: Final = 60.0
AT_ONCE: Final = 200
REST_SECONDS: Final = 0.1
"""The pause between two batches, for others that want to write."""
log = get_logger(__name__)


async def _nothing() -> None:
    """Where no rule changes but by settings."""


class Cleaner:
    """On the loop; its work runs on a thread. `sleep` is a seam for tests."""

    sleep: Callable[[float], Awaitable[None]] = staticmethod(asyncio.sleep)
    refresh_rules: Callable[[], Awaitable[None]] = staticmethod(_nothing)
    """Awaited before each round. Set it before the start."""

    def __init__(
        self,
        forecaster: Forecaster,
        frame_rows: FrameRows,
        frame_files: FrameFiles,
        clock: TrustedClock,
        share: DailyShare,
    ) -> None:
        self.problems = Problems()
        self._forecaster = forecaster
        self._frame_rows = frame_rows
        self._frame_files = frame_files
        self._clock = clock
        self._share = share
        self._threads = Threads()
        self._everything = asyncio.Event()

    async def run(self) -> None:
        """Clean ten minutes after the start and then every hour, until it is cancelled."""
        wait_seconds = FIRST_SECONDS
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_seconds):
                    await self._everything.wait()
            everything = self._everything.is_set()
            self._everything.clear()
            try:
                await self.clean(everything=everything)
            except (DatabaseUnavailableError, StorageUnavailableError) as error:
                self.problems.report(Subject.RETENTION, retention_texts.retention_waits(error))
                if everything:  # a person has asked for it
                    await self.sleep(RETRY_SECONDS)
                    self._everything.set()
            wait_seconds = ROUND_SECONDS

    async def clean(self, *, everything: bool = False) -> int:
        """Delete what is due; how many frames. With `everything` no daily share holds anything back.

        Raises DatabaseUnavailableError, StorageUnavailableError.
        """
        await self.refresh_rules()
        now = from_ns(self._clock.clock.utc_ns())
        limit = await self._threads.run(lambda: self._limit(everything))
        due = self._forecaster.due(now, limit)
        count = 0
        while deleted := await self._threads.run(lambda: self._delete(due, limit)):
            count += deleted
            await self.sleep(REST_SECONDS)
        if count:
            log.info("old frames deleted", count=count, keep=str(self._forecaster.policy))
        self._tell(limit)
        await self._tell_unmet_limits()
        return count

    def clean_now(self) -> None:
        """Delete at once what is due, all of it: somebody has said so. On the loop."""
        self._everything.set()

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for the work on threads; how many pieces are still running at the deadline."""
        return await self._threads.drain(deadline_seconds)

    async def _tell_unmet_limits(self) -> None:
        unmet = self._forecaster.unmet_limits(await self._threads.run(self._forecaster.usage))
        if unmet:
            self.problems.report(Subject.LIMITS, " ".join(unmet))
        else:
            self.problems.clear(Subject.LIMITS)

    def _limit(self, everything: bool) -> AgeLimit:
        if self._clock.doubt() is not None:
            return AgeLimit(by_age=False)
        if everything:
            return AgeLimit()
        now = from_ns(self._clock.clock.utc_ns())
        return AgeLimit(most_overdue=self._share.left(now, self._forecaster.frames()))

    def _tell(self, limit: AgeLimit) -> None:
        if not limit.held:
            self.problems.clear(Subject.RETENTION)
            return
        log.warning("old frames held back", count=limit.held, in_doubt=not limit.by_age)
        text = (
            retention_texts.held_by_share(limit.held, self._share.percent)
            if limit.by_age
            else retention_texts.held_in_doubt(limit.held)
        )
        self.problems.report(Subject.RETENTION, text)

    def _delete(self, due: Iterator[Expiry], limit: AgeLimit) -> int:
        """Delete the next batch; its length. A doubt that begins meanwhile holds back the rest."""
        overdue = limit.overdue
        batch = [expiry.frame.id for expiry in islice(due, AT_ONCE)]
        if limit.by_age and self._clock.doubt() is not None:
            log.warning("the clock is in doubt: a round of retention was given up")
            return 0
        if batch:
            self._frame_files.store.check_disk()  # a row goes only when its file can
            self._share.spend(from_ns(self._clock.clock.utc_ns()), limit.overdue - overdue)
            paths = self._frame_rows.delete(batch, leave_gaps=False, spare_kept=True)
            self._frame_rows.deletions_done(self._frame_files.remove_reachable(paths))
        return len(batch)
