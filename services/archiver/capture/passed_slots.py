"""Slots that begin and end while the archive's store has not answered yet about the picture of an earlier one."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from services.archiver.capture.slots import Slot

LOOK_SECONDS: Final = 0.5
T = TypeVar("T")


class PassedSlots:
    """On the loop's thread only. A store may hang for many slots. The archiver ran in all of them, so their gaps must
    not say that it was down. While the whole machine sleeps nobody looks, so slots of that time are not among them.
    """

    def __init__(self, due_slot: Callable[[], Slot | None]) -> None:
        """`due_slot` gives the slot that runs now, if a picture of it is due."""
        self._due_slot = due_slot
        self.begun: list[Slot] = []
        """Those that began while the store was waited for, oldest first. The last one may still run."""

    async def during(self, work: Coroutine[Any, Any, T], of: Slot) -> T:
        """The result of the store's work for that slot, or its error. The next slot may have begun before the work."""
        task = asyncio.ensure_future(work)
        latest = self.begun[-1] if self.begun else of
        try:
            while not (await asyncio.wait((task,), timeout=LOOK_SECONDS))[0]:
                slot = self._due_slot()
                if slot is None or slot.start_seconds <= latest.start_seconds:
                    continue
                self.begun.append(slot)
                latest = slot
        finally:
            task.cancel()  # it is done, or we are cancelled
        return task.result()

    def taken(self, running: Slot | None) -> list[Slot]:
        """Those that have ended. They are forgotten here."""
        ended = [slot for slot in self.begun if slot != running]
        self.begun.clear()
        return ended
