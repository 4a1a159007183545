"""The bookkeeper: sees to it that every file has its row, whatever the database does meanwhile.

The files are the truth and the queue: a row that can't be entered is simply made later from its file, after an outage
as after a crash or the loss of the whole database. Owns the schema's upgrade and the sweeping of temporaries, since
both have to be tried until they succeed. Files are written by `recorder.py`'s cameras, never here.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from services.archiver.catalog import Catalog
from services.archiver.errors import DatabaseUnavailable, StorageUnavailable
from services.archiver.instants import from_ns
from services.archiver.models import ArchivedFrame
from services.archiver.problems import Problems
from services.archiver.storage import STALE_TEMPORARY_SECONDS, FoundFile, FrameStore, KeptFile
from services.archiver.threads import Threads
from shared.clock import Clock
from shared.logs import get_logger

FIRST_RETRY_SECONDS: Final = 0.5
LAST_RETRY_SECONDS: Final = 30.0
FIRST_UPGRADE_SECONDS: Final = 2.0
EVERYTHING: Final = 0
DATABASE: Final = "database"
SCAN: Final = "scan of the archive directory"
log = get_logger(__name__)


class Bookkeeper:
    """On the loop; its work on threads."""

    def __init__(self, store: FrameStore, catalog: Catalog, threads: Threads, problems: Problems, clock: Clock) -> None:
        self._store = store
        self._catalog = catalog
        self._threads = threads
        self._problems = problems
        self._clock = clock
        self._due = asyncio.Event()
        self._tried_to_upgrade = asyncio.Event()
        self._behind_since: int | None = EVERYTHING
        """The slot start (epoch seconds) of the oldest file that may lack its row; None when all have theirs."""

    async def knows(self, camera_key: str, slot_start: int) -> bool:
        """Whether there is a row; False also when nobody can tell."""
        await self._leave_time_for_the_first_upgrade()
        try:
            return await self._threads.run(lambda: self._catalog.knows(camera_key, slot_start))
        except DatabaseUnavailable as error:
            self._database_failed(error)
            return False

    async def enter(self, camera_key: str, slot_start: int, interval_seconds: int, file: KeptFile) -> None:
        """Enter the file's row, now or as soon as the database is back."""
        row = self._row(FoundFile(camera_key, slot_start), interval_seconds, file)
        await self._leave_time_for_the_first_upgrade()
        try:
            await self._threads.run(lambda: self._catalog.add(row))
        except DatabaseUnavailable as error:
            self._fall_behind(slot_start)
            self._database_failed(error)

    def look_again(self) -> None:
        """Somebody found the database wanting: see to it now."""
        self._due.set()

    async def run(self) -> None:
        """Bring everything up to date, again whenever there is need."""
        sweeper = asyncio.create_task(self._sweep())
        try:
            while True:
                await self._catch_up_until_done()
                await self._due.wait()
        finally:
            sweeper.cancel()
            with suppress(asyncio.CancelledError):
                await sweeper

    async def _catch_up_until_done(self) -> None:
        delay = FIRST_RETRY_SECONDS
        while True:
            self._due.clear()
            try:
                await self._catch_up()
            except DatabaseUnavailable as error:
                self._database_failed(error)
            except StorageUnavailable as error:
                self._problems.report(SCAN, str(error))
            else:
                self._problems.clear(DATABASE)
                self._problems.clear(SCAN)
                if self._behind_since is None:
                    return
            await asyncio.sleep(delay)
            delay = min(2 * delay, LAST_RETRY_SECONDS)

    async def _leave_time_for_the_first_upgrade(self) -> None:
        """A new database has no table for a moment, which is nothing to complain of. One that is away delays nobody."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_UPGRADE_SECONDS):
                await self._tried_to_upgrade.wait()

    async def _catch_up(self) -> None:
        try:
            if await self._threads.run(self._catalog.upgrade):
                self._behind_since = EVERYTHING
        finally:
            self._tried_to_upgrade.set()
        since = self._behind_since
        if since is None:
            return
        self._behind_since = None  # what fails from here on sets it again
        try:
            adopted = await self._threads.run(lambda: self._adopt_all(since))
        except (DatabaseUnavailable, StorageUnavailable):
            self._fall_behind(since)
            raise
        if adopted:
            log.info("files without a row adopted", count=adopted)

    def _adopt_all(self, since: int) -> int:
        first_day = datetime.fromtimestamp(since, UTC).strftime("%Y/%m/%d")
        days = (day for day in self._store.days() if "/".join(day.parts[-3:]) >= first_day)
        return sum(self._adopt_day(day) for day in days)

    def _adopt_day(self, day: Path) -> int:
        files = self._store.files_in(day)
        if not files:
            return 0
        begin = datetime.strptime("/".join(day.parts[-3:]), "%Y/%m/%d").replace(tzinfo=UTC)
        end = begin + timedelta(days=1)
        known = self._catalog.slot_starts(files[0].camera_key, int(begin.timestamp()), int(end.timestamp()))
        return sum(self._adopt(found) for found in files if found.slot_start not in known)

    def _adopt(self, found: FoundFile) -> bool:
        file = self._store.read_back(found.camera_key, found.slot_start)
        if file is None or file.interval_seconds is None:
            log.warning("a file is broken or not ours, left alone", camera=found.camera_key, slot=found.slot_start)
            return False
        self._catalog.add(self._row(found, file.interval_seconds, file))
        return True

    def _row(self, found: FoundFile, interval_seconds: int, file: KeptFile) -> ArchivedFrame:
        return ArchivedFrame(
            camera_key=found.camera_key,
            slot_start=found.slot_start,
            interval_seconds=file.interval_seconds or interval_seconds,
            captured_at=file.captured_at,
            path=file.path,
            width=file.width,
            height=file.height,
            bytes=file.byte_count,
            sha256=file.sha256,
            created_at=from_ns(self._clock.utc_ns()),
        )

    async def _sweep(self) -> None:
        """Once at the start, and later again while there are temporaries that may still be somebody's."""
        young = 1
        while young:
            try:
                young = await self._threads.run(lambda: self._store.sweep(self._clock.utc_ns() / 1e9))
            except StorageUnavailable as error:
                self._problems.report(SCAN, str(error))
            if young:
                await asyncio.sleep(STALE_TEMPORARY_SECONDS)

    def _fall_behind(self, since: int) -> None:
        self._behind_since = since if self._behind_since is None else min(self._behind_since, since)

    def _database_failed(self, error: DatabaseUnavailable) -> None:
        self._problems.report(DATABASE, f"The database can't be used: {error}. Pictures are kept, their rows follow.")
        self._due.set()
