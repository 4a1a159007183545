"""Runs other people's programs with a time limit, without our environment, and as nobody if a program refuses root."""

import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Final, Self

DEADLINE_SECONDS: Final = 80.0
_NOBODY: Final = 65534
"""Debian's nobody and nogroup."""


@contextmanager
def own_directory() -> Iterator[Path]:
    """An empty directory that an unprivileged program can write to. pytest's own directory is closed to other users."""
    with tempfile.TemporaryDirectory(prefix="framecast-client-", ignore_cleanup_errors=True) as name:
        if os.geteuid() == 0:
            os.chown(name, _NOBODY, _NOBODY)
        yield Path(name)


class Program:
    """A client during a `with` block. It is killed at the end of the block, and by a timer if the test hangs."""

    def __init__(
        self, *command: str, home: Path, unprivileged: bool = False, seconds: float = DEADLINE_SECONDS
    ) -> None:
        self._command = command
        self._seconds = seconds
        self._home = home
        self._nobody = _NOBODY if unprivileged and os.geteuid() == 0 else None
        self._log = home / f"{Path(command[0]).name}.log"

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._home,
                env={"PATH": os.environ["PATH"], "HOME": str(self._home), "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                user=self._nobody,
                group=self._nobody,
                extra_groups=None if self._nobody is None else [],
            )
        self._timer = threading.Timer(self._seconds, self._process.kill)
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._timer.cancel()
        self._timer.join()
        self.stdout.close()
        if error is not None:
            error.add_note(f"{self._command[0]} said: {self.said()[-2000:]}")

    @property
    def stdout(self) -> BufferedReader:
        assert isinstance(self._process.stdout, BufferedReader)
        return self._process.stdout

    def said(self) -> str:
        """The program's output on stderr."""
        return self._log.read_text(errors="replace")
