"""Hears from ingest what its cameras' tables say to the archive, has the rules follow, and remembers it.

Until every ingest has been heard, nothing is deleted by age: a camera may have a rule of its own that keeps more.
"""

import asyncio
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
UNTELLABLE: Final = ArchiveKeys(archive_keep="all:forever")
"""For a table that says what can't be told."""
log = get_logger(__name__)


class IngestRules:
    """On the loop; its work on the database runs on a thread. `ingests` is how many there are, 0 where none tells."""

    def __init__(self, rules: CameraRules, rows: ToldRules, ingests: int) -> None:
        self.problems = Problems()
        self._rules = rules
        self._rows = rows
        self._ingests = ingests
        self._reports = 0
        self._heard: dict[str, tuple[int, int]] = {}
        """Which report was an ingest's first, and which its last."""
        self._told: dict[str, ArchiveKeys] = {}
        """What this run was told."""
        self._remembered: dict[str, ArchiveKeys] = {}
        self._unkept: dict[str, ArchiveKeys] = {}
        self._has_news = asyncio.Event()
        self._threads = Threads()
        rules.waits_for_ingest = ingests > 0

    def hear(self, report: IngestReport) -> None:
        """An ingest told of itself."""
        if report.refusal is not None:
            return
        told = {key: rule or UNTELLABLE for key, rule in (report.archive or {}).items()}
        news = {key: rule for key, rule in told.items() if (self._remembered | self._told).get(key) != rule}
        self._told |= told
        if news:
            self._unkept |= news
            self._has_news.set()
            self._follow()
            log.info("rules of cameras heard", cameras=sorted(news))
        if self._rules.waits_for_ingest and self._all_run(report.ingest):
            self._rules.waits_for_ingest = False
            self._has_news.set()
            self.problems.clear(Subject.CAMERA_RULES)

    def _all_run(self, ingest: str) -> bool:
        """Whether as many ingests as there are have been heard side by side, now that this one was heard.

        A restarted one has another id, and its earlier one is heard no more: so only those count that have been heard
        since the newest one began.
        """
        self._reports += 1
        first, _ = self._heard.get(ingest, (self._reports, 0))
        self._heard[ingest] = first, self._reports
        newest = max(first for first, _ in self._heard.values())
        return sum(last >= newest for _, last in self._heard.values()) >= self._ingests

    async def run(self) -> None:
        """Remember what was heard, until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._say_if_silent())
            await self._remember()
            while True:
                await self._has_news.wait()
                self._has_news.clear()
                await self._keep()

    async def refresh(self) -> None:
        """Take what is remembered now: pictures may have got another camera's key, and its rule with that. To be called
        before anything is deleted by age.

        Raises DatabaseUnavailableError.
        """
        self._remembered = await self._threads.run(self._rows.all)
        self._follow()

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for the work on threads; how many pieces are still running at the deadline."""
        return await self._threads.drain(deadline_seconds)

    async def _remember(self) -> None:
        """Take what an earlier run was told, where nothing newer was heard."""
        while True:
            try:
                return await self.refresh()
            except DatabaseUnavailableError:
                await asyncio.sleep(RETRY_SECONDS)

    def _follow(self) -> None:
        self._rules.take_told(self._remembered | self._told)

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
