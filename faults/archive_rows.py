"""The archive as its rows and files are: read beside the archiver, and never written."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import NullPool, create_engine, text

from faults.audience import CAMERAS
from faults.facts import ArchivedPicture, Lost, SlotRow
from faults.pictures import Pictures
from faults.viewers.viewer import taken_at_of

_SLOTS: Final = "SELECT camera_key, slot_start FROM archived_frame WHERE slot_start >= :since AND NOT doubtful"
_GAPS: Final = "SELECT camera_key, start_seconds, end_seconds, reason FROM archive_gap WHERE end_seconds > :since"
_SETTLED: Final = "SELECT key, settled_until FROM archive_camera"
_FRAMES: Final = (
    "SELECT camera_key, slot_start, interval_seconds, captured_at, path FROM archived_frame"
    " WHERE slot_start IS NOT NULL AND NOT doubtful ORDER BY slot_start"
)
"""All of them: a row that a wrong clock dated long ago is to be judged, too."""


@dataclass(slots=True)
class ArchiveRows:
    """Database and pictures. `known` are the pictures that were there once. All methods raise SQLAlchemyError and
    OSError.
    """

    database_url: str
    pictures: Pictures
    known: set[str] = field(default_factory=set)
    judged: set[tuple[str, int, str]] = field(default_factory=set)
    """Path, slot and date of each picture that was given. One that is dated anew is given again."""
    unread: set[str] = field(default_factory=set)
    """The paths of those whose files could not be read at the last look."""

    def slots(self, since: float, until: float, interval_seconds: int) -> list[SlotRow]:
        """All slots of the archived cameras from `since` on that are settled before `until`."""
        frames, gaps, settled = self._read((_SLOTS, since), (_GAPS, since), (_SETTLED, None))
        found = []
        for camera, settled_until in settled:
            if camera not in CAMERAS:
                continue
            first = int(since) // interval_seconds * interval_seconds + interval_seconds
            for start in range(first, int(min(settled_until, until)) - interval_seconds + 1, interval_seconds):
                count = sum(1 for key, slot in frames if key == camera and slot == start)
                reasons = tuple(reason for key, a, b, reason in gaps if key == camera and a <= start < b)
                found.append(SlotRow(camera, start, start + interval_seconds, count, reasons))
        return found

    def settled_until(self) -> dict[str, float]:
        """Until when each camera's slots have their frames or gaps."""
        (cameras,) = self._read((_SETTLED, None))
        return {key: float(until) for key, until in cameras}

    def new_pictures(self) -> Iterator[ArchivedPicture]:
        """Those that were not given before."""
        (frames,) = self._read((_FRAMES, None))
        self.unread.clear()
        for camera, slot_start, interval, captured_at, path in frames:
            seen = (path, slot_start, str(captured_at))
            if seen in self.judged:
                continue
            try:
                image = self.pictures.read(path)
            except OSError:
                self.unread.add(path)  # the disk is away; it is looked at later
                continue
            self.judged.add(seen)
            self.known.add(path)
            yield ArchivedPicture(camera, slot_start, interval, _seconds(captured_at), taken_at_of(image))

    def note_files(self) -> None:
        """Remember all pictures that are there."""
        self.known |= self.pictures.paths()

    def lost(self) -> list[Lost]:
        """Which of the known files, or of their rows, are gone."""
        (rows,) = self._read(("SELECT path FROM archived_frame", None))
        paths, present = {path for (path,) in rows}, self.pictures.paths()
        frames = {path for path in self.known if not path.endswith(".thumb.webp")}
        gone = [f"the file {path}" for path in sorted((self.known | paths) - present)]
        gone += [f"the row of {path}" for path in sorted(frames - paths)]
        return [Lost(what, time.time()) for what in gone]

    def _read(self, *questions: tuple[str, float | None]) -> list[list[Any]]:
        """The rows of each question. A number is what stands for `:since`."""
        engine = create_engine(self.database_url, poolclass=NullPool)
        with engine.connect() as connection:
            return [
                list(connection.execute(text(words), {} if since is None else {"since": int(since)}))
                for words, since in questions
            ]


def _seconds(captured_at: str | datetime) -> float:
    """SQLite gives text, PostgreSQL a time."""
    moment = datetime.fromisoformat(captured_at) if isinstance(captured_at, str) else captured_at
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
