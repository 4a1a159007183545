"""Tries an object store at the start, so that what is wrong is told before the first slot, an hour later.

The store then knows whether it keeps the first of two writes (`ProbedStore`). On the loop; a background job.
"""

import asyncio
from typing import Final

from services.archiver.base.errors import StorageUnavailableError
from services.archiver.base.problems import Problems, Subject
from services.archiver.base.threads import Threads
from services.archiver.files.store import ProbedStore
from shared.backoff import Backoff

FIRST_RETRY_SECONDS: Final = 0.5
LONGEST_RETRY_SECONDS: Final = 30.0


class StoreProbe:
    """Tries the store until it can be used; the recorder tells of what fails after that."""

    def __init__(self, store: ProbedStore) -> None:
        self.problems = Problems()
        self._store = store
        self._threads = Threads()

    async def run(self) -> None:
        """Try, then rest until it is cancelled."""
        retry = Backoff(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS)
        while True:
            if await self._can_be_used():
                break
            await asyncio.sleep(retry.next_seconds())
        await asyncio.Event().wait()

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for the trial; how many are still running at the deadline."""
        return await self._threads.drain(deadline_seconds)

    async def _can_be_used(self) -> bool:
        try:
            await self._threads.run(self._store.keeps_first)
        except StorageUnavailableError as error:
            self.problems.report(Subject.STORE, str(error))
            return False
        self.problems.clear(Subject.STORE)
        return True
