"""Viewers whose links take all there is, served together: the fan-out's fast lane.

Most viewers never skip. To ask the kernel of each whether it has room costs a tenth of what the part does, and to go
about it in Python another tenth. So for some parts they are only written to, in one loop of the interpreter's own, and
then each is asked again (`Feed`). Should a link turn bad, it has taken those few parts more.
"""

from collections.abc import Sequence
from itertools import repeat
from operator import call

from services.stream.fanout.viewer import DirectViewer, write, written_of


class ClearLinks:
    """`viewers` all read the same bytes. Their counts are right after `settle`."""

    def __init__(self, viewers: Sequence[DirectViewer]) -> None:
        self._viewers = viewers
        self._descriptors = [viewer.descriptor for viewer in viewers]
        self._are_closing = [viewer.is_closing for viewer in viewers]
        self._uncounted_parts = self._uncounted_bytes = 0

    def offer(self, part: bytes, now: float) -> bool:
        """Write `part` to all; whether each took it whole. If not, they are to be looked at one by one."""
        if any(map(call, self._are_closing)):
            # A descriptor that was closed may be somebody else's already.
            for viewer in self._viewers:
                viewer.offer(part, now)
            return False
        written: list[int] = []
        writing = map(write, self._descriptors, repeat(part))
        while len(written) < len(self._viewers):
            # What came before an error stays in the list, and the loop goes on behind it.
            try:
                written.extend(writing)
            except OSError as error:
                written.append(written_of(error))
        if written.count(len(part)) == len(written):
            self._uncounted_parts += 1
            self._uncounted_bytes += len(part)
            return True
        for viewer, written_bytes in zip(self._viewers, written, strict=True):
            viewer.was_written(part, written_bytes)
        return False

    def settle(self) -> None:
        """Tell each viewer what it has taken."""
        if self._uncounted_parts:
            for viewer in self._viewers:
                viewer.count(self._uncounted_parts, self._uncounted_bytes)
            self._uncounted_parts = self._uncounted_bytes = 0
