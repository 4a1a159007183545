"""Hears from ingest what its cameras' tables say to the archive, has the rules follow, and remembers it.

Until every ingest has been heard, nothing is deleted by age: a camera may have a rule of its own that keeps more.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from services.archiver.base import camera_texts
from services.archiver.base.camera_rules import CameraRules
from services.archiver.base.errors import DatabaseUnavailableError
from services.archiver.base.problems import Problems, Subject
from services.archiver.base.threads import Threads
from services.archiver.db.told_rules import ToldRules
from shared.bus.ingest_report import ArchiveKeys, IngestReport
from shared.logs import get_logger

RETRY_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 60.0
"""After so long without ingest it is said that retention waits for it."""
TOGETHER_SECONDS: Final = 10.0
"""Ingests that were heard within such a time run side by side: a restarted one has another id."""
UNTELLABLE: Final = ArchiveKeys(archive_keep="all:forever")
"""For a table that says what can't be told."""
log = get_logger(__name__)


class IngestRules:
    """On the loop; its work on the database runs on a thread. `ingests` is how many there are."""

    def __init__(self, rules: CameraRules, rows: ToldRules, ingests: int, monotonic: Callable[[], float]) -> None:
        self.problems = Problems()
        self._rules = rules
        self._rows = rows
        self._ingests = ingests
        self._monotonic = monotonic
        self._heard: dict[str, float] = {}
        self._told: dict[str, ArchiveKeys] = {}
        """What was heard, and before that what is remembered."""
        self._unkept: dict[str, ArchiveKeys] = {}
        self._has_news = asyncio.Event()
        self._threads = Threads()
        rules.waits_for_ingest = True

    def hear(self, report: IngestReport) -> None:
        """An ingest told of itself."""
        if report.refusal is not None:
            return
        told = {key: rule or UNTELLABLE for key, rule in (report.archive or {}).items()}
        news = {key: rule for key, rule in told.items() if self._told.get(key) != rule}
        if news:
            self._told |= news
            self._unkept |= news
            self._has_news.set()
            self._rules.take_told(self._told)
            log.info("rules of cameras heard", cameras=sorted(news))
        if self._rules.waits_for_ingest:
            now = self._monotonic()
            self._heard[report.ingest] = now
            self._heard = {ingest: at for ingest, at in self._heard.items() if now - at < TOGETHER_SECONDS}
            if len(self._heard) >= self._ingests:
                self._rules.waits_for_ingest = False
                self._has_news.set()
                self.problems.clear(Subject.CAMERA_RULES)

    async def run(self) -> None:
        """Remember what was heard, until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._say_if_silent())
            await self._remember()
            while True:
                await self._has_news.wait()
                self._has_news.clear()
                await self._keep()

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for the work on threads; how many pieces are still running at the deadline."""
        return await self._threads.drain(deadline_seconds)

    async def _remember(self) -> None:
        """Take what an earlier run was told, where nothing newer was heard."""
        while True:
            try:
                remembered = await self._threads.run(self._rows.all)
            except DatabaseUnavailableError:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._told = remembered | self._told
            self._rules.take_told(self._told)
            return

    async def _keep(self) -> None:
        unkept, self._unkept = self._unkept, {}
        try:
            await self._threads.run(partial(self._rows.keep, unkept, is_all=not self._rules.waits_for_ingest))
        except DatabaseUnavailableError:
            self._unkept = unkept | self._unkept
            await asyncio.sleep(RETRY_SECONDS)
            self._has_news.set()

    async def _say_if_silent(self) -> None:
        await asyncio.sleep(SILENT_SECONDS)
        if self._rules.waits_for_ingest:
            self.problems.report(Subject.CAMERA_RULES, camera_texts.INGEST_TOLD_NOTHING)
