"""The bookkeeper: sees to it that every file has its row and every slot its frame or gap, whatever the database does.

Nobody who captures waits for the database. What is to be entered is queued here and entered in order, as soon as it can
be. The files are the truth: what the queue has no room for is found again on the store, after an outage as after a
crash or the loss of the whole database. Owns the schema's upgrade, which has to be tried until it succeeds, too.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.problems import Problems
from services.archiver.base.threads import Threads
from services.archiver.db.frames import Catalog
from services.archiver.db.gaps import Ledger, SlotReport
from services.archiver.db.models import ArchiveCamera, ArchivedFrame
from services.archiver.db.recovery import RECENT_SECONDS, Findings, Orphans
from services.archiver.files.frame_files import FrameFiles, StoredFrame
from shared.clock import Clock
from shared.logs import get_logger

FIRST_RETRY_SECONDS: Final = 0.5
LAST_RETRY_SECONDS: Final = 30.0
FIRST_UPGRADE_SECONDS: Final = 2.0
LOOK_SECONDS: Final = 30.0
"""How often what others may have left behind is looked for."""
MOST_ROWS: Final = 1000
MOST_REPORTS: Final = 1000
EVERYTHING: Final = 0
DATABASE: Final = "database"
SCAN: Final = "scan of the archive"
log = get_logger(__name__)


class RowWriter:
    """On the loop; its work on threads of its own, so that a database that hangs holds up nobody else."""

    def __init__(self, shelf: FrameFiles, catalog: Catalog, ledger: Ledger, problems: Problems, clock: Clock) -> None:
        self._catalog = catalog
        self._ledger = ledger
        self._problems = problems
        self._clock = clock
        self._threads = Threads()
        self._orphans = Orphans(shelf, catalog, clock.utc_ns)
        self._rows: deque[ArchivedFrame] = deque()
        self._reports: deque[SlotReport] = deque()
        self._due = asyncio.Event()
        self._look_due = asyncio.Event()
        self._tried_to_upgrade = asyncio.Event()
        self._upgraded = asyncio.Event()
        self._looked_at = clock.monotonic()
        self._behind_since: int | None = EVERYTHING
        """Of the oldest file that may lack its row, when its name begins (epoch seconds); None when all have theirs."""

    async def is_settled(self, camera_key: str, slot_start: int) -> bool:
        """Whether there is a row, or the slot's picture was deleted; False also when nobody can tell."""
        await self._leave_time_for_the_first_upgrade()
        if not self._upgraded.is_set():
            return False
        try:
            return await self._threads.run(lambda: self._catalog.is_settled(camera_key, slot_start))
        except DatabaseUnavailableError as error:
            self._database_failed(error)
            return False

    async def remembered_cameras(self) -> Sequence[ArchiveCamera]:
        """All that were ever heard of, once the database can tell.

        Raises:
            DatabaseUnavailableError: when it can't any more.
        """
        await self._upgraded.wait()
        return await self._threads.run(self._ledger.cameras)

    def enter_soon(self, file: StoredFrame) -> None:
        """Have the file's row entered."""
        self._queue(file.row(self._now()))
        self._due.set()

    async def enter(self, file: StoredFrame) -> ArchivedFrame | None:
        """Enter the file's row and get it back; None when that has to wait until the database is back."""
        row = file.row(self._now())
        try:
            await self._threads.run(lambda: self._catalog.add(row))
            return await self._threads.run(lambda: self._catalog.at_path(file.name.path))
        except DatabaseUnavailableError as error:
            self._queue(row)
            self._database_failed(error)
            return None

    def report(self, report: SlotReport) -> None:
        """Have gaps entered for what the slots that ended are missing."""
        one = self._reports[-1].joined(report) if self._reports else None
        if one is not None:
            self._reports[-1] = one
        elif len(self._reports) < MOST_REPORTS:
            self._reports.append(report)
        # Else its slots become gaps all the same, with the next report that there is room for.
        self._due.set()

    def look_again(self) -> None:
        """Somebody found the database wanting: see to it now."""
        self._upgraded.clear()
        self._due.set()

    async def run(self) -> None:
        """Bring everything up to date, again whenever there is need."""
        tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._look())]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def drain(self, deadline_seconds: float) -> int:
        """At the end: wait for what runs; how many pieces of work are left behind."""
        return await self._threads.drain(deadline_seconds)

    async def _write(self) -> None:
        delay = FIRST_RETRY_SECONDS
        self._due.set()
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self._upgrade()
                await self._write_rows()
                await self._write_reports()
            except DatabaseUnavailableError as error:
                self._database_failed(error)
                await asyncio.sleep(delay)
                delay = min(2 * delay, LAST_RETRY_SECONDS)
            else:
                self._problems.clear(DATABASE)
                delay = FIRST_RETRY_SECONDS

    async def _upgrade(self) -> None:
        if self._upgraded.is_set():
            return
        try:
            if await self._threads.run(self._catalog.upgrade):
                self._fall_behind(EVERYTHING)
            self._upgraded.set()
        finally:
            self._tried_to_upgrade.set()

    async def _write_rows(self) -> None:
        while self._rows:
            row = self._rows[0]
            await self._threads.run(lambda row=row: self._catalog.add(row))  # type: ignore[misc] # bound at once
            with suppress(ValueError):  # it may have given its place to another meanwhile
                self._rows.remove(row)

    async def _write_reports(self) -> None:
        while self._reports:
            report = self._reports.popleft()  # so that what comes meanwhile is not joined to what is being entered
            try:
                await self._threads.run(lambda report=report: self._ledger.settle(report))  # type: ignore[misc]
            except DatabaseUnavailableError:
                self._reports.appendleft(report)
                raise

    async def _look(self) -> None:
        """All at the start and after outages; what is recent again and again."""
        await self._upgraded.wait()
        measured, retry = False, FIRST_RETRY_SECONDS
        while True:
            self._look_due.clear()
            wait = retry
            try:
                await self._look_once()
                if not measured:
                    await self._threads.run(self._orphans.measure)
                    measured = True
            except DatabaseUnavailableError as error:
                self._database_failed(error)
            except StorageUnavailableError as error:
                self._problems.report(SCAN, str(error))
            else:
                self._problems.clear(SCAN)
                wait = LOOK_SECONDS
            retry = FIRST_RETRY_SECONDS if wait == LOOK_SECONDS else min(2 * retry, LAST_RETRY_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._look_due.wait()

    async def _look_once(self) -> None:
        await self._threads.run(self._orphans.finish_deletions)
        if self._clock.monotonic() - self._looked_at > RECENT_SECONDS / 2:
            self._behind_since = EVERYTHING  # an outage: what others left behind meanwhile is not recent any more
        since, self._behind_since = self._behind_since, None  # what fails from here on sets it again
        try:
            findings = await self._threads.run(lambda: self._find(since))
        except (DatabaseUnavailableError, StorageUnavailableError):
            if since is not None:
                self._behind_since = since if self._behind_since is None else min(self._behind_since, since)
            raise
        self._looked_at = self._clock.monotonic()
        if findings.adopted:
            log.info("files without a row adopted", count=findings.adopted)

    def _find(self, since: int | None) -> Findings:
        if since is not None:
            return self._orphans.look_at_everything(since)
        return self._orphans.look_at_recent(self._ledger.cameras())

    async def _leave_time_for_the_first_upgrade(self) -> None:
        """A new database has no table for a moment, which is nothing to complain of. One that is away delays nobody."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_UPGRADE_SECONDS):
                await self._tried_to_upgrade.wait()

    def _queue(self, row: ArchivedFrame) -> None:
        self._rows.append(row)
        if len(self._rows) > MOST_ROWS:
            oldest = self._rows.popleft()
            self._fall_behind(oldest.slot_start or int(oldest.captured_at.timestamp()))

    def _fall_behind(self, since: int) -> None:
        self._behind_since = since if self._behind_since is None else min(self._behind_since, since)
        self._look_due.set()

    def _database_failed(self, error: DatabaseUnavailableError) -> None:
        self._problems.report(DATABASE, f"The database can't be used: {error}. Pictures are kept, their rows follow.")
        self.look_again()

    def _now(self) -> datetime:
        return from_ns(self._clock.utc_ns())
