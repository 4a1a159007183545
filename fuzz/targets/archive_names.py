"""Names of files in the archive and of stills to import, patterns for them, markers, and cursors in addresses."""

from datetime import UTC, datetime
from typing import Final

from fuzz.pieces import as_text
from services.archiver.db.frame_query import Cursor
from services.archiver.files.archive_marker import marker_content, marker_id
from services.archiver.files.paths import FrameName
from services.archiver.import_stills.name_times import NamePattern, time_in_name

HANDLED: Final = (ValueError,)


def read(data: bytes) -> None:
    """A name that is read makes the same path, and times of names are times."""
    marker = marker_id(data)
    assert marker is None or marker_id(marker_content(marker)) == marker
    text = as_text(data)
    path, _, pattern = text.partition("\n")
    name = FrameName.parse(path)
    assert name is None or name.path == path
    below = FrameName.parse_below(path, "porch")
    assert below is None or path == f"porch/{below.path.partition('/')[2]}"
    _is_a_time(time_in_name(path))
    if pattern:
        _is_a_time(NamePattern.parse(pattern).find(path))
    cursor = Cursor.decode(path)
    assert Cursor.decode(cursor.encode()) == cursor


def _is_a_time(moment: datetime | None) -> None:
    if moment is not None and moment.tzinfo is not None:
        moment.astimezone(UTC)
