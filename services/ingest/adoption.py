"""Children by adoption: processes whose own parent ended. Linux only."""

import ctypes
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_PR_SET_CHILD_SUBREAPER: Final = 36
_EXIT_UNKNOWN: Final = 1


class AdoptedChild:
    """A `ChildProcess` that another process forked. Nothing else may wait for it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._exit_code: int | None = None

    def poll(self) -> int | None:
        if self._exit_code is None:
            self._look(os.WNOHANG)
        return self._exit_code

    def wait(self) -> None:
        if self._exit_code is None:
            self._look(0)

    def kill(self) -> None:
        # Its ID stays its own until `_look` has seen its end.
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def _look(self, options: int) -> None:
        try:
            pid, status = os.waitpid(self.pid, options)
        except ChildProcessError:  # the kernel keeps no codes where SIGCHLD is ignored; but it has ended
            self._exit_code = _EXIT_UNKNOWN
        else:
            self._exit_code = os.waitstatus_to_exitcode(status) if pid else None


@contextmanager
def adopting_orphans() -> Iterator[None]:
    """Within the block this process becomes the parent of its descendants whose own parent ends.

    Raises:
        OSError: when the kernel refuses.
    """
    _set_adoption(1)
    try:
        yield
    finally:
        _set_adoption(0)


def _set_adoption(is_on: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, is_on, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "this system gives orphaned processes no new parent")
