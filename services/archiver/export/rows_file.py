"""The rows of an export as one file, CSV or JSON lines: a row for each frame that is at the target.

Rows of an earlier export to the same place stay, since their frames may be gone from the archive by now.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import BinaryIO, Final

from services.archiver.base import export_texts
from services.archiver.base.epoch import from_seconds
from services.archiver.db.models import ArchivedFrame
from services.archiver.export.row_table import Row, RowTable
from services.archiver.export.target import Target
from shared.errors import FramecastError

COLUMNS: Final = (
    "path",
    "camera",
    "kind",
    "captured_at",
    "slot_start",
    "interval_seconds",
    "width",
    "height",
    "bytes",
    "sha256",
    "brightness",
    "perceptual_hash",
    "kept",
)


class RowsFormat(StrEnum):
    """How the rows are written; also the ending of the file's name."""

    CSV = "csv"
    JSON_LINES = "jsonl"


class RowsUnreadableError(FramecastError):
    """Raised when the rows of an earlier export can't be read. Copy nothing: they would be overwritten."""


class RowsFile:
    """The rows at the target, by the frames' paths."""

    def __init__(self, target: Target, rows_format: RowsFormat) -> None:
        """Raises RowsUnreadableError, and StorageUnavailableError."""
        self.name = f"frames.{rows_format}"
        self._target = target
        self._format = rows_format
        self._rows = RowTable(target.workspace)
        try:
            with target.open(self.name) as file:
                for row in _READERS[rows_format](file):
                    self._note(row)
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError, csv.Error) as error:
            raise RowsUnreadableError(export_texts.export_rows_unreadable(self.name)) from error

    def add(self, frame: ArchivedFrame) -> None:
        """Note the frame's row, over an earlier one."""
        self._note(_row_of(frame))

    def write(self) -> None:
        """Write all rows in the order of their paths. Raises StorageUnavailableError."""
        self._target.write_pieces(self.name, _WRITERS[self._format](self._rows.all()))

    def _note(self, row: Row) -> None:
        path = row["path"]
        if not isinstance(path, str):
            raise ValueError("not of an export")  # noqa: TRY004 a wrong file, not a wrong call
        self._rows.put(path, row)


def _row_of(frame: ArchivedFrame) -> Row:
    return {
        "path": frame.path,
        "camera": frame.camera_key,
        "kind": frame.kind,
        "captured_at": frame.captured_at.isoformat(),
        "slot_start": None if frame.slot_start is None else from_seconds(frame.slot_start).isoformat(),
        **{name: getattr(frame, name) for name in COLUMNS[5:]},
    }


def _read_csv(file: BinaryIO) -> Iterator[Row]:
    with io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
        reader = csv.DictReader(text)
        if not {"path", "sha256"} <= set(reader.fieldnames or ()):
            raise ValueError("not of an export")
        yield from reader


def _read_json_lines(file: BinaryIO) -> Iterator[Row]:
    for line in file:
        row = json.loads(line)
        if "sha256" not in row:
            raise ValueError("not of an export")
        yield row


def _csv_of(rows: Iterable[Row]) -> Iterator[bytes]:
    line = io.StringIO()
    writer = csv.DictWriter(line, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(row)
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()
    yield line.getvalue().encode()


def _json_lines_of(rows: Iterable[Row]) -> Iterator[bytes]:
    return (f"{json.dumps(row)}\n".encode() for row in rows)


_READERS: Final[dict[RowsFormat, Callable[[BinaryIO], Iterator[Row]]]] = {
    RowsFormat.CSV: _read_csv,
    RowsFormat.JSON_LINES: _read_json_lines,
}
_WRITERS: Final[dict[RowsFormat, Callable[[Iterable[Row]], Iterator[bytes]]]] = {
    RowsFormat.CSV: _csv_of,
    RowsFormat.JSON_LINES: _json_lines_of,
}
