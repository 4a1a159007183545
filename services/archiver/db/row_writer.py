"""Sees to it that every file gets its row and every slot its frame or gap, whatever happens to the database.

Captures never wait for the database. Rows and reports are queued here and written in order, as soon as the database is
available. The files are the truth: rows that the queue has no room for are made from the store again, after an outage
as after a crash or the loss of the whole database. It also upgrades the schema, and tries until that succeeds.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from sqlalchemy import Engine

from services.archiver.base import texts
from services.archiver.base.errors import DatabaseUnavailableError
from services.archiver.base.problems import Problems, Subject
from services.archiver.base.threads import Threads
from services.archiver.base.trusted_clock import TrustedClock
from services.archiver.db.archive_watch import ArchiveWatch
from services.archiver.db.clock_rows import ClockRows, captured_row, is_contradicted, is_of_now, new_row
from services.archiver.db.engine import upgrade
from services.archiver.db.frames import FrameRows
from services.archiver.db.gaps import GapRows
from services.archiver.db.held_reports import HeldReports
from services.archiver.db.models import ArchiveCamera, ArchivedFrame
from services.archiver.db.recovery import Recovery
from services.archiver.db.recovery_loop import EVERYTHING, RecoveryLoop
from services.archiver.db.report_queue import ReportQueue
from services.archiver.db.slot_report import SlotReport
from services.archiver.files.frame_files import FrameFiles, StoredFrame
from shared.backoff import Backoff
from shared.clock import Clock
from shared.errors import ConfigurationError

FIRST_RETRY_SECONDS: Final = 0.5
LONGEST_RETRY_SECONDS: Final = 30.0
FIRST_UPGRADE_SECONDS: Final = 2.0
MOST_ROWS: Final = 1000
MOST_REPORTS: Final = 1000


class RowWriter:
    """On the loop; its work runs on threads of its own, so that a database that hangs delays nothing else."""

    archive_watch: ArchiveWatch | None = None
    """Is told when the database has its tables, and when it can't be asked. Set it before the start."""

    def __init__(  # noqa: PLR0913 what it is made of
        self,
        engine: Engine,
        frame_files: FrameFiles,
        problems: Problems,
        clock: Clock,
        trusted_clock: TrustedClock | None = None,
        *,
        takes_back: bool = True,
    ) -> None:
        """`takes_back`: see `Recovery`."""
        self.trusted_clock = trusted_clock or TrustedClock(clock)
        self._clock_rows = ClockRows(engine, self.trusted_clock)
        self._engine = engine
        self._frame_rows = FrameRows(engine)
        self._gap_rows = GapRows(engine)
        self._problems = problems
        self._threads = Threads()
        self._rows: deque[ArchivedFrame] = deque()
        self._reports = ReportQueue(MOST_REPORTS)
        self._held = HeldReports()
        self._is_clock_judged = False
        self._due = asyncio.Event()
        self._tried_to_upgrade = asyncio.Event()
        self._upgraded = asyncio.Event()
        recovery = Recovery(
            engine,
            frame_files,
            clock.utc_ns,
            lambda stored: new_row(stored, self.trusted_clock),
            takes_back=takes_back,
        )
        self._recovery_loop = RecoveryLoop(recovery, self._threads, problems, clock, self._database_failed)

    async def is_done(self, camera_key: str, slot_start: int) -> bool:
        """Whether the slot has a row or its picture was deleted; False, too, while the database is unavailable."""
        await self._leave_time_for_the_first_upgrade()
        if not self._upgraded.is_set():
            return False
        try:
            return await self._threads.run(lambda: self._frame_rows.is_done(camera_key, slot_start))
        except DatabaseUnavailableError as error:
            self._database_failed(error)
            return False

    async def is_of_slot(self, stored: StoredFrame) -> bool:
        """Whether the file in a slot's place is that slot's frame, and not one that a wrong clock has named after it.

        True, too, when the database can't say.
        """
        if is_of_now(stored, self.trusted_clock):
            return True
        if self.trusted_clock.is_behind():
            return False
        try:
            row = await self._threads.run(lambda: self._frame_rows.by_path(stored.name.path))
        except DatabaseUnavailableError as error:
            self._database_failed(error)
            return True
        return row is None or not (row.doubtful or row.slot_start != stored.name.slot_start)

    async def remembered_cameras(self) -> Sequence[ArchiveCamera]:
        """All cameras that ever sent a status. Waits for the first upgrade of the schema.

        Raises:
            DatabaseUnavailableError: when the database is unavailable after that.
        """
        await self._upgraded.wait()
        return await self._threads.run(self._gap_rows.cameras)

    async def newest_slot_ends(self, camera_keys: Sequence[str]) -> dict[str, int]:
        """When the newest archived slot of each camera ended (epoch seconds), of those that have one.

        Raises:
            DatabaseUnavailableError: when the database is unavailable.
        """
        return await self._threads.run(lambda: self._frame_rows.newest_slot_ends(camera_keys))

    def insert_soon(self, stored: StoredFrame) -> None:
        """Queue the row of a stored frame. The queue holds `MOST_ROWS`; the store is scanned for what it drops."""
        self._queue(captured_row(stored, self.trusted_clock))
        self._due.set()

    async def insert(self, stored: StoredFrame) -> ArchivedFrame | None:
        """Insert the row of a stored frame; the row as it is now in the table.

        None when the database is away: then the row is queued.
        """
        row = captured_row(stored, self.trusted_clock)
        try:
            await self._add(row)
            return await self._threads.run(lambda: self._frame_rows.by_path(stored.name.path))
        except DatabaseUnavailableError as error:
            self._queue(row)
            self._database_failed(error)
            return None

    def report(self, report: SlotReport) -> None:
        """Queue a recorder's report, which becomes gaps. The queue holds `MOST_REPORTS`.

        A report that it drops is not lost: the next one covers the same slots, without the reasons. While the clock is
        in doubt all reports wait, so that a clock that was set makes no gap of decades. Those that come between its end
        and `clock_is_trusted` wait, too: they cover the same slots, and must not be written before the reasons.
        """
        if self._held or self.trusted_clock.doubt() is not None:
            self._held.hold(report, self.trusted_clock.read())
            return
        self._reports.add(report)
        self._due.set()

    def clock_is_trusted(self) -> None:
        """The doubt is over: write the reports that waited for it."""
        for report in self._held.release(self.trusted_clock.read()):
            self.report(report)

    def check_database(self) -> None:
        """Check the schema again now, and upgrade it if need be: a query has failed."""
        self._upgraded.clear()
        self._due.set()

    async def run(self) -> None:
        """Write the queues and recover, until it is cancelled."""
        tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._recovery_loop.run(self._upgraded))]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def finish(self, deadline_seconds: float) -> int:
        """After `run` has ended: write what is still queued, if the database lets it. How much is left unfinished.

        The row of a frame that is left is made from its file at the next start.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + deadline_seconds
        with suppress(TimeoutError, DatabaseUnavailableError, ConfigurationError):
            async with asyncio.timeout(deadline_seconds):
                await self._judge_clock()
                if self.trusted_clock.doubt() is None:
                    self.clock_is_trusted()
                await self._write_rows()
                await self._write_reports()
        running = await self._threads.drain(max(0.0, deadline - loop.time()))
        return len(self._rows) + len(self._reports) + running

    async def _write(self) -> None:
        retry = Backoff(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS)
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
                await asyncio.sleep(retry.next_seconds())
            else:
                self._problems.clear(Subject.DATABASE)
                retry.reset()

    async def _upgrade(self) -> None:
        if self._upgraded.is_set():
            return
        watch = self.archive_watch
        try:
            if watch is not None:
                await watch.check_place_of_database()
            if await self._threads.run(lambda: upgrade(self._engine)):
                self._recovery_loop.fall_behind(EVERYTHING)
            await self._judge_clock()
            if watch is not None:
                await watch.settle()
            self._upgraded.set()
        except DatabaseUnavailableError:
            if watch is not None:
                await watch.database_is_away()
            raise
        finally:
            self._tried_to_upgrade.set()

    async def _judge_clock(self) -> None:
        """Once, before any row is written or adopted, as rows are the evidence."""
        if self._is_clock_judged:
            return
        await self._threads.run(self._clock_rows.load)
        self._is_clock_judged = True
        if self.trusted_clock.doubt() is None:
            for row in self._rows:
                row.doubtful = is_contradicted(row, self.trusted_clock)
            self.clock_is_trusted()

    async def _write_rows(self) -> None:
        while self._rows:
            row = self._rows[0]
            await self._add(row)
            with suppress(ValueError):  # a full queue may have dropped it meanwhile
                self._rows.remove(row)

    async def _add(self, row: ArchivedFrame) -> None:
        is_in_doubt = row.doubtful
        await self._threads.run(partial(self._frame_rows.add, row))
        if is_in_doubt:
            self.trusted_clock.remember_doubt()  # else it would stay hidden for up to an hour

    async def _write_reports(self) -> None:
        while (report := self._reports.take()) is not None:
            try:
                await self._threads.run(partial(self._gap_rows.record, report))
            except (DatabaseUnavailableError, asyncio.CancelledError):
                self._reports.put_back(report)
                raise

    async def _leave_time_for_the_first_upgrade(self) -> None:
        """A new database has no tables for a moment, which is no error. A database that is away delays nobody."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_UPGRADE_SECONDS):
                await self._tried_to_upgrade.wait()

    def _queue(self, row: ArchivedFrame) -> None:
        self._rows.append(row)
        if len(self._rows) > MOST_ROWS:
            oldest = self._rows.popleft()
            self._recovery_loop.fall_behind(oldest.slot_start or int(oldest.captured_at.timestamp()))

    def _database_failed(self, error: DatabaseUnavailableError) -> None:
        self._problems.report(Subject.DATABASE, texts.database_unavailable(error))
        self.check_database()
