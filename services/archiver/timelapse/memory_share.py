"""The rendering process's share of the archiver's memory for pictures, held for it by the archiver. On the loop."""

from services.archiver.base.threads import Threads
from services.archiver.files.picture_memory import PictureMemory


class MemoryShare:
    """Holds what the process asked for last. So its pictures and the archiver's fit into one container together."""

    def __init__(self, memory: PictureMemory) -> None:
        self._memory = memory
        self._threads = Threads()
        self._held_bytes = 0
        self._is_closed = False

    async def hold(self, byte_count: int) -> None:
        """Give back what is held, then wait for this much."""
        self._give_back()
        if byte_count:
            await self._threads.run(lambda: self._memory.take(byte_count), self._took)

    def close(self) -> None:
        """Hold nothing any more, also of what a wait that was cancelled still gets."""
        self._is_closed = True
        self._give_back()

    def _took(self, byte_count: int) -> None:
        self._held_bytes = byte_count
        if self._is_closed:
            self._give_back()

    def _give_back(self) -> None:
        byte_count, self._held_bytes = self._held_bytes, 0
        self._memory.give_back(byte_count)
