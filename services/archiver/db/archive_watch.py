"""Watches whether the archive's disk is in its place, and says so within seconds, also while nothing is written."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.problems import Problems, Subject
from services.archiver.base.threads import Threads
from services.archiver.db.archive_identity import ArchiveIdentity
from services.archiver.files.local_store import LocalStore

CHECK_SECONDS: Final = 2.0
"""A check is a look at one file's inode, which is in memory: it wakes no disk."""


class ArchiveWatch:
    """On the loop; its work runs on a thread. `settle` is called when the database has its tables."""

    def __init__(self, identity: ArchiveIdentity, store: LocalStore, problems: Problems) -> None:
        self._identity = identity
        self._store = store
        self._problems = problems
        self._threads = Threads()
        self._has_tables = False

    async def settle(self) -> None:
        """Find out which archive this is. A disk that is away becomes a problem.

        Raises:
            DatabaseUnavailableError: when the database can't be asked.
        """
        self._has_tables = True
        await self._report(self._identity.settle)

    async def database_is_away(self) -> None:
        """It can't be asked at the moment."""
        await self._threads.run(self._identity.go_on_without_database)

    async def check_place_of_database(self) -> None:
        """See `ArchiveIdentity`."""
        await self._threads.run(self._identity.check_place_of_database)

    async def run(self) -> None:
        """Check until it is cancelled."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            is_settled = self._store.marker.archive_id is not None
            if is_settled or self._has_tables:
                with suppress(DatabaseUnavailableError):  # the row writer reports it
                    await self._report(self._identity.check if is_settled else self._identity.settle)

    async def _report(self, check: Callable[[], None]) -> None:
        try:
            await self._threads.run(check)
        except StorageUnavailableError as error:
            self._problems.report(Subject.DISK, str(error))
            return
        if self._problems.has(Subject.DISK):
            # What the other parts said of it is over, too. If not, they say it again at their next attempt.
            for subject in (Subject.DISK, Subject.STORE, Subject.SCAN):
                self._problems.clear(subject)
            await self._threads.run(self._store.mark_linked_folders)
