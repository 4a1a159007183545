"""Tries an object store at the start, so that what is wrong is told before the first slot, an hour later.

It also tells once whether the store keeps the first of two writes (`ProbedStore`). On the loop; a background job.
"""

import asyncio
from typing import Final

from services.archiver.base import store_texts
from services.archiver.base.errors import StorageUnavailableError
from services.archiver.base.problems import Problems, Subject
from services.archiver.base.threads import Threads
from services.archiver.files.store import ProbedStore
from shared.backoff import Backoff
from shared.logs import get_logger

FIRST_RETRY_SECONDS: Final = 0.5
LONGEST_RETRY_SECONDS: Final = 30.0
log = get_logger(__name__)


class StoreProbe:
    """Tries the store until it can be used; the recorder tells of what fails after that."""

    def __init__(self, store: ProbedStore) -> None:
        self.problems = Problems()
        self.note: str | None = None
        """What the owner should know of the store, in a sentence. From any thread."""
        self._store = store
        self._threads = Threads()

    async def run(self) -> None:
        """Try, then rest until it is cancelled."""
        retry = Backoff(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS)
        keeps_first = await self._answer()
        while keeps_first is None:
            await asyncio.sleep(retry.next_seconds())
            keeps_first = await self._answer()
        if keeps_first:
            log.info("the object store can be used", keeps_first=True)
        else:
            self.note = store_texts.LOOKS_BEFORE_IT_WRITES
            log.warning("the object store can be used by one archiver", keeps_first=False, text=self.note)
        await asyncio.Event().wait()

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for the trial; how many are still running at the deadline."""
        return await self._threads.drain(deadline_seconds)

    async def _answer(self) -> bool | None:
        """Whether the store keeps the first of two writes; None when it can't be used now."""
        try:
            keeps_first = await self._threads.run(self._store.keeps_first)
        except StorageUnavailableError as error:
            self.problems.report(Subject.STORE, str(error))
            return None
        self.problems.clear(Subject.STORE)
        return keeps_first
