"""One run of the template process, which cameras' processes are forked from: `template_main.py`, seen from ingest."""

import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from typing import Final

from services.ingest.worker_launcher import inherited_environment
from shared.errors import FramecastError

TEMPLATE_MODULE: Final = "services.ingest.template_main"
READY: Final = b"ready"
MOST_MESSAGE_BYTES: Final = 256
ANSWER_SECONDS: Final = 10.0
"""A fork takes some 10 ms. A template that takes this long for one is as good as dead."""


class TemplateEndedError(FramecastError):
    """Raised when the template is dead, or as good as dead. Call `end`."""


class WorkerTemplate:
    """Starts a template process. For the supervisor's thread only.

    A message to it is a camera's key with two descriptors; its answer is a process ID, or a negative `errno`.

    Raises:
        OSError: from the constructor, when it can't be started.
    """

    def __init__(self) -> None:
        self._is_ready = False
        self._control, its_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its_end:
            try:
                self._process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 our own module
                    [sys.executable, "-m", TEMPLATE_MODULE],
                    stdin=its_end.fileno(),
                    stdout=subprocess.DEVNULL,
                    env=inherited_environment(os.environ),
                    process_group=0,
                )
            except OSError:
                self._control.close()
                raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_ready(self) -> bool:
        """Whether it has imported everything. Raises TemplateEndedError."""
        if self._has_message(0):
            # The only message that nobody asked for is its first.
            if self._is_ready or self._received() != READY:
                raise TemplateEndedError
            self._is_ready = True
        return self._is_ready

    def fork(self, camera_key: str, standard_input: int, standard_output: int) -> int:
        """The ID of a new process with these descriptors. This process is its parent, if it adopts orphans now.

        Raises:
            OSError: when the system has no room for another process.
            TemplateEndedError: when it doesn't answer.
        """
        try:
            socket.send_fds(self._control, [camera_key.encode()], [standard_input, standard_output])
        except OSError:
            raise TemplateEndedError from None
        answer = self._received() if self._has_message(ANSWER_SECONDS) else b""
        if not answer:
            raise TemplateEndedError
        pid = int(answer)
        if pid < 0:
            raise OSError(-pid, os.strerror(-pid))
        # A Ctrl-C is for ingest, which then ends this process in order. And it leaves the group that `end` kills.
        with suppress(ProcessLookupError):  # it has just died
            os.setpgid(pid, pid)
        return pid

    def end(self) -> None:
        """End it, and what it has forked since nobody got the answer. Those of cameras have left its group."""
        self._control.close()
        with suppress(ProcessLookupError):  # it ended, and the system was told to forget ended children
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        with suppress(ChildProcessError):  # there are no more
            while True:
                os.waitpid(-self._process.pid, 0)

    def _has_message(self, seconds: float) -> bool:
        """Whether there is one, or the end."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        return bool(poll.poll(round(seconds * 1000)))

    def _received(self) -> bytes:
        """Empty at the end."""
        try:
            message: bytes = self._control.recv(MOST_MESSAGE_BYTES)
        except OSError:
            return b""
        return message
