"""How a camera's process is started, and what it inherits.

A process gets two descriptors, its standard input and output, and no setting: those arrive with its assignment.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

WORKER_MODULE: Final = "services.ingest.worker_main"
_INHERITED: Final = frozenset(
    {
        *("PATH", "HOME", "TMPDIR", "TZ", "TZDIR", "LANG", "LANGUAGE", "LOG_FORMAT", "TERM", "NO_COLOR", "FORCE_COLOR"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "RES_OPTIONS", "LOCALDOMAIN", "HOSTALIASES"),
    }
)
_INHERITED_PREFIXES: Final = ("LC_", "LD_", "DYLD_", "PYTHON", "MALLOC_", "GLIBC_", "OPENSSL_", "OPENCV_", "COVERAGE_")


class ChildProcess(Protocol):
    """A process whose parent this one is. For one thread."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None:
        """Its exit code, negative where a signal ended it; None while it runs."""

    def wait(self) -> object:
        """Return when it has ended."""

    def kill(self) -> None:
        """End it at once, unless it has ended."""


class WorkerLauncher(Protocol):
    """Starts cameras' processes. For the supervisor's thread only."""

    def is_ready(self) -> bool:
        """Whether `launch` would succeed right now. It never waits. Call it several times a second."""

    def launch(self, camera_key: str, standard_input: int, standard_output: int) -> ChildProcess:
        """Start a process of `worker_main.py` with these descriptors. The caller closes its own copies.

        Raises:
            OSError: when it can't be started.
        """

    def close(self) -> None:
        """Release what starting needed. Processes that were started go on."""


class PipedProcess(NamedTuple):
    """A camera's process, and our ends of its pipes, which are the caller's to close."""

    child: ChildProcess
    instructions: int
    """Leads to its standard input."""
    answers: int
    """Leads from its standard output."""


def launch_with_pipes(launcher: WorkerLauncher, camera_key: str) -> PipedProcess:
    """Start a process whose input we write and whose output we read. Supervisor's thread.

    Raises:
        OSError: it can't be started. No descriptor stays open.
    """
    its_input, instructions = os.pipe()
    try:
        answers, its_output = os.pipe()
    except OSError:
        os.close(its_input)
        os.close(instructions)
        raise
    try:
        return PipedProcess(launcher.launch(camera_key, its_input, its_output), instructions, answers)
    except OSError:
        os.close(instructions)
        os.close(answers)
        raise
    finally:
        os.close(its_input)
        os.close(its_output)


class SpawningLauncher:
    """Starts each process from nothing: a second of CPU and 45 MB for every camera. The way where Linux isn't."""

    def is_ready(self) -> bool:
        return True

    def launch(self, camera_key: str, standard_input: int, standard_output: int) -> ChildProcess:  # noqa: ARG002 the others name the process
        return subprocess.Popen(  # noqa: S603 our own module
            [sys.executable, "-m", WORKER_MODULE],
            stdin=standard_input,
            stdout=standard_output,
            env=inherited_environment(os.environ),
            # A Ctrl-C is for ingest, which then ends this process in order.
            process_group=0,
        )

    def close(self) -> None: ...


def inherited_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that libraries read. All others stay behind: services' passwords and keys are among them."""
    inherited = {
        name: value for name, value in environment.items() if name in _INHERITED or name.startswith(_INHERITED_PREFIXES)
    }
    # NumPy's linear algebra would start a thread for each core when it is loaded. A camera has no use for it.
    return {**inherited, "OPENBLAS_NUM_THREADS": "1"}
