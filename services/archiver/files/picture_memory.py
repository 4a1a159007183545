"""The memory for decoded pictures: work on one begins when there is room for it. Knows sizes, not pictures.

Four 8K pictures at once took 1.6 GB, and a container has 1 GB. Waiting is cheap for an archive: the slot is long.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MEMORY_BYTES: Final = 640 * 1024 * 1024
"""For one process. It holds one 8K picture, or four of 4K, and leaves the rest of 1 GB to everything else."""


class PictureMemory:
    """Lets work begin in its order, while all that runs needs at most `capacity_bytes`. Larger work runs alone."""

    def __init__(self, capacity_bytes: int = MEMORY_BYTES) -> None:
        self._capacity_bytes = capacity_bytes
        self._taken_bytes = 0
        self._line: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, byte_count: int) -> Iterator[None]:
        """Wait for so much memory, and hold it during the block. Blocks: on a thread only, and never one in another."""
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
        try:
            yield
        finally:
            with self._changed:
                self._taken_bytes -= byte_count
                self._changed.notify_all()
