"""A camera's process as the supervisor sees it. It is started, checked for heartbeats, ended, and started again when it
dies or falls silent.

So a crash, a leak or a hang of one camera never touches another.
"""

import json
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, Final, cast

from services.ingest.camera.state import ObservedState
from services.ingest.camera_status import camera_status
from services.ingest.settings import CameraSettings
from shared.backoff import backoff_seconds
from shared.bus.status import CameraState, CameraStatus
from shared.clock import Clock
from shared.logs import get_logger

FIRST_RESTART_SECONDS: Final = 0.5
LONGEST_RESTART_SECONDS: Final = 30.0
SETTLED_SECONDS: Final = 60.0
"""A process that ran for longer than this is started again without much delay."""
SILENCE_SECONDS: Final = 10.0
START_SECONDS: Final = 60.0
"""The first heartbeat may take longer: a small machine loads libraries for many cameras at once."""
log = get_logger(__name__)


class CameraWorker:
    """The worker of one camera. The supervisor's thread only; a thread per process reads its heartbeats."""

    def __init__(self, camera: CameraSettings, order: int, inner_address: str, clock: Clock) -> None:
        self.camera = camera
        self.order = order
        self._inner_address = inner_address
        self._clock = clock
        self._notices: tuple[str, ...] = ()
        self._process: _WorkerProcess | None = None
        self._restarts = 0
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
            return now >= self._restart_at and not self._start(now)
        if self._process.is_silent(now):
            log.error("camera's process is silent and is ended", camera=self.camera.device_key)
            self._process.kill()
        exit_code = self._process.exit_code()
        if exit_code is None:
            return False
        lived_seconds = now - self._process.started_at
        self._process.finish_stop(0)
        self._process = None
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

    def _start(self, now: float) -> bool:
        """Whether it could be started."""
        try:
            self._process = _WorkerProcess(self._clock)
        except OSError as error:
            self._schedule_restart(now, 0, f"it could not be started: {error.strerror}")
            return False
        self._process.send(
            {
                "camera": self.camera.revealed(),
                "order": self.order,
                "inner_address": self._inner_address,
                "notices": self._notices,
            }
        )
        return True

    def _schedule_restart(self, now: float, lived_seconds: float, how: str) -> None:
        self._restarts = 0 if lived_seconds > SETTLED_SECONDS else self._restarts + 1
        delay = backoff_seconds(FIRST_RESTART_SECONDS, LONGEST_RESTART_SECONDS, self._restarts)
        self._restart_at = now + delay
        log.error("camera's process ended", camera=self.camera.device_key, how=how, restart_in_seconds=delay)
        self._observed = ObservedState(
            CameraState.OFFLINE,
            self._clock.utc_ns(),
            last_error=f"The camera's process ended ({how}) and is started again. The log of ingest says more.",
        )


class _WorkerProcess:
    """One run of `worker_main.py`, with its pipes.

    Instructions are lines of JSON on its standard input, whose end tells it to end. Each line on its standard output is
    a heartbeat; the reader's thread sets `heartbeat_at` (monotonic seconds; None before the first).

    Raises:
        OSError: from the constructor, when the process can't be started.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.started_at = clock.monotonic()
        self.heartbeat_at: float | None = None
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "services.ingest.worker_main"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # A Ctrl-C is for ingest, which then ends this process in order.
            process_group=0,
        )
        self._instructions = cast("IO[str]", self._popen.stdin)
        self._heartbeats = cast("IO[str]", self._popen.stdout)
        self._reader = threading.Thread(target=self._read_heartbeats, name="worker-heartbeats", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    def is_silent(self, now: float) -> bool:
        """Whether it runs, but its next heartbeat is overdue at `now` (monotonic seconds)."""
        heard_at, allowed = self.heartbeat_at, SILENCE_SECONDS
        if heard_at is None:
            heard_at, allowed = self.started_at, START_SECONDS
        return now - heard_at > allowed and self.exit_code() is None

    def exit_code(self) -> int | None:
        """None while it runs; negative where a signal ended it."""
        return self._popen.poll()

    def send(self, instruction: dict[str, object]) -> None:
        """Send an instruction. One to a process that has just died is lost: `check` finds that process."""
        with suppress(OSError, ValueError):
            self._instructions.write(json.dumps(instruction) + "\n")
            self._instructions.flush()

    def begin_stop(self) -> None:
        with suppress(OSError):
            self._instructions.close()

    def finish_stop(self, deadline_seconds: float) -> None:
        self.begin_stop()
        try:
            self._popen.wait(max(0.0, deadline_seconds))
        except subprocess.TimeoutExpired:
            self.kill()
        self._reader.join()

    def kill(self) -> None:
        self._popen.kill()
        self._popen.wait()

    def _read_heartbeats(self) -> None:
        with self._heartbeats:
            for _ in self._heartbeats:
                self.heartbeat_at = self._clock.monotonic()


def _exit_words(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
