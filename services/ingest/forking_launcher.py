"""Starts cameras' processes by forking a template process, which has imported everything: some 10 ms and MB for each.

The template has no part in them afterwards: they are ingest's own children. So its death ends none of them, and their
ends are seen as those of any child. docs/decisions/0028.
"""

import errno
import sys
from contextlib import suppress
from typing import Final

from services.ingest.adoption import AdoptedChild, adopting_orphans
from services.ingest.worker_launcher import ChildProcess, SpawningLauncher, WorkerLauncher
from services.ingest.worker_template import TemplateEndedError, WorkerTemplate
from shared.backoff import Backoff
from shared.clock import Clock
from shared.logs import get_logger

START_SECONDS: Final = 60.0
"""A small machine takes seconds to load the libraries."""
FIRST_RESTART_SECONDS: Final = 0.5
LONGEST_RESTART_SECONDS: Final = 30.0
log = get_logger(__name__)


class ForkingLauncher:
    """A `WorkerLauncher` with a template, which is replaced when it dies. Linux only.

    Raises:
        OSError: from the constructor, when the kernel knows no adoption of orphans.
    """

    def __init__(self, clock: Clock) -> None:
        with adopting_orphans():
            pass
        self._clock = clock
        self._template: WorkerTemplate | None = None
        self._backoff = Backoff(FIRST_RESTART_SECONDS, LONGEST_RESTART_SECONDS)
        self._due_at = float("-inf")
        """When the template is to be ready, or to be started if there is none."""
        self.is_ready()

    @property
    def template_pid(self) -> int | None:
        """None while there is no template."""
        return None if self._template is None else self._template.pid

    def is_ready(self) -> bool:
        now = self._clock.monotonic()
        if self._template is None:
            if now >= self._due_at:
                self._begin(now)
            return False
        try:
            is_ready = self._template.is_ready()
        except TemplateEndedError:
            self._replace("it died")
            return False
        if not is_ready and now >= self._due_at:
            self._replace(f"it was not ready within {START_SECONDS:.0f} s")
        return is_ready

    def launch(self, camera_key: str, standard_input: int, standard_output: int) -> ChildProcess:
        if self._template is None:
            raise OSError(errno.EAGAIN, "there is no process to fork it from")
        with adopting_orphans():
            try:
                pid = self._template.fork(camera_key, standard_input, standard_output)
            except TemplateEndedError:
                self._replace("it did not answer")
                raise OSError(errno.EAGAIN, "the process to fork it from ended") from None
        self._backoff.reset()
        return AdoptedChild(pid)

    def close(self) -> None:
        template, self._template = self._template, None
        if template is not None:
            template.end()

    def _begin(self, now: float) -> None:
        try:
            self._template, self._due_at = WorkerTemplate(), now + START_SECONDS
        except OSError as error:
            self._replace(f"it could not be started: {error.strerror}")

    def _replace(self, reason: str) -> None:
        self.close()
        delay = self._backoff.next_seconds()
        self._due_at = self._clock.monotonic() + delay
        log.error("template of the cameras' processes ended", reason=reason, restart_in_seconds=delay)


def worker_launcher(clock: Clock) -> WorkerLauncher:
    """The way to start cameras' processes on this system.

    Elsewhere than on Linux nobody adopts orphans, and on macOS the system's libraries don't survive a fork.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            return ForkingLauncher(clock)
    log.warning("each camera's process is started from nothing: this system can't fork them from one")
    return SpawningLauncher()
