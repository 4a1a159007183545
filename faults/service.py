"""One service of Framecast as users start it, restarted when it dies as Docker or supervisor does."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.support.starved import process_tree

COMMAND: Final = Path(sys.executable).with_name("framecast")
RESTART_SECONDS: Final = 0.5
END_SECONDS: Final = 20.0


class Service:
    """`framecast NAME`. A thread waits for it and starts it again. Its output goes to a file for each start.

    `extra` are more variables for the next starts. `happened` gets what happens to it, in words.
    """

    def __init__(
        self, label: str, command: str, environment: Mapping[str, str], directory: Path, happened: Callable[[str], None]
    ) -> None:
        self.label = label
        self.extra: dict[str, str] = {}
        self.starts = 0
        self._command = command
        self._environment = dict(environment)
        self._directory = directory
        self._happened = happened
        self._wanted = threading.Event()
        self._free = threading.Event()
        self._free.set()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_running, name=label, daemon=True)

    @property
    def pid(self) -> int:
        """0 while it does not run."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else 0

    def pids(self) -> list[int]:
        """It and its children."""
        return process_tree(self.pid) if self.pid else []

    def logs(self) -> list[Path]:
        return sorted(self._directory.glob(f"{self.label}.*.log"))

    def start(self) -> None:
        self._wanted.set()
        self._thread.start()

    def signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            if self.pid:
                os.kill(self.pid, number)

    def restart(self) -> None:
        """End it in good order. It starts again by itself, with `extra` as it is now."""
        self.signal(signal.SIGTERM)

    def hold(self) -> None:
        """Don't start it again before `release`."""
        self._free.clear()

    def release(self) -> None:
        self._free.set()

    def end(self) -> None:
        """Ask it to end, and don't start it again."""
        self._wanted.clear()
        self._free.set()
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)

    def stop(self) -> None:
        """Return when it has ended."""
        if self._wanted.is_set():
            self.end()
        process = self._process
        if process is not None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(END_SECONDS)
            if process.poll() is None:
                self._happened(f"{self.label} did not end within {END_SECONDS:.0f} s of SIGTERM")
                process.kill()
        self._thread.join(END_SECONDS)

    def _keep_running(self) -> None:
        while self._wanted.is_set():
            self._free.wait()
            if not self._wanted.is_set():
                return
            with (self._directory / f"{self.label}.{self.starts:03d}.log").open("wb") as output:
                self._process = self._started(output.fileno())
            self.starts += 1
            self._happened(f"{self.label} started (process {self._process.pid})")
            code = self._process.wait()
            self._happened(f"{self.label} ended with code {code}")
            time.sleep(RESTART_SECONDS)

    def _started(self, output: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [COMMAND, self._command],
            cwd=self._directory,
            env={"PATH": os.environ["PATH"], "LOG_FORMAT": "json", **self._environment, **self.extra},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
