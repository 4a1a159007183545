"""The rows of an export as one file, CSV or JSON lines: a row for each frame that is at the target.

Rows of an earlier export to the same place stay, since their frames may be gone from the archive by now.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any, Final

from services.archiver.base import texts
from services.archiver.base.epoch import from_seconds
from services.archiver.db.models import ArchivedFrame
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
Row = dict[str, Any]


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
        self._rows: dict[str, Row] = {}
        try:
            content = target.read(self.name).decode()
            self._rows = {row["path"]: row for row in _READERS[rows_format](content)}
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError, csv.Error) as error:
            raise RowsUnreadableError(texts.export_rows_unreadable(self.name)) from error

    def add(self, frame: ArchivedFrame) -> None:
        """Note the frame's row, over an earlier one."""
        self._rows[frame.path] = _row_of(frame)

    def write(self) -> None:
        """Write all rows in the order of their paths. Raises StorageUnavailableError."""
        rows = [row for _, row in sorted(self._rows.items())]
        self._target.write(self.name, _WRITERS[self._format](rows).encode())


def _row_of(frame: ArchivedFrame) -> Row:
    return {
        "path": frame.path,
        "camera": frame.camera_key,
        "kind": frame.kind,
        "captured_at": frame.captured_at.isoformat(),
        "slot_start": None if frame.slot_start is None else from_seconds(frame.slot_start).isoformat(),
        **{name: getattr(frame, name) for name in COLUMNS[5:]},
    }


def _read_csv(content: str) -> Iterator[Row]:
    reader = csv.DictReader(io.StringIO(content, newline=""))
    if not {"path", "sha256"} <= set(reader.fieldnames or ()):
        raise ValueError("not of an export")
    yield from reader


def _read_json_lines(content: str) -> Iterator[Row]:
    for line in content.splitlines():
        row = json.loads(line)
        if "sha256" not in row:
            raise ValueError("not of an export")
        yield row


def _csv_of(rows: Iterable[Row]) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def _json_lines_of(rows: Iterable[Row]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


_READERS: Final[dict[RowsFormat, Callable[[str], Iterator[Row]]]] = {
    RowsFormat.CSV: _read_csv,
    RowsFormat.JSON_LINES: _read_json_lines,
}
_WRITERS: Final[dict[RowsFormat, Callable[[Iterable[Row]], str]]] = {
    RowsFormat.CSV: _csv_of,
    RowsFormat.JSON_LINES: _json_lines_of,
}
