"""Orphans: what interruptions left on the store or in the rows, brought in order again.

Files without rows are adopted, or set aside when they are broken; what belongs to nothing is swept; files whose rows
were deleted are deleted; rows without measures get them. Sweeping waits until a file is old enough that no archiver can
be at work on it. Adopting need not: whoever enters a row tells of the same file. Everything here blocks.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import ForeignPictureError, PictureRefusedError
from services.archiver.db.frames import Catalog
from services.archiver.db.models import ArchiveCamera
from services.archiver.files.frame_files import ORPHAN_SECONDS, FrameFiles
from services.archiver.files.paths import THUMBNAIL_SUFFIX, FrameName, frame_path_of
from services.archiver.files.store import StoredFile
from shared.logs import get_logger

RECENT_SECONDS: Final = 600
_ROWS_AT_ONCE: Final = 100
log = get_logger(__name__)


@dataclass(slots=True)
class Findings:
    """What a look at the store came upon."""

    whole: int = 0
    adopted: int = 0
    broken: int = 0
    strangers: int = 0
    """Pictures under a frame's name that no archiver wrote."""


class Orphans:
    """Works on one shelf and one catalog. Raises what they do."""

    def __init__(self, shelf: FrameFiles, catalog: Catalog, utc_ns: Callable[[], int]) -> None:
        self._shelf = shelf
        self._catalog = catalog
        self._utc_ns = utc_ns

    def look_at_everything(self, since_seconds: int = 0) -> Findings:
        """All cameras that have files, from the day of `since_seconds` (UTC epoch) on."""
        findings = Findings()
        for camera_key in self._shelf.store.cameras():
            self._look_at(camera_key, since_seconds, findings)
        return findings

    def look_at_recent(self, cameras: Iterable[ArchiveCamera]) -> Findings:
        """What was written of late, whether to the slot that runs or to the one before."""
        findings, now = Findings(), self._utc_ns() // 1_000_000_000
        for camera in cameras:
            interval = camera.interval_seconds
            first_slot = now // interval * interval - interval
            since = max(0, min(first_slot, now - RECENT_SECONDS))
            self._look_at(camera.key, since, findings, written_since=now - RECENT_SECONDS)
        return findings

    def finish_deletions(self) -> None:
        """Delete the files whose rows are gone."""
        paths = self._catalog.pending_deletions()
        for path in paths:
            self._shelf.remove(path)
        if paths:
            self._catalog.deletions_done(paths)

    def measure(self) -> int:
        """Measure pictures whose rows an earlier version wrote, and make their thumbnails; how many could not be."""
        last_id = failed = 0
        while rows := self._catalog.unmeasured(last_id, _ROWS_AT_ONCE):
            for row in rows:
                last_id = row.id or 0
                name = FrameName.parse(row.path)
                try:
                    kept = self._shelf.describe(name) if name else None
                except PictureRefusedError:
                    kept = None
                if kept is None:
                    failed += 1
                    log.warning("a row's picture is gone or broken", id=row.id, path=row.path)
                else:
                    looks = kept.looks
                    self._catalog.measured(last_id, looks.brightness, looks.perceptual_hash, kept.thumbnail_bytes)
        return failed

    def _look_at(
        self, camera_key: str, since_seconds: int, findings: Findings, written_since: float = float("-inf")
    ) -> None:
        old = self._utc_ns() / 1e9 - ORPHAN_SECONDS
        self._shelf.store.sweep(camera_key, since_seconds, old)
        for files in self._shelf.store.files(camera_key, since_seconds):
            frames = {
                file.path: file
                for file in files
                if file.modified_at >= written_since and FrameName.parse(file.path) is not None
            }
            known = self._catalog.known_paths(frames)
            for path, file in frames.items():
                findings.whole += path in known
                if path not in known:
                    self._adopt(file, file.modified_at < old, findings)
            self._sweep_thumbnails(files, old)

    def _adopt(self, file: StoredFile, is_old: bool, findings: Findings) -> None:
        name = FrameName.parse(file.path)
        assert name is not None  # noqa: S101 chosen by it
        try:
            kept = self._shelf.describe(name)
        except ForeignPictureError:
            findings.strangers += 1
            log.warning("a file is not ours, left alone", path=file.path)
            return
        except PictureRefusedError as error:
            if is_old:
                findings.broken += 1
                log.warning("a file without a row is broken, set aside", path=file.path, reason=str(error))
                self._shelf.store.set_aside(file.path)
            return
        if kept is None:
            return  # it was deleted just now
        if self._catalog.add(kept.row(from_ns(self._utc_ns()))):
            findings.whole += 1
            findings.adopted += 1
        else:
            self._shelf.remove(file.path)

    def _sweep_thumbnails(self, files: Iterable[StoredFile], old: float) -> None:
        paths = {file.path for file in files}
        for file in files:
            if file.path.endswith(THUMBNAIL_SUFFIX) and file.modified_at < old:
                frame_path = frame_path_of(file.path)
                if frame_path not in paths and FrameName.parse(frame_path):
                    self._shelf.store.delete(file.path)
