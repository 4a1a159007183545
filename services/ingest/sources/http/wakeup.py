"""Ends another thread's wait for a socket or for time to pass."""

import select
import socket
from contextlib import suppress
from typing import Final

_MANY: Final = 4096


class Wakeup:
    """Set by any thread, and waited for by one. It stays set until `clear`."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)

    def __del__(self) -> None:
        # Not at a source's close: another thread may set it at that very moment.
        self._reader.close()
        self._writer.close()

    def fileno(self) -> int:
        return self._reader.fileno()

    def set(self) -> None:
        """Any thread."""
        with suppress(BlockingIOError):  # it is set often enough
            self._writer.send(b"!")

    def clear(self) -> bool:
        """Whether it was set."""
        try:
            return bool(self._reader.recv(_MANY))
        except BlockingIOError:
            return False

    def wait(self, seconds: float) -> bool:
        """Whether it was set within `seconds`. Clears it."""
        poll = select.poll()
        poll.register(self._reader, select.POLLIN)
        poll.poll(max(0.0, seconds) * 1000)
        return self.clear()
