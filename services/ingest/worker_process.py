"""One run of a camera's process, with its pipes: instructions in, heartbeats out."""

import json
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, Final, cast

from shared.clock import Clock

SILENCE_SECONDS: Final = 10.0
START_SECONDS: Final = 60.0
"""The first heartbeat may take longer: a small machine loads libraries for many cameras at once."""


class WorkerProcess:
    """One run of `worker_main.py`. For one thread; another one reads the heartbeats.

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
        """Send an instruction. If the process has just died, it is lost; the worker notices the death by itself."""
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
