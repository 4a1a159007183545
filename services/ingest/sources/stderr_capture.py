"""What the native libraries write to standard error, caught. FFmpeg says there, and only there, why a camera fails.

The process's descriptor 2 becomes a pipe that the camera's thread reads; Python's own standard error moves to a
copy of the old one. Nothing a library prints reaches the outside unread, so no credentials can either.
"""

import faulthandler
import os
import re
import sys
from collections import deque
from typing import Final

READ_BYTES: Final = 64 * 1024
KEPT_LINES: Final = 20
_PREFIX: Final = re.compile(r"^\[[^\]]*\] ")


class NativeLog:
    """The lines written since the last `clear`, the newest few of them. One thread."""

    def __init__(self, read_descriptor: int) -> None:
        self._descriptor = read_descriptor
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)

    @classmethod
    def capture(cls) -> "NativeLog":
        """Redirect this process's standard error. Before logging is configured, and once.

        Neither end of the pipe blocks: what nobody reads in time is lost, and the decoder never waits.
        """
        python_stderr = os.dup(2)
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        os.set_blocking(write_end, False)
        os.dup2(write_end, 2)
        os.close(write_end)
        sys.stderr = os.fdopen(python_stderr, "w", buffering=1, errors="backslashreplace")
        faulthandler.enable(sys.stderr)
        return cls(read_end)

    def lines(self) -> list[str]:
        """What came since `clear`, oldest first, without the libraries' `[name @ address]` prefixes."""
        self.fresh_lines()
        return list(self._lines)

    def fresh_lines(self) -> list[str]:
        """What came since it was last read."""
        fresh: list[str] = []
        while True:
            try:
                text = os.read(self._descriptor, READ_BYTES)
            except BlockingIOError:
                break
            if not text:
                break
            fresh += [_PREFIX.sub("", line) for line in text.decode(errors="replace").splitlines()]
        self._lines.extend(fresh)
        return fresh

    def clear(self) -> None:
        self.lines()
        self._lines.clear()
