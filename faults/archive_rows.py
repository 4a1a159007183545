"""The archive as its rows and files are: read beside the archiver, and never written."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from faults.facts import ArchivedPicture, Lost, SlotRow
from faults.viewers.viewer import taken_at_of

_FRAMES: Final = (
    "SELECT id, camera_key, slot_start, interval_seconds, captured_at, path FROM archived_frame"
    " WHERE slot_start IS NOT NULL AND doubtful = 0 AND captured_at >= ? ORDER BY slot_start"
)


@dataclass(slots=True)
class ArchiveRows:
    """SQLite's file and the directory of the pictures. `known` are the files that were there once."""

    database: Path
    directory: Path
    known: set[str] = field(default_factory=set)
    _judged: set[int] = field(default_factory=set)

    def slots(self, since: float, until: float, interval_seconds: int) -> list[SlotRow]:
        """All slots of all cameras from `since` on that are settled before `until`. Raises sqlite3.Error."""
        with closing(self._opened()) as rows:
            frames = rows.execute(
                "SELECT camera_key, slot_start FROM archived_frame WHERE slot_start >= ? AND doubtful = 0", (since,)
            ).fetchall()
            gaps = rows.execute(
                "SELECT camera_key, start_seconds, end_seconds, reason FROM archive_gap WHERE end_seconds > ?",
                (since,),
            ).fetchall()
            settled = dict(rows.execute("SELECT key, settled_until FROM archive_camera").fetchall())
        found = []
        for camera, settled_until in settled.items():
            first = int(since) // interval_seconds * interval_seconds + interval_seconds
            for start in range(first, int(min(settled_until, until)) - interval_seconds + 1, interval_seconds):
                count = sum(1 for key, slot in frames if key == camera and slot == start)
                reasons = tuple(reason for key, a, b, reason in gaps if key == camera and a <= start < b)
                found.append(SlotRow(camera, start, start + interval_seconds, count, reasons))
        return found

    def new_pictures(self, since: float) -> Iterator[ArchivedPicture]:
        """Those that were not given before."""
        begin = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        with closing(self._opened()) as rows:
            frames = rows.execute(_FRAMES, (begin,)).fetchall()
        for row_id, camera, slot_start, interval, captured_at, path in frames:
            if row_id in self._judged:
                continue
            try:
                image = (self.directory / path).read_bytes()
            except OSError:
                continue  # the disk is away; it is looked at later
            self._judged.add(row_id)
            self.known.add(path)
            at = datetime.fromisoformat(captured_at).replace(tzinfo=UTC).timestamp()
            yield ArchivedPicture(camera, slot_start, interval, at, taken_at_of(image))

    def note_files(self) -> None:
        """Remember all pictures that are there."""
        self.known |= {file.relative_to(self.directory).as_posix() for file in self.directory.rglob("*.webp")}

    def lost(self) -> list[Lost]:
        """Which of the known files, or of their rows, are gone. Raises sqlite3.Error."""
        with closing(self._opened()) as rows:
            paths = {path for (path,) in rows.execute("SELECT path FROM archived_frame")}
        frames = {path for path in self.known if not path.endswith(".thumb.webp")}
        gone = [f"the file {path}" for path in sorted(self.known | paths) if not (self.directory / path).exists()]
        gone += [f"the row of {path}" for path in sorted(frames - paths)]
        return [Lost(what, time.time()) for what in gone]

    def _opened(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)
