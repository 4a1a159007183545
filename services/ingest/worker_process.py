"""One run of a camera's process, with its pipes: instructions in, heartbeats out."""

import json
import os
import select
import threading
from contextlib import suppress
from typing import Final

from services.ingest.worker_launcher import WorkerLauncher, launch_with_pipes
from shared.clock import Clock
from shared.logs import get_logger

SILENCE_SECONDS: Final = 10.0
START_SECONDS: Final = 60.0
"""The first heartbeat may take longer: a small machine loads libraries for many cameras at once."""
PACE_SECONDS: Final = 0.1
"""Heartbeats are read no more often than that: a process that a camera has taken over may write without end."""
LOOK_SECONDS: Final = 2.0
"""How often the reader looks whether the process has ended, where the end of its output does not come."""
_READ_BYTES: Final = 64 * 1024
log = get_logger(__name__)


class WorkerProcess:
    """One run of `worker_main.py`. For one thread; another one reads the heartbeats.

    Instructions are lines of JSON on its standard input, whose end tells it to end. Whatever it writes to its standard
    output is a heartbeat; the reader's thread sets `heartbeat_at` (monotonic seconds; None before the first). A camera
    may have taken it over: then it may read nothing, write without end, and leave processes that hold its output open.

    Raises:
        OSError: from the constructor, when the process can't be started.
    """

    def __init__(self, camera_key: str, launcher: WorkerLauncher, clock: Clock) -> None:
        self._clock = clock
        self.started_at = clock.monotonic()
        self.heartbeat_at: float | None = None
        self._child, instructions, heartbeats = launch_with_pipes(launcher, camera_key)
        self._instructions = os.fdopen(instructions, "wb")
        self._has_ended = threading.Event()
        self._reader = threading.Thread(
            target=self._read_heartbeats, args=(heartbeats,), name="worker-heartbeats", daemon=True
        )
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._child.pid

    def is_silent(self, now: float) -> bool:
        """Whether it runs, but its next heartbeat is overdue at `now` (monotonic seconds)."""
        heard_at, allowed = self.heartbeat_at, SILENCE_SECONDS
        if heard_at is None:
            heard_at, allowed = self.started_at, START_SECONDS
        return now - heard_at > allowed and self.exit_code() is None

    def exit_code(self) -> int | None:
        """None while it runs; negative where a signal ended it."""
        return self._child.poll()

    def send(self, instruction: dict[str, object]) -> None:
        """Send an instruction. If the process has just died, it is lost; the worker notices the death by itself.

        The first one is the assignment, which the process reads before anything of its camera. Later ones never wait
        for it: a process that does not read them is ended once their pipe is full.
        """
        try:
            self._instructions.write(json.dumps(instruction).encode() + b"\n")
            self._instructions.flush()
            os.set_blocking(self._instructions.fileno(), False)
        except BlockingIOError:
            log.error("camera's process reads no instructions and is ended", pid=self.pid)  # noqa: TRY400 the line says all
            self.kill()
        except (OSError, ValueError):
            pass

    def begin_stop(self) -> None:
        with suppress(OSError):
            self._instructions.close()

    def finish_stop(self, deadline_seconds: float) -> None:
        """Return when the process has ended, which closes its standard output. It is killed at the deadline."""
        self.begin_stop()
        self._reader.join(max(0.0, deadline_seconds))
        self.kill()
        self._has_ended.set()
        self._reader.join()

    def kill(self) -> None:
        self._child.kill()
        self._child.wait()

    def _read_heartbeats(self, heartbeats: int) -> None:
        poll = select.poll()
        poll.register(heartbeats, select.POLLIN)
        try:
            while not self._has_ended.is_set():
                if not poll.poll(LOOK_SECONDS * 1000):
                    continue
                if not os.read(heartbeats, _READ_BYTES):
                    return
                before, self.heartbeat_at = self.heartbeat_at, self._clock.monotonic()
                if before is not None and self.heartbeat_at - before < PACE_SECONDS:
                    self._has_ended.wait(PACE_SECONDS)
        finally:
            os.close(heartbeats)
