"""A camera's process as its parent sees it: started, heard, ended, and started again when it dies or falls silent.

So a crash, a leak or a hang of one camera never touches another.
"""

import json
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Final

from services.ingest.camera_state import CameraCondition
from services.ingest.camera_status import camera_status
from services.ingest.settings import CameraSettings
from shared.backoff import backoff_seconds
from shared.bus.status import CameraState, CameraStatus
from shared.clock import Clock
from shared.logs import get_logger

FIRST_RESTART_SECONDS: Final = 0.5
LONGEST_RESTART_SECONDS: Final = 30.0
SETTLED_SECONDS: Final = 60.0
"""A process that lived so long is started again without much delay."""
SILENCE_SECONDS: Final = 10.0
START_SECONDS: Final = 60.0
"""The first sign of life may take longer: a small machine loads libraries for many cameras at once."""
log = get_logger(__name__)


class CameraWorker:
    """On the station's thread only, but for what the process says, which a thread of its own reads."""

    def __init__(self, camera: CameraSettings, order: int, inner_address: str, clock: Clock) -> None:
        self.camera = camera
        self.order = order
        self._inner_address = inner_address
        self._clock = clock
        self._notices: tuple[str, ...] = ()
        self._process: subprocess.Popen[str] | None = None
        self._restarts = 0
        self._restart_at = float("-inf")
        initial = CameraState.CONNECTING if camera.enabled else CameraState.DISABLED
        self._condition = CameraCondition(initial, clock.utc_ns())

    @property
    def pid(self) -> int | None:
        """None while there is none."""
        return None if self._process is None else self._process.pid

    def status(self) -> CameraStatus | None:
        """What is to be said of the camera while its process does not speak for itself; None while it does."""
        if self._process is not None and self._heard_at is not None:
            return None
        return camera_status(self.camera, self.order, self._condition, notices=self._notices)

    def tend(self) -> bool:
        """Start it if it is time, end it if it hangs; whether its status changed. Several times a second."""
        now = self._clock.monotonic()
        if not self.camera.enabled:
            return False
        if self._process is None:
            return now >= self._restart_at and not self._start(now)
        silent_since, allowed = self._started_at, START_SECONDS
        if self._heard_at is not None:
            silent_since, allowed = self._heard_at, SILENCE_SECONDS
        if self._process.poll() is None and now - silent_since > allowed:
            log.error("camera's process is silent and is ended", camera=self.camera.device_key)
            self._process.kill()
            self._process.wait()
        if self._process.poll() is None:
            return False
        self._bury(now)
        return True

    def tell(self, notices: tuple[str, ...]) -> None:
        """Pass notices on, and the camera's place in the order, to be said in its status."""
        self._notices = notices
        self._write({"order": self.order, "notices": notices})

    def begin_stop(self) -> None:
        """Tell it to end; `finish_stop` waits for it."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def finish_stop(self, deadline_seconds: float) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.wait(max(0.0, deadline_seconds))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._reader.join()

    def _start(self, now: float) -> bool:
        """Whether it could be started."""
        self._heard_at: float | None = None
        self._started_at = now
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.ingest.worker_main"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                # A Ctrl-C is for ingest, which then ends this in order.
                process_group=0,
            )
        except OSError as error:
            self._try_later(now, f"it could not be started: {error.strerror}")
            return False
        self._reader = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._reader.start()
        self._write(
            {
                "camera": self.camera.revealed(),
                "order": self.order,
                "inner_address": self._inner_address,
                "notices": self._notices,
            }
        )
        return True

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # noqa: S101 it was asked for
        with process.stdout as life_signs:
            for _ in life_signs:
                self._heard_at = self._clock.monotonic()

    def _write(self, instruction: dict[str, object]) -> None:
        if self._process is None or self._process.stdin is None:
            return
        # One that has just died is found so by `tend`.
        with suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps(instruction) + "\n")
            self._process.stdin.flush()

    def _bury(self, now: float) -> None:
        process = self._process
        assert process is not None  # noqa: S101 only called for one that ended
        self.begin_stop()
        self.finish_stop(0)
        self._try_later(now, _how_it_ended(process.returncode))

    def _try_later(self, now: float, how: str) -> None:
        self._restarts = 0 if now - self._started_at > SETTLED_SECONDS else self._restarts + 1
        delay = backoff_seconds(FIRST_RESTART_SECONDS, LONGEST_RESTART_SECONDS, self._restarts)
        self._restart_at = now + delay
        log.error("camera's process ended", camera=self.camera.device_key, how=how, restart_in_seconds=delay)
        self._condition = CameraCondition(
            CameraState.OFFLINE,
            self._clock.utc_ns(),
            last_error=f"The camera's process ended ({how}) and is started again. The log of ingest says more.",
        )


def _how_it_ended(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
