"""Writes one part to many viewers whose connections are never congested: the fan-out's fast path.

Most viewers are never congested. Checking a socket's send queue costs about 10 % of the write itself, and doing it in
Python as much again. So three parts in a row are written to all of these viewers in one loop inside the interpreter,
and only the fourth checks each of them (`Feed`). A connection that turns bad has then taken up to three parts too many.
"""

from collections.abc import Sequence
from itertools import repeat
from operator import call

from services.stream.fanout.viewer import DirectViewer, bytes_written_despite, write


class BatchWriter:
    """`viewers` all read the same framing. Their counts are right after `settle`."""

    def __init__(self, viewers: Sequence[DirectViewer]) -> None:
        self._viewers = viewers
        self._descriptors = [viewer.descriptor for viewer in viewers]
        self._are_closing = [viewer.is_closing for viewer in viewers]
        self._uncounted_parts = self._uncounted_bytes = 0

    def offer(self, part: bytes, now: float) -> bool:
        """Write `part` to all; whether each took it whole. If not, the feed must check them one by one again."""
        if any(map(call, self._are_closing)):
            # The descriptor of a closed connection may already belong to another one.
            for viewer in self._viewers:
                viewer.offer(part, now)
            return False
        written: list[int] = []
        writing = map(write, self._descriptors, repeat(part))
        while len(written) < len(self._viewers):
            # An error ends `extend`, but keeps what it has appended. The next round continues with the next viewer.
            try:
                written.extend(writing)
            except OSError as error:
                written.append(bytes_written_despite(error))
        if written.count(len(part)) == len(written):
            self._uncounted_parts += 1
            self._uncounted_bytes += len(part)
            return True
        for viewer, written_bytes in zip(self._viewers, written, strict=True):
            viewer.was_written(part, written_bytes)
        return False

    def settle(self) -> None:
        """Add to each viewer's counts what it has taken since the last time."""
        if self._uncounted_parts:
            for viewer in self._viewers:
                viewer.count(self._uncounted_parts, self._uncounted_bytes)
            self._uncounted_parts = self._uncounted_bytes = 0
