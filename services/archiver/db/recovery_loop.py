"""Runs the recovery beside the captures: a full scan at the start and after outages, recent files every 30 seconds."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from services.archiver.base import rescan_texts, texts
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.problems import Problems, Subject
from services.archiver.base.threads import Threads
from services.archiver.db.recovery import RECENT_SECONDS, Recovery, ScanResult
from shared.backoff import Backoff
from shared.clock import Clock
from shared.logs import get_logger

FIRST_RETRY_SECONDS: Final = 0.5
LONGEST_RETRY_SECONDS: Final = 30.0
SCAN_SECONDS: Final = 30.0
"""How often it searches for what other archivers may have left."""
EVERYTHING: Final = 0
log = get_logger(__name__)


class RecoveryLoop:
    """On the loop; its work runs on threads. `on_database_error` is called with every error of the database."""

    def __init__(
        self,
        recovery: Recovery,
        threads: Threads,
        problems: Problems,
        clock: Clock,
        on_database_error: Callable[[DatabaseUnavailableError], None],
    ) -> None:
        self._recovery = recovery
        self._threads = threads
        self._problems = problems
        self._clock = clock
        self._on_database_error = on_database_error
        self._due = asyncio.Event()
        self._scanned_at = clock.monotonic()
        self._behind_since: int | None = EVERYTHING
        """The oldest file that may lack its row, by the instant in its name (epoch seconds); None: all have rows."""
        self._set_aside = 0
        """Since the start. A person has to look at them."""

    def fall_behind(self, since_seconds: int) -> None:
        """Scan soon: files from this instant on (epoch seconds) may lack their rows."""
        self._note_behind(since_seconds)
        self._due.set()

    async def run(self, has_tables: asyncio.Event) -> None:
        """Recover again and again, once the database has its tables, until it is cancelled."""
        await has_tables.wait()
        measured, retry = False, Backoff(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS)
        while True:
            self._due.clear()
            wait_seconds = SCAN_SECONDS
            try:
                await self._scan()
                if not measured:
                    await self._threads.run(self._recovery.measure)
                    measured = True
            except DatabaseUnavailableError as error:
                self._on_database_error(error)
                wait_seconds = retry.next_seconds()
            except StorageUnavailableError as error:
                self._problems.report(Subject.SCAN, str(error))
                wait_seconds = retry.next_seconds()
            else:
                self._problems.clear(Subject.SCAN)
                retry.reset()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_seconds):
                    await self._due.wait()

    async def _scan(self) -> None:
        await self._threads.run(self._recovery.finish_deletions)
        if self._clock.monotonic() - self._scanned_at > RECENT_SECONDS / 2:
            self._behind_since = EVERYTHING  # after an outage the leftovers of other archivers are not recent any more
        since, self._behind_since = self._behind_since, None  # a failure from here on sets it again
        try:
            result = await self._threads.run(lambda: self._scanned(since))
        except (DatabaseUnavailableError, StorageUnavailableError):
            if since is not None:
                self._note_behind(since)
            raise
        self._scanned_at = self._clock.monotonic()
        if result.adopted:
            log.info("files without a row adopted", count=result.adopted)
        if result.left:
            self._problems.report(Subject.PUT_BACK, rescan_texts.left_deleted(result.left))
        self._set_aside += result.broken
        if result.last_refused:
            self._problems.report(
                Subject.FILES, texts.files_refused(self._set_aside, result.unchecked, result.last_refused)
            )

    def _scanned(self, since: int | None) -> ScanResult:
        return self._recovery.scan_recent() if since is None else self._recovery.scan_all(since)

    def _note_behind(self, since: int) -> None:
        self._behind_since = since if self._behind_since is None else min(self._behind_since, since)
