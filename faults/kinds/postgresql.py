"""The archive's database, PostgreSQL: gone, killed, hung, or taken back to an older copy. Pictures are kept."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg

from faults.audience import ARCHIVE_PAGES, NOBODY
from faults.fault import Fault
from faults.kinds.database import KIND, RECOVERY_SECONDS, archiver_down
from faults.kinds.disk import SLOT_SECONDS
from faults.kinds.processes import NO_ARCHIVER, stopped
from faults.lab import Lab
from faults.window import Promise
from faults.words import DATABASE
from tests.support.postgresql import Postgresql
from tests.support.starved import process_tree

_COPY: Final = "older"


def server_of(lab: Lab) -> Postgresql:
    if lab.place.server is None:
        raise AssertionError("this archive has no PostgreSQL")
    return lab.place.server


@contextmanager
def gone(lab: Lab) -> Iterator[None]:
    """It is ended, as for an update."""
    server_of(lab).end()
    try:
        yield
    finally:
        server_of(lab).start()


@contextmanager
def killed(lab: Lab) -> Iterator[None]:
    """It crashes, is started again at once and recovers its log."""
    server_of(lab).end(signal.SIGKILL)
    server_of(lab).start()
    yield


@contextmanager
def replaced(lab: Lab) -> Iterator[None]:
    """A copy is made, and in the end put in the database's place, as from a backup. The archiver is down for both."""
    with archiver_down(lab):
        _command(lab, f"DROP DATABASE IF EXISTS {_COPY}", f"CREATE DATABASE {_COPY} TEMPLATE postgres")
    try:
        yield
    finally:
        with archiver_down(lab):
            _command(lab, "DROP DATABASE postgres", f"ALTER DATABASE {_COPY} RENAME TO postgres")


def _command(lab: Lab, *commands: str) -> None:
    """From a database that is not the archive's."""
    with psycopg.connect(server_of(lab).url.removesuffix("postgres") + "template1", autocommit=True) as connection:
        for command in commands:
            connection.execute(command.encode())


_TOLD: Final = Promise(RECOVERY_SECONDS, NOBODY, frozenset(), ARCHIVE_PAGES, DATABASE, told_seconds=SLOT_SECONDS)

FAULTS: Final = (
    Fault("the database server is gone", KIND, gone, _TOLD, least_seconds=SLOT_SECONDS + 2),
    Fault("the database server is killed", KIND, killed, Promise(RECOVERY_SECONDS), is_momentary=True),
    Fault(
        "the database server stands still",
        KIND,
        lambda lab: stopped(lab, process_tree(server_of(lab).pid)),
        Promise(RECOVERY_SECONDS),
    ),
    Fault("the database server has an older copy", KIND, replaced, Promise(RECOVERY_SECONDS, NOBODY, NO_ARCHIVER)),
)
