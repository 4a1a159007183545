"""The archive's database, SQLite: locked, gone, or replaced by an older copy. Pictures are kept all the same."""

import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from faults.audience import NOBODY
from faults.fault import Fault
from faults.kinds.processes import NO_ARCHIVER
from faults.lab import Lab
from faults.window import Promise
from tests.support.waiting import wait_until

KIND: Final = "database"
RECOVERY_SECONDS: Final = 20.0


@contextmanager
def locked(lab: Lab) -> Iterator[None]:
    """Another program holds the lock."""
    with closing(sqlite3.connect(lab.rows.database, timeout=30, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def gone(lab: Lab) -> Iterator[None]:
    """Its file is moved away while the archiver runs, and comes back. Meanwhile the archiver makes another one from the
    files. So what it archived then has no row in the old one, until the archiver starts anew and adopts the files.
    """
    away = lab.rows.database.with_suffix(".away")
    _quiet(lab)
    lab.rows.database.rename(away)
    try:
        yield
    finally:
        with _archiver_down(lab):
            away.replace(lab.rows.database)


@contextmanager
def replaced(lab: Lab) -> Iterator[None]:
    """The archiver is stopped, the database is taken back to the copy of some seconds ago, and it starts again."""
    copy = lab.rows.database.with_suffix(".copy")
    _quiet(lab)
    shutil.copy(lab.rows.database, copy)
    try:
        yield
    finally:
        with _archiver_down(lab):
            copy.replace(lab.rows.database)


@contextmanager
def _archiver_down(lab: Lab) -> Iterator[None]:
    """Ended in good order within the block, and started again."""
    archiver = lab.stack.services["archiver"]
    archiver.hold()
    archiver.signal(signal.SIGTERM)
    try:
        wait_until(lambda: not archiver.pid, "the archiver has ended", 10)
        yield
    finally:
        archiver.release()


def _quiet(lab: Lab) -> None:
    """Wait until no transaction is under way: a journal must not be left behind."""
    journal = lab.rows.database.with_name(lab.rows.database.name + "-journal")
    wait_until(lambda: not journal.exists(), "no transaction is under way", 5)


FAULTS: Final = (
    Fault("the database is locked", KIND, locked, Promise(RECOVERY_SECONDS, NOBODY)),
    Fault("the database is gone", KIND, gone, Promise(RECOVERY_SECONDS, NOBODY, NO_ARCHIVER)),
    Fault("the database is an older copy", KIND, replaced, Promise(RECOVERY_SECONDS, NOBODY, NO_ARCHIVER)),
)
