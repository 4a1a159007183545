"""A camera's process as the supervisor sees it. It is started, checked for heartbeats, ended, and started again when it
dies or falls silent.

So a crash, a leak or a hang of one camera never touches another.
"""

import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from services.ingest.camera.state import ObservedState
from services.ingest.camera_status import camera_status
from services.ingest.process_limits import broken_limit
from services.ingest.settings import CameraEnvironment, CameraSettings
from services.ingest.worker_launcher import WorkerLauncher
from services.ingest.worker_process import WorkerProcess
from shared.backoff import backoff_seconds
from shared.bus.publishing_rights import PublishingRights
from shared.bus.status import CameraState, CameraStatus
from shared.clock import Clock
from shared.logs import get_logger
from shared.settings import DEFAULT_MAX_PIXELS

FIRST_RESTART_SECONDS: Final = 0.5
LONGEST_RESTART_SECONDS: Final = 30.0
SETTLED_SECONDS: Final = 60.0
"""A process that ran for longer than this is started again without much delay."""
FIRST_COSTLY_RESTART_SECONDS: Final = 5.0
LONGEST_COSTLY_RESTART_SECONDS: Final = 300.0
"""After a picture that cost too much: the next one may, too. The waits are short again once a process ran for longer
than the longest of them, so such a camera takes 3 % of a core at most."""
log = get_logger(__name__)


class CameraWorker:
    """The worker of one camera. For the supervisor's thread only. `private` names what its process may not read."""

    def __init__(  # noqa: PLR0913 its collaborators, each by name
        self,
        camera: CameraSettings,
        order: int,
        inner_address: str,
        *,
        rights: PublishingRights,
        launcher: WorkerLauncher,
        clock: Clock,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        private: Callable[[], frozenset[Path]] = frozenset,
    ) -> None:
        self.camera = camera
        self.order = order
        self._inner_address = inner_address
        self._rights = rights
        self._launcher = launcher
        self._clock = clock
        self._max_pixels = max_pixels
        self._private = private
        self._notices: tuple[str, ...] = ()
        self._process: WorkerProcess | None = None
        self._restarts = 0
        self._costly_ends = 0
        self._restart_at = float("-inf")
        initial = CameraState.CONNECTING if camera.enabled else CameraState.DISABLED
        self._observed = ObservedState(initial, clock.utc_ns())

    @property
    def pid(self) -> int | None:
        """None while no process runs."""
        return None if self._process is None else self._process.pid

    def status(self) -> CameraStatus | None:
        """The camera's status while its process does not send it; None while the process does."""
        if self._process is not None and self._process.heartbeat_at is not None:
            return None
        return camera_status(self.camera, self.order, self._observed, self._notices)

    def check(self) -> bool:
        """Start the process if it is time, end it if it hangs. True if the camera's status changed.

        Called several times a second.
        """
        now = self._clock.monotonic()
        if not self.camera.enabled:
            return False
        if self._process is None:
            return now >= self._restart_at and self._launcher.is_ready() and not self._start(now)
        if self._process.is_silent(now):
            log.error("camera's process is silent and is ended", camera=self.camera.device_key)
            self._process.kill()
        exit_code = self._process.exit_code()
        if exit_code is None:
            return False
        lived_seconds = now - self._process.started_at
        self.finish_stop(0)
        if (limit := broken_limit(exit_code, self._max_pixels)) is not None:
            self._schedule_costly_restart(now, lived_seconds, limit)
        else:
            self._schedule_restart(now, lived_seconds, _exit_words(exit_code))
        return True

    def set_notices(self, notices: tuple[str, ...]) -> None:
        """Have the camera's status carry `notices`, and its current place in the order."""
        self._notices = notices
        if self._process is not None:
            self._process.send({"order": self.order, "notices": notices})

    def begin_stop(self) -> None:
        """Tell the process to end; `finish_stop` waits for it."""
        if self._process is not None:
            self._process.begin_stop()

    def finish_stop(self, deadline_seconds: float) -> None:
        """Return when the process has ended. It is killed if it takes longer than `deadline_seconds`."""
        process, self._process = self._process, None
        if process is not None:
            process.finish_stop(deadline_seconds)
            self._rights.withdraw(process.pid)

    def _start(self, now: float) -> bool:
        """Whether it could be started."""
        try:
            self._process = WorkerProcess(self.camera.device_key, self._launcher, self._clock)
        except OSError as error:
            self._schedule_restart(now, 0, f"it could not be started: {error.strerror}")
            return False
        self._rights.grant(self._process.pid, self.camera.device_key)
        self._process.send(
            {
                "camera": self.camera.revealed(),
                "order": self.order,
                "inner_address": self._inner_address,
                "max_pixels": self._max_pixels,
                "private": sorted(map(str, self._private())),
                "notices": self._notices,
                "has_file": not isinstance(self.camera, CameraEnvironment),
            }
        )
        return True

    def _schedule_restart(self, now: float, lived_seconds: float, how: str) -> None:
        self._restarts = 0 if lived_seconds > SETTLED_SECONDS else self._restarts + 1
        delay = backoff_seconds(FIRST_RESTART_SECONDS, LONGEST_RESTART_SECONDS, self._restarts)
        words = f"The camera's process ended ({how}) and is started again. The log of ingest says more."
        self._restart_in(delay, now, how, words)

    def _schedule_costly_restart(self, now: float, lived_seconds: float, limit: str) -> None:
        if lived_seconds > LONGEST_COSTLY_RESTART_SECONDS:
            self._costly_ends = 0
        delay = backoff_seconds(FIRST_COSTLY_RESTART_SECONDS, LONGEST_COSTLY_RESTART_SECONDS, self._costly_ends)
        self._costly_ends += 1
        words = f"The camera's process ended: {limit} It is started again {delay:.0f} s later."
        self._restart_in(delay, now, limit, words)

    def _restart_in(self, delay: float, now: float, how: str, words: str) -> None:
        self._restart_at = now + delay
        log.error("camera's process ended", camera=self.camera.device_key, how=how, restart_in_seconds=delay)
        self._observed = ObservedState(CameraState.OFFLINE, self._clock.utc_ns(), last_error=words)


def _exit_words(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
