"""Checks the archive little by little: some files each hour, all of them in a month. So damage is known in time.

It goes in the order of the ids and remembers its place in the database. Once a day the directories are looked through
for files without rows. In doubt whether the archive's disk is there it does nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy import Engine

from services.archiver.base import rescan_texts
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.problems import Problems, Subject
from services.archiver.base.threads import Threads
from services.archiver.db.camera_changes import cameras_changing
from services.archiver.db.file_facts import FileFact, FileFacts
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.marks import Marks
from services.archiver.db.recovery import Recovery
from services.archiver.files.store import FrameStore
from services.archiver.upkeep.check import Check
from services.archiver.upkeep.report import CameraFindings
from services.archiver.upkeep.rescan_job import gently
from shared.logs import get_logger

FIRST_SECONDS: Final = 900.0
ROUND_SECONDS: Final = 3600.0
HOURS_OF_A_ROUND: Final = 30 * 24
HOURS_OF_A_SCAN: Final = 24
REST_SECONDS: Final = 0.05
"""The pause after each file."""
_MOST_REMEMBERED: Final = 100
_NEWEST: Final = 5
_MARK: Final = "checked"
log = get_logger(__name__)


class SlowCheck:
    """On the loop; its work runs on a thread of low priority. `sleep` and `rest` are seams for tests."""

    sleep: Callable[[float], Awaitable[None]] = staticmethod(asyncio.sleep)
    rest: Callable[[float], None] = staticmethod(time.sleep)

    def __init__(self, engine: Engine, store: FrameStore, recovery: Recovery, make_check: Callable[[], Check]) -> None:
        self.problems = Problems()
        self._engine = engine
        self._facts = FileFacts(engine)
        self._frame_rows = FrameRows(engine)
        self._marks = Marks(engine)
        self._store = store
        self._recovery = recovery
        self._make_check = make_check
        self._threads = Threads()
        self._wrong: dict[int, FileFact] = {}
        """Rows whose files were gone or changed when they were last looked at."""

    async def run(self) -> None:
        """Check a part each hour, until it is cancelled."""
        await self.sleep(FIRST_SECONDS)
        hours = 0
        while True:
            try:
                await self.check_part()
                hours += 1
                if hours % HOURS_OF_A_SCAN == 0:
                    await self._threads.run(lambda: gently(self._recovery.scan_all))
            except (DatabaseUnavailableError, StorageUnavailableError) as error:
                log.info("the slow check waits", reason=str(error))
            await self.sleep(ROUND_SECONDS)

    async def check_part(self) -> int:
        """Check the next part; how many files. Raises DatabaseUnavailableError, StorageUnavailableError."""
        if not await self._threads.run(self._is_there):
            self.problems.report(Subject.CHECK, rescan_texts.NEWEST_AWAY)
            return 0
        count = await self._threads.run(lambda: gently(self._check_next))
        self._tell()
        return count

    def forget(self) -> None:
        """A whole rescan has just told of everything."""
        self._wrong.clear()
        self.problems.clear(Subject.CHECK)

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for the work on threads; how many pieces are still running at the deadline."""
        return await self._threads.drain(deadline_seconds)

    def _is_there(self) -> bool:
        """Whether the archive has any of its newest files, or is empty. Files that are being moved say nothing."""
        if cameras_changing(self._engine):
            return True
        newest, _ = self._frame_rows.page(FrameQuery(limit=_NEWEST))
        return not newest or any(self._store.modified_at(frame.path) is not None for frame in newest)

    def _check_next(self) -> int:
        share = -(-self._frame_rows.count(FrameQuery()) // HOURS_OF_A_ROUND)
        last, check = self._marks.get(_MARK) or 0, self._make_check()
        again, self._wrong = self._wrong, {}
        self._look(check, self._facts.with_ids(list(again)))  # a camera may have been renamed since
        count = 0
        while count < share:
            page = self._facts.after_id(last, min(share - count, _MOST_REMEMBERED))
            self._look(check, page)
            count += len(page)
            last = page[-1].id if page else 0
            self._marks.set(_MARK, last)
            if not page:
                break
        return count

    def _look(self, check: Check, facts: list[FileFact]) -> None:
        changing = cameras_changing(self._engine)  # their files are moved before their rows say so
        for fact in (each for each in facts if each.camera_key not in changing):
            findings = CameraFindings(fact.camera_key)
            check.rows([fact], findings)
            if (findings.missing or findings.changed) and len(self._wrong) < _MOST_REMEMBERED:
                self._wrong[fact.id] = fact
            self.rest(REST_SECONDS)

    def _tell(self) -> None:
        if self._wrong:
            last = list(self._wrong.values())[-1]
            self.problems.report(Subject.CHECK, rescan_texts.slow_check_found(len(self._wrong), last.path))
        else:
            self.problems.clear(Subject.CHECK)
