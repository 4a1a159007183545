"""Debian's PostgreSQL, for the time of a `with` block: on loopback, in a directory of its own, never as root."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from tests.support.ports import free_port
from tests.support.waiting import wait_until

_UNPRIVILEGED: Final = "nobody"
_START_SECONDS: Final = 30


def postgresql_programs() -> Path | None:
    """The directory of initdb and postgres; None when they are not installed."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@contextmanager
def running_postgresql() -> Iterator[str]:
    """The address of its `postgres` database, without a password."""
    programs = postgresql_programs()
    assert programs is not None, "apt-get install postgresql"
    user = _UNPRIVILEGED if os.getuid() == 0 else None
    directory = Path(tempfile.mkdtemp(prefix="framecast-postgresql-"))
    try:
        if user is not None:
            shutil.chown(directory, user)
        port = free_port()
        data = str(directory / "data")
        initialise = [f"{programs}/initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"]
        subprocess.run(initialise, user=user, check=True, capture_output=True, cwd=directory, timeout=_START_SECONDS)
        options = ("listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=", "max_connections=200")
        command = [f"{programs}/postgres", "-D", data, *(word for option in options for word in ("-c", option))]
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(command, user=user, stdout=log, stderr=log, cwd=directory)
        try:
            url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            wait_until(lambda: _answers(url), "PostgreSQL answers", _START_SECONDS)
            yield url
        finally:
            process.terminate()
            process.wait(_START_SECONDS)
    finally:
        shutil.rmtree(directory)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
