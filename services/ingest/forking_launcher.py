"""Starts cameras' processes by forking the template process, which has imported everything: 20 ms and few MB for each.

The template has no part in them afterwards: they are this process's own children. So its death ends none of them, and
their ends are seen as those of any child. docs/decisions/0028.
"""

import ctypes
import errno
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from services.ingest.worker_launcher import ChildProcess, SpawningLauncher, WorkerLauncher, inherited_environment
from shared.backoff import backoff_seconds
from shared.clock import Clock
from shared.logs import get_logger

TEMPLATE_MODULE: Final = "services.ingest.template_main"
READY: Final = b"ready"
MOST_REQUEST_BYTES: Final = 256
ANSWER_SECONDS: Final = 10.0
"""A fork takes 20 ms. A template that takes this long for one is replaced."""
START_SECONDS: Final = 60.0
FIRST_RESTART_SECONDS: Final = 0.5
LONGEST_RESTART_SECONDS: Final = 30.0
_PR_SET_CHILD_SUBREAPER: Final = 36
log = get_logger(__name__)


class ForkedChild:
    """A `ChildProcess` that another process forked, and that this one adopted. Nothing else may wait for it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._exit_code: int | None = None

    def poll(self) -> int | None:
        return self._look(os.WNOHANG)

    def wait(self) -> int:
        code = self._look(0)
        assert code is not None
        return code

    def kill(self) -> None:
        # Its ID stays its own until `_look` has seen its end.
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def _look(self, options: int) -> int | None:
        if self._exit_code is None:
            try:
                pid, status = os.waitpid(self.pid, options)
            except ChildProcessError:  # the kernel keeps no codes where SIGCHLD is ignored; it has ended, though
                self._exit_code = 1
            else:
                self._exit_code = os.waitstatus_to_exitcode(status) if pid else None
        return self._exit_code


class ForkingLauncher:
    """A `WorkerLauncher` with a template process, which is started anew when it dies. Linux only.

    Raises:
        OSError: from the constructor, when the kernel knows no adoption of orphans.
    """

    def __init__(self, clock: Clock) -> None:
        with adopting_orphans():
            pass
        self._clock = clock
        self._template: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._is_ready = False
        self._failures = 0
        self._began_at = self._begin_at = clock.monotonic()
        self.is_ready()

    @property
    def template_pid(self) -> int | None:
        """None while there is no template."""
        return None if self._template is None else self._template.pid

    def is_ready(self) -> bool:
        now = self._clock.monotonic()
        if self._control is None:
            if now >= self._begin_at:
                self._begin(now)
            return False
        if _has_message(self._control, 0):
            # The only message that nobody asked for is the first. Anything else is the end.
            self._is_ready = not self._is_ready and _received(self._control) == READY
            if not self._is_ready:
                self._end("it died")
        elif not self._is_ready and now - self._began_at > START_SECONDS:
            self._end("it did not start")
        return self._is_ready

    def launch(self, camera_key: str, standard_input: int, standard_output: int) -> ChildProcess:
        if not self.is_ready() or self._control is None:
            raise OSError(errno.EAGAIN, "the process it is forked from is not ready")
        with adopting_orphans():
            pid = self._forked(self._control, camera_key, [standard_input, standard_output])
        self._failures = 0
        # A Ctrl-C is for ingest, which then ends this process in order; and the template's end is not for it either.
        with suppress(ProcessLookupError):  # it has just died
            os.setpgid(pid, pid)
        return ForkedChild(pid)

    def _forked(self, control: socket.socket, camera_key: str, descriptors: list[int]) -> int:
        try:
            socket.send_fds(control, [camera_key.encode()], descriptors)
            result = int(_received(control) if _has_message(control, ANSWER_SECONDS) else b"")
        except (OSError, ValueError):
            self._end("it died or did not answer")
            raise OSError(errno.EAGAIN, "the process it is forked from ended") from None
        if result < 0:
            raise OSError(-result, os.strerror(-result))
        return result

    def close(self) -> None:
        if self._control is not None:
            self._end("")

    def _begin(self, now: float) -> None:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            try:
                self._template = subprocess.Popen(
                    [sys.executable, "-m", TEMPLATE_MODULE],
                    stdin=its,
                    stdout=subprocess.DEVNULL,
                    env=inherited_environment(os.environ),
                    process_group=0,
                )
            except OSError as error:
                ours.close()
                self._fail(f"it could not be started: {error.strerror}")
                return
        self._control, self._began_at = ours, now

    def _end(self, why: str) -> None:
        """End the template and a process that it may have forked for nobody. Those of cameras have left its group."""
        assert self._control is not None
        assert self._template is not None
        self._control.close()
        group, template = self._template.pid, self._template
        self._control, self._template, self._is_ready = None, None, False
        os.killpg(group, signal.SIGKILL)
        template.wait()
        with suppress(ChildProcessError):  # there are no more
            while True:
                os.waitpid(-group, 0)
        if why:
            self._fail(why)

    def _fail(self, why: str) -> None:
        delay = backoff_seconds(FIRST_RESTART_SECONDS, LONGEST_RESTART_SECONDS, self._failures)
        self._failures += 1
        self._begin_at = self._clock.monotonic() + delay
        log.error("template of the cameras' processes ended", reason=why, restart_in_seconds=delay)


def worker_launcher(clock: Clock) -> WorkerLauncher:
    """The way to start cameras' processes on this system.

    Elsewhere than on Linux nobody adopts orphans, and on macOS the system's libraries do not survive a fork.
    """
    if sys.platform == "linux":
        try:
            return ForkingLauncher(clock)
        except OSError as error:
            log.warning("each camera's process is started from nothing", reason=error.strerror)
    return SpawningLauncher()


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


def _has_message(control: socket.socket, seconds: float) -> bool:
    """Whether there is one, or the end."""
    poll = select.poll()
    poll.register(control, select.POLLIN)
    return bool(poll.poll(round(seconds * 1000)))


def _received(control: socket.socket) -> bytes:
    try:
        return control.recv(MOST_REQUEST_BYTES)
    except OSError:
        return b""
