"""Zip files made while they are sent. One frame is in memory at a time, and some 500 bytes for each earlier one."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from services.archiver.base.errors import (
    DamagedFrameError,
    DatabaseUnavailableError,
    PictureRefusedError,
    StorageUnavailableError,
)
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.paths import local_path_of

UTC: Final = ZoneInfo("UTC")
MOST_FRAMES: Final = 100_000
SKIPPED: Final = "skipped.txt"
"""The file in the zip that lists the frames that could not be read."""
_ROWS_AT_ONCE: Final = 200
_FIRST_YEAR: Final = 1980


class _Outgoing(io.BytesIO):
    """Holds what was written until it is taken. Within that it can seek, and its positions count from the first byte.

    So zipfile goes back to an entry's header and writes size and checksum there. Without seeking it writes them behind
    the entry, where some readers can't find them: Java's ZipInputStream reads from the front, and refuses such entries.
    """

    def __init__(self) -> None:
        super().__init__()
        self._taken_bytes = 0

    def tell(self) -> int:
        return self._taken_bytes + super().tell()

    def seek(self, position: int, whence: int = io.SEEK_SET, /) -> int:
        """From the beginning only. Raises ValueError for what has been taken."""
        assert whence == io.SEEK_SET  # noqa: S101 as zipfile does
        return self._taken_bytes + super().seek(position - self._taken_bytes)

    def take(self) -> bytes:
        taken = self.getvalue()
        self._taken_bytes += len(taken)
        super().seek(0)
        self.truncate()
        return taken


def zipped(frame_rows: FrameRows, frame_files: FrameFiles, query: FrameQuery, zone: ZoneInfo = UTC) -> Iterator[bytes]:
    """The zip file in pieces of about a frame. Uncompressed, since WebP is compressed. Blocks on disk and database.

    The files' names and times are those of the zone; in UTC the names are those on the disk.

    A frame that is gone or damaged is left out and listed in `skipped.txt`: everything in the file is whole.
    """
    outgoing = _Outgoing()
    skipped: list[str] = []
    with zipfile.ZipFile(outgoing, "w", zipfile.ZIP_STORED) as archive:
        try:
            for row in _rows(frame_rows, query):
                try:
                    content = frame_files.image(row)
                except (FileNotFoundError, DamagedFrameError, PictureRefusedError, StorageUnavailableError):
                    skipped.append(row.path)
                else:
                    archive.writestr(_entry(local_path_of(row.path, zone), row.captured_at.astimezone(zone)), content)
                    yield outgoing.take()
        except DatabaseUnavailableError:
            skipped.append("and all pictures after these: the database went away")
        if skipped:
            archive.writestr(SKIPPED, "\n".join(skipped) + "\n")
    yield outgoing.take()


def zip_name(frame_rows: FrameRows, query: FrameQuery, zone: ZoneInfo = UTC) -> str:
    """The file's name with the days that it covers, such as `porch_20261122-20261123.zip`."""
    ends = frame_rows.ends(query)
    days = "" if ends is None else "_{:%Y%m%d}-{:%Y%m%d}".format(*(end.astimezone(zone) for end in ends))
    return f"{query.camera_key or 'cameras'}{days}.zip"


def _rows(frame_rows: FrameRows, query: FrameQuery) -> Iterator[ArchivedFrame]:
    cursor = None
    while True:
        rows, cursor = frame_rows.page(replace(query, after=cursor, limit=_ROWS_AT_ONCE))
        yield from rows
        if cursor is None:
            return


def _entry(path: str, captured_at: datetime) -> zipfile.ZipInfo:
    at = captured_at.timetuple()[:6] if captured_at.year >= _FIRST_YEAR else (_FIRST_YEAR, 1, 1, 0, 0, 0)
    entry = zipfile.ZipInfo(path, at)
    entry.external_attr = 0o644 << 16
    return entry
