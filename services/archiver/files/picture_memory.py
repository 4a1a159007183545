"""The memory for decoded pictures: work on one begins when there is room for it. Knows sizes, not pictures.

Four 8K pictures at once took 1.6 GB, and a container has 1 GB. Waiting is cheap for an archive: the slot is long.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from shared.allocator import give_memory_back

MEMORY_BYTES: Final = 640 * 1024 * 1024
"""It holds one 8K picture, or four of 4K, and leaves the rest of 1 GB to everything else."""
WORTH_BYTES: Final = 8 * 1024 * 1024
"""To give less back to the system is not worth the milliseconds. After a picture of 720p it is 5 MB."""


class PictureMemory:
    """Lets work begin in its order, while all that runs needs at most `capacity_bytes`. Larger work runs alone.

    One for a process and its children: the rendering process asks for its pictures, too.
    """

    def __init__(self, capacity_bytes: int = MEMORY_BYTES) -> None:
        self._capacity_bytes = capacity_bytes
        self._taken_bytes = 0
        self._line: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, byte_count: int) -> Iterator[None]:
        """`take` before the block, `give_back` after it, also to the system: the next picture is an hour away."""
        byte_count = self.take(byte_count)
        try:
            yield
        finally:
            if byte_count >= WORTH_BYTES:
                give_memory_back()
            self.give_back(byte_count)

    def take(self, byte_count: int) -> int:
        """Wait for this much memory; how much to give back. Blocks: on a thread only, and never one in another."""
        byte_count = min(byte_count, self._capacity_bytes)
        ticket = object()
        with self._changed:
            self._line.append(ticket)
            self._changed.wait_for(
                lambda: self._line[0] is ticket and self._taken_bytes + byte_count <= self._capacity_bytes
            )
            self._line.popleft()
            self._taken_bytes += byte_count
            self._changed.notify_all()
        return byte_count

    def give_back(self, byte_count: int) -> None:
        """Any thread; never blocks."""
        with self._changed:
            self._taken_bytes -= byte_count
            self._changed.notify_all()
