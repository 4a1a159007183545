"""A camera's process that its camera has taken over, seen from ingest. Programs stand in for it, with real pipes."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.ingest.worker_process import WorkerProcess
from shared.clock import Clock
from tests.support.waiting import wait_until

LEAVES_ONE_BEHIND = """
import os, pathlib, time
if (child := os.fork()) == 0:
    print("it began", flush=True)
    time.sleep(600)
else:
    pathlib.Path({!r}).write_text(str(child))
"""
WRITES_WITHOUT_END = "import os\nwhile True: os.write(1, b'x' * 65536)"
READS_NOTHING = "import time; print(flush=True); time.sleep(600)"


class Launcher:
    """Starts a program in place of a camera's process."""

    def __init__(self, script: str) -> None:
        self._script = script

    def is_ready(self) -> bool:
        return True

    def launch(self, camera_key: str, standard_input: int, standard_output: int) -> subprocess.Popen[bytes]:  # noqa: ARG002 the others name the process
        return subprocess.Popen([sys.executable, "-c", self._script], stdin=standard_input, stdout=standard_output)

    def close(self) -> None: ...


@pytest.fixture
def started() -> Iterator[Callable[[str], WorkerProcess]]:
    made: list[WorkerProcess] = []

    def start(script: str) -> WorkerProcess:
        made.append(WorkerProcess("door", Launcher(script), Clock()))
        return made[-1]

    yield start
    for process in made:
        process.finish_stop(0)


def test_a_process_that_it_leaves_behind_keeps_ingest_from_nothing(
    started: Callable[[str], WorkerProcess], tmp_path: Path
) -> None:
    """That one holds its output open for as long as it likes."""
    process = started(LEAVES_ONE_BEHIND.format(str(tmp_path / "pid")))
    wait_until(lambda: process.exit_code() is not None and process.heartbeat_at is not None, "it ends, its child runs")
    stopping = threading.Thread(target=process.finish_stop, args=(0,), daemon=True)
    stopping.start()
    try:
        wait_until(lambda: not stopping.is_alive(), "ingest goes on", 20)
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


def test_a_line_without_end_is_a_heartbeat_and_costs_no_memory(started: Callable[[str], WorkerProcess]) -> None:
    process = started(WRITES_WITHOUT_END)
    wait_until(lambda: process.heartbeat_at is not None, "nobody waits for the end of the line")
    first = process.heartbeat_at
    wait_until(lambda: process.heartbeat_at != first, "it is read on")


def test_one_that_reads_no_instructions_is_ended_and_nobody_waits_for_it(
    started: Callable[[str], WorkerProcess],
) -> None:
    process = started(READS_NOTHING)
    wait_until(lambda: process.heartbeat_at is not None, "it runs")

    def send_until_it_ends() -> None:
        while process.exit_code() is None:
            process.send({"order": 0, "notices": ["x" * 1000]})

    sending = threading.Thread(target=send_until_it_ends, daemon=True)
    sending.start()
    wait_until(lambda: not sending.is_alive(), "it is ended", 20)
