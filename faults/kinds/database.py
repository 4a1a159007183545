"""The archive's database, SQLite: locked, gone, or replaced by an older copy. Pictures are kept all the same."""

import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from faults.audience import NOBODY
from faults.fault import Fault
from faults.kinds.processes import NO_ARCHIVER
from faults.lab import Lab
from faults.window import Promise
from tests.support.waiting import wait_until

KIND: Final = "database"
RECOVERY_SECONDS: Final = 20.0


def database_of(lab: Lab) -> Path:
    if lab.place.database_file is None:
        raise AssertionError("this archive has no SQLite file")
    return lab.place.database_file


@contextmanager
def locked(lab: Lab) -> Iterator[None]:
    """Another program holds the lock."""
    with closing(sqlite3.connect(database_of(lab), timeout=30, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def gone(lab: Lab) -> Iterator[None]:
    """Its file is moved away while the archiver runs, and comes back. Meanwhile the archiver makes another one from the
    files. So what it archived then has no row in the old one, until the archiver starts anew and adopts the files.
    """
    away = database_of(lab).with_suffix(".away")
    _quiet(lab)
    database_of(lab).rename(away)
    try:
        yield
    finally:
        with archiver_down(lab):
            away.replace(database_of(lab))


@contextmanager
def replaced(lab: Lab) -> Iterator[None]:
    """The archiver is stopped, the database is taken back to the copy of some seconds ago, and it starts again."""
    copy = database_of(lab).with_suffix(".copy")
    _quiet(lab)
    shutil.copy(database_of(lab), copy)
    try:
        yield
    finally:
        with archiver_down(lab):
            copy.replace(database_of(lab))


@contextmanager
def archiver_down(lab: Lab) -> Iterator[None]:
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
    journal = database_of(lab).with_name(database_of(lab).name + "-journal")
    wait_until(lambda: not journal.exists(), "no transaction is under way", 5)


FAULTS: Final = (
    Fault("the database is locked", KIND, locked, Promise(RECOVERY_SECONDS, NOBODY)),
    Fault("the database is gone", KIND, gone, Promise(RECOVERY_SECONDS, NOBODY, NO_ARCHIVER)),
    Fault("the database is an older copy", KIND, replaced, Promise(RECOVERY_SECONDS, NOBODY, NO_ARCHIVER)),
)
