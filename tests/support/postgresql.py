"""Debian's PostgreSQL, for the time of a `with` block: on loopback, in a directory of its own, never as root."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from tests.support.ports import free_port
from tests.support.waiting import PATIENCE, wait_until

_UNPRIVILEGED: Final = "nobody"
_START_SECONDS: Final = 30


def postgresql_programs() -> Path | None:
    """The directory of initdb and postgres; None when they are not installed."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


class Postgresql:
    """A server that is started and ended at will; its data stay. Made by `prepared_postgresql`."""

    def __init__(self, programs: Path, directory: Path, user: str | None) -> None:
        self._programs = programs
        self._directory = directory
        self._user = user
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of its `postgres` database, without a password."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    @property
    def pid(self) -> int:
        """0 while it does not run."""
        return 0 if self._process is None else self._process.pid

    def initialise(self) -> None:
        command = [f"{self._programs}/initdb", "-D", str(self._directory / "data"), "-U", "postgres", "-A", "trust"]
        self._run([*command, "--no-sync"])

    def start(self) -> None:
        """Return when it answers."""
        options = (
            "listen_addresses=127.0.0.1",
            f"port={self._port}",
            "unix_socket_directories=",
            "max_connections=200",
            "fsync=off",  # what a killed process wrote is the kernel's and stays
        )
        command = [f"{self._programs}/postgres", "-D", str(self._directory / "data")]
        command += [word for option in options for word in ("-c", option)]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(command, user=self._user, stdout=log, stderr=log, cwd=self._directory)
        wait_until(self._answers, "PostgreSQL answers", _START_SECONDS)

    def end(self, number: signal.Signals = signal.SIGINT) -> None:
        """At once: it cuts its clients. With SIGKILL as a crash does. Return when it is gone."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(_START_SECONDS * PATIENCE)
            self._process = None

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, command: list[str]) -> None:
        limit = _START_SECONDS * PATIENCE
        subprocess.run(command, user=self._user, check=True, capture_output=True, cwd=self._directory, timeout=limit)


@contextmanager
def prepared_postgresql() -> Iterator[Postgresql]:
    """A server with an empty directory of its own, which does not run yet."""
    programs = postgresql_programs()
    assert programs is not None, "apt-get install postgresql"
    user = _UNPRIVILEGED if os.getuid() == 0 else None
    directory = Path(tempfile.mkdtemp(prefix="framecast-postgresql-"))
    try:
        if user is not None:
            shutil.chown(directory, user)
        server = Postgresql(programs, directory, user)
        server.initialise()
        try:
            yield server
        finally:
            server.end()
    finally:
        shutil.rmtree(directory)


@contextmanager
def running_postgresql() -> Iterator[str]:
    """The address of its `postgres` database, without a password."""
    with prepared_postgresql() as server:
        server.start()
        yield server.url
