"""Renames and forgets cameras when the operator asks for it, and finishes what an earlier archiver had to leave."""

import asyncio
from contextlib import suppress
from typing import Final

from services.archiver.base import camera_texts
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.base.problems import Problems, Subject
from services.archiver.base.threads import Threads
from services.archiver.upkeep.camera_changes import CameraKeeper, ChangeResult
from shared.backoff import Backoff

FIRST_RETRY_SECONDS: Final = 1.0
LONGEST_RETRY_SECONDS: Final = 60.0


class CameraJob:
    """On the loop; its work runs on threads."""

    def __init__(self, keeper: CameraKeeper) -> None:
        self.problems = Problems()
        self._keeper = keeper
        self._threads = Threads()
        self._due = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[ChangeResult]] = {}

    async def change(self, key: str, new_key: str | None, patience_seconds: float) -> ChangeResult | None:
        """Rename the camera, or forget it (None). None when it takes longer than that; it goes on all the same.

        Raises:
            UnknownCameraError, CameraChangingError: nothing was done, nor if database or store are unavailable.
        """
        await self._threads.run(lambda: self._keeper.begin(key, new_key))
        done = self._waiting.setdefault(key, asyncio.get_running_loop().create_future())
        self._due.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_seconds):
                return await asyncio.shield(done)
        return None

    async def run(self) -> None:
        """Finish changes, until it is cancelled."""
        self._due.set()
        retry = Backoff(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS)
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self._finish_all()
            except (DatabaseUnavailableError, StorageUnavailableError) as error:
                if self._waiting:
                    self.problems.report(Subject.CAMERAS, camera_texts.camera_change_waits(error))
                await asyncio.sleep(retry.next_seconds())
                self._due.set()
            else:
                self.problems.clear(Subject.CAMERAS)
                retry.reset()

    async def drain(self, deadline_seconds: float) -> int:
        """Wait for the work on threads; how many pieces are still running at the deadline."""
        return await self._threads.drain(deadline_seconds)

    async def _finish_all(self) -> None:
        for change in await self._threads.run(self._keeper.unfinished):
            key, new_key = change.key, change.new_key
            result = await self._threads.run(lambda: self._keeper.finish(key, new_key))  # noqa: B023 it is awaited
            waiting = self._waiting.pop(key, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(result)
