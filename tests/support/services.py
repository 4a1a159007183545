"""Framecast's services as real processes, with ports and a directory of the test's own."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from shared.settings_file import IS_READ
from tests.support.ports import free_port
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
ALONE: Final = {"PATH": os.environ["PATH"], IS_READ: "1"}
"""The environment of a process in the checkout: nothing of our own but PATH, and no `.env` that stands there."""


class ServiceProcess:
    """`python -m services.NAME` with only PATH from our own environment, and without a `.env` of the checkout. Its
    output goes to a file. It is that of the checkout `root`.
    """

    def __init__(self, module: str, environment: dict[str, str], log: Path, root: Path = ROOT) -> None:
        self.log = log
        self._is_stopping = False
        self._output = log.open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=root,
            env={**ALONE, "LOG_FORMAT": "json", **environment},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_running(self) -> bool:
        return self._process.poll() is None

    def output(self) -> str:
        return self.log.read_text()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self, timeout_seconds: float) -> int:
        return self._process.wait(timeout_seconds)

    def begin_to_stop(self) -> None:
        """Send SIGTERM, once."""
        if self.is_running() and not self._is_stopping:
            self._is_stopping = True
            self._process.terminate()

    def stop(self) -> int:
        """SIGTERM, then SIGKILL if it does not end within 20 s; the exit code."""
        self.begin_to_stop()
        if self.is_running():
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
        code = self._process.wait(5)
        self._output.close()
        return code


class Stack:
    """The three services of one test; entered when the camera's state is one of `wait_for`.

    `environment` adds to or overrides the settings.
    """

    root = ROOT
    """The checkout whose code runs."""

    def __init__(self, directory: Path, wait_for: str = "live idle", **environment: str) -> None:
        self._wait_for = wait_for.split()
        self.stream_port, archiver_port = free_port(), free_port()
        bus = f"tcp://127.0.0.1:{free_port()}"
        self.origin = f"http://127.0.0.1:{self.stream_port}"
        self.archive = directory / "frames"
        self.environment = {
            "BUS_BIND": bus,
            "BUS_CONNECT": bus,
            "STREAM_PORT": str(self.stream_port),
            "ARCHIVER_PORT": str(archiver_port),
            "ARCHIVER_URL": f"http://127.0.0.1:{archiver_port}",
            "ARCHIVE_DIR": str(self.archive),
            "DATABASE_URL": f"sqlite:///{directory / 'archive.db'}",
            "TIMELAPSE_DIR": str(directory / "timelapses"),
            "OWNER_DIR": str(directory / "owner"),
            **environment,
        }
        self._directory = directory
        self._stack = ExitStack()
        self.services: dict[str, ServiceProcess] = {}

    def start(self, name: str) -> ServiceProcess:
        service = ServiceProcess(f"services.{name}", self.environment, self._directory / f"{name}.log", self.root)
        self._stack.callback(service.stop)
        self.services[name] = service
        return service

    def __enter__(self) -> Self:
        # As `python -m services` does. A test with an ingest of its own starts the others by itself, and has none.
        self.environment.setdefault("BUS_CONTROL", f"ipc://{self.environment['OWNER_DIR']}/request.sock")
        for name in ("ingest", "stream", "archiver"):
            self.start(name)
        self.wait_for_state(*self._wait_for)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for service in self.services.values():
            service.begin_to_stop()  # all of them, before one is waited for
        self._stack.close()

    def get(self, path: str) -> dict[str, Any]:
        """The JSON at `path`, whatever the status code; empty while the service does not answer."""
        request = urllib.request.Request(self.origin + path, headers={"Accept": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                body: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as error:
            body = json.load(error)
        except OSError:
            body = {}
        return body

    def status(self) -> dict[str, Any]:
        return self.get("/api/camera/stream/status")

    def wait_for_state(self, *states: str, timeout_seconds: float = 20) -> None:
        wait_until(lambda: self.status().get("state") in states, f"the camera is {states}", timeout_seconds)
