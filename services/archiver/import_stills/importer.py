"""Takes stills into a camera's archive, one after the other, or tells what it would do.

An imported frame has no slot: its name is its instant, to the millisecond, and its label holds the beginning of its
file's SHA-256. So a second run finds each still where the first one put it, and nothing has to be remembered. Stills of
one instant, which are many where names tell whole seconds, get the milliseconds that follow.

It works beside archivers: files appear whole under names that no archiver uses, and rows are inserted as an archiver
that finds such a file would. Everything here blocks.
"""

import hashlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from services.archiver.base import import_texts
from services.archiver.base.epoch import EPOCH
from services.archiver.base.errors import DatabaseUnavailableError, EncodeFailedError, PictureRefusedError
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import FrameFiles, StoredFrame
from services.archiver.files.paths import FrameName
from services.archiver.files.stills import Still, open_still
from services.archiver.files.webp import Label, WebpOptions, encode_webp, original_id_of
from services.archiver.import_stills.still_folder import StillFile
from services.archiver.import_stills.still_times import FoundTime, TimeFinder

FIRST: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""There were no such stills before. A clock that was never set says 1970 or 1980."""
AHEAD: Final = timedelta(days=1)
_MILLISECOND: Final = timedelta(milliseconds=1)
_MOST_OF_AN_INSTANT: Final = 1000
_ID_DIGITS: Final = 32
_TRIES: Final = 5
_TRY_SECONDS: Final = 1.0


class Fate(StrEnum):
    """What becomes of a still."""

    TAKEN = "taken"
    DOUBLE = "double"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one still, or would: `words` name its path in the archive, its double, or why it is refused."""

    still: StillFile
    fate: Fate
    words: str
    time: FoundTime | None = None


@dataclass(slots=True)
class Importer:
    """For one camera. With `rows` it does it; with None it only looks."""

    camera_key: str
    frame_files: FrameFiles
    finder: TimeFinder
    webp: WebpOptions
    rows: FrameRows | None
    _seen: dict[str, str] = field(default_factory=dict)
    """The stills of this run by the digests of their content."""
    _planned: set[int] = field(default_factory=set)
    """The milliseconds that a run without rows would use."""

    def run(self, stills: Iterable[StillFile]) -> Iterator[Outcome]:
        """Each still's outcome.

        Raises:
            StorageUnavailableError, DatabaseUnavailableError: when the archive is full or away. What is done stays, and
                another run goes on there.
        """
        for still in stills:
            try:
                yield self._take(still)
            except (PictureRefusedError, EncodeFailedError) as error:
                yield Outcome(still, Fate.REFUSED, str(error))
            except FileNotFoundError:
                yield Outcome(still, Fate.REFUSED, import_texts.TOO_LARGE_OR_GONE)
            except OSError as error:
                yield Outcome(still, Fate.REFUSED, import_texts.not_readable(error.strerror))

    def _take(self, file: StillFile) -> Outcome:
        content = file.read()
        digest = hashlib.sha256(content).hexdigest()
        if digest in self._seen:
            return Outcome(file, Fate.DOUBLE, import_texts.same_as(self._seen[digest]))
        still = open_still(content, self.frame_files.max_pixels)
        found = self.finder.find(file.path, still.taken_at, file.modified_at)
        if found is None:
            return Outcome(file, Fate.REFUSED, import_texts.NO_TIME)
        if not FIRST <= found.instant <= datetime.now(UTC) + AHEAD:
            return Outcome(file, Fate.REFUSED, import_texts.no_believable_time(found.instant, found.source), found)
        self._seen[digest] = file.path
        return self._place(file, still, found, digest[:_ID_DIGITS])

    def _place(self, file: StillFile, still: Still, found: FoundTime, original_id: str) -> Outcome:
        for later in range(_MOST_OF_AN_INSTANT):
            instant = found.instant + later * _MILLISECOND
            name = FrameName(self.camera_key, None, (instant - EPOCH) // _MILLISECOND)
            occupant = self._occupant(name)
            if occupant == original_id:
                self._insert_missing(name)
                return Outcome(file, Fate.DOUBLE, import_texts.there_already(name.path), found)
            if occupant is None:
                return self._save(file, still, found, name, Label(self.camera_key, instant, None, original_id))
        return Outcome(file, Fate.REFUSED, import_texts.TOO_MANY_OF_AN_INSTANT, found)

    def _occupant(self, name: FrameName) -> str | None:
        """The id of the original of the frame in this place, or another text; None when the place is free."""
        if name.captured_ms in self._planned:
            return "planned"
        try:
            return original_id_of(self.frame_files.store.read(name.path)) or "of another kind"
        except FileNotFoundError:
            return None

    def _save(self, file: StillFile, still: Still, found: FoundTime, name: FrameName, label: Label) -> Outcome:
        if self.rows is None:
            assert name.captured_ms is not None  # noqa: S101 it has no slot
            self._planned.add(name.captured_ms)
        else:
            stored = self.frame_files.save(name, encode_webp(still.picture, label, self.webp))
            if not self._insert(self.rows, stored):
                return Outcome(file, Fate.REFUSED, import_texts.WAS_DELETED, found)
        return Outcome(file, Fate.TAKEN, name.path, found)

    def _insert_missing(self, name: FrameName) -> None:
        """An earlier run may have ended between file and row."""
        if self.rows is not None and not self.rows.known_paths([name.path]):
            stored = self.frame_files.describe(name)
            if stored is not None:
                self._insert(self.rows, stored)

    def _insert(self, rows: FrameRows, stored: StoredFrame) -> bool:
        """False when this frame was deleted a moment ago."""
        for left in reversed(range(_TRIES)):
            try:
                return rows.add(ArchivedFrame.of(stored, datetime.now(UTC)))
            except DatabaseUnavailableError:  # an archiver is writing
                if not left:
                    raise
                time.sleep(_TRY_SECONDS)
        raise AssertionError
