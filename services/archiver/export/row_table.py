"""The rows of an export while it runs, by path: a table of SQLite in a file without a name, which ends with the export.

Not in memory, since a year of one picture a minute has half a million rows. Not in the system's directory for temporary
files either: in a container that is a small part of the memory.
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from services.archiver.base import export_texts
from services.archiver.base.errors import StorageFullError, StorageUnavailableError
from services.archiver.files.store import TEMPORARY_PREFIX

Row = dict[str, Any]


class RowTable:
    """Every method raises StorageUnavailableError, or StorageFullError when the disk is full."""

    def __init__(self, directory: Path | None) -> None:
        """`directory`: where the file is; None: in the system's directory for temporary files."""
        self._is_broken = False
        with self._words():
            descriptor, name = mkstemp(prefix=TEMPORARY_PREFIX, dir=directory)
            try:
                os.close(descriptor)
                # Nobody else knows the file. So it needs no locks, which a network file system may lack.
                self._rows = sqlite3.connect(f"{Path(name).absolute().as_uri()}?nolock=1", uri=True)
                self._rows.execute("PRAGMA journal_mode=OFF")
                self._rows.execute("CREATE TABLE rows (path TEXT PRIMARY KEY, row TEXT NOT NULL) WITHOUT ROWID")
            finally:
                Path(name).unlink()

    def put(self, path: str, row: Row) -> None:
        """Note the row, over an earlier one of the path."""
        with self._words():
            self._rows.execute("INSERT OR REPLACE INTO rows VALUES (?, ?)", (path, json.dumps(row)))

    def all(self) -> Iterator[Row]:
        """In the order of the paths. After an error there are none: some of them may be gone."""
        if self._is_broken:
            raise StorageUnavailableError(export_texts.EXPORT_ROWS_LOST)
        with self._words():
            for (row,) in self._rows.execute("SELECT row FROM rows ORDER BY path"):
                yield json.loads(row)

    @contextmanager
    def _words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            self._is_broken = True
            is_full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
            kind = StorageFullError if is_full else StorageUnavailableError
            raise kind(export_texts.export_rows_fail(error)) from error
        except OSError as error:
            raise StorageUnavailableError(export_texts.export_rows_fail(error.strerror)) from error
