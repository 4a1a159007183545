"""Puts in order what interruptions left in the store and in the rows.

Files without rows are adopted, or set aside if they are broken. Leftovers are swept. Files whose rows were deleted are
deleted. Rows without image features get them. Sweeping and setting aside wait until a file is so old that no archiver
can be working on it. Adopting need not wait, because every archiver makes the same row from a file. Everything here
blocks: call it on a thread.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from services.archiver.base.epoch import from_ns
from services.archiver.base.errors import (
    DiskNotMountedError,
    ForeignPictureError,
    OutOfMemoryError,
    PictureRefusedError,
    PictureTooLargeError,
)
from services.archiver.db.camera_changes import cameras_changing
from services.archiver.db.frames import Adoption, FrameRows
from services.archiver.db.gaps import GapRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import ORPHAN_SECONDS, FrameFiles, StoredFrame
from services.archiver.files.paths import KEPT_SUFFIX, THUMBNAIL_SUFFIX, FrameName, frame_path_of
from services.archiver.files.store import StoredFile
from shared.logs import get_logger

RECENT_SECONDS: Final = 600
_ROWS_AT_ONCE: Final = 100
log = get_logger(__name__)


@dataclass(slots=True)
class ScanResult:
    """What a scan of the store found: numbers of frames."""

    whole: int = 0
    """With a row in the end."""
    adopted: int = 0
    """Among those, the ones that had no row before."""
    broken: int = 0
    """Set aside, with those that would cost too much to look at."""
    foreign: int = 0
    """Pictures with a frame's name that no archiver wrote."""
    put_back: int = 0
    """Among the adopted ones, those that had been deleted."""
    left: int = 0
    """Put back after their deletion, and left without a row by ARCHIVE_TAKE_BACK."""
    unchecked: int = 0
    """Left alone, because memory was short."""
    last_refused: str = ""
    """Path and reason of the last one that is broken or unchecked."""


class Recovery:
    """For one store and its rows. Every method raises StorageUnavailableError and DatabaseUnavailableError."""

    def __init__(
        self,
        engine: Engine,
        frame_files: FrameFiles,
        utc_ns: Callable[[], int],
        row_of: Callable[[StoredFrame], ArchivedFrame] | None = None,
        *,
        takes_back: bool = True,
    ) -> None:
        """`row_of` makes the row of an adopted file; without it no clock is in doubt.

        `takes_back`: a picture that was deleted gets a row again when its file is put back.
        """
        self._engine = engine
        self._frame_files = frame_files
        self._takes_back = takes_back
        self._frame_rows = FrameRows(engine, utc_ns)
        self._gap_rows = GapRows(engine)
        self._utc_ns = utc_ns
        self._row_of = row_of or (lambda stored: ArchivedFrame.of(stored, from_ns(utc_ns())))

    def scan_all(self, since_seconds: int = 0) -> ScanResult:
        """Scan every camera's directory, from the day of `since_seconds` (UTC epoch) on."""
        result = ScanResult()
        changing = cameras_changing(self._engine)
        for camera_key in self._frame_files.store.cameras():
            if camera_key not in changing:
                self._scan(camera_key, since_seconds, result)
        return result

    def scan_camera(self, camera_key: str) -> ScanResult:
        """Scan one camera's directory."""
        result = ScanResult()
        self._scan(camera_key, 0, result)
        return result

    def scan_recent(self) -> ScanResult:
        """Scan what was written recently, to the running slot of each remembered camera or to the slot before."""
        result, now = ScanResult(), self._utc_ns() // 1_000_000_000
        changing = cameras_changing(self._engine)
        for camera in (each for each in self._gap_rows.cameras() if each.key not in changing):
            interval = camera.interval_seconds
            first_slot = now // interval * interval - interval
            since = max(0, min(first_slot, now - RECENT_SECONDS))
            self._scan(camera.key, since, result, written_since=now - RECENT_SECONDS)
        return result

    def finish_deletions(self) -> None:
        """Delete the files whose rows were deleted, but none that was written since, and none whose disk is away."""
        pending = self._frame_rows.pending_deletions()
        settled: list[str] = []
        meant: list[str] = []
        for path, deleted_at in pending.items():
            with suppress(DiskNotMountedError):
                modified_at = self._frame_files.store.modified_at(path)
                # Not by the time when owner or mode were changed: whoever repairs a disk changes those of all files.
                if modified_at and deleted_at and modified_at > deleted_at.timestamp() + ORPHAN_SECONDS:
                    settled.append(path)  # for a scan to judge
                    continue
                if modified_at is not None:
                    log.info("the file of a deleted frame removed", path=path)
                meant.append(path)
        settled += self._frame_files.remove_reachable(meant)
        if settled:
            self._frame_rows.deletions_done(settled)

    def measure(self) -> int:
        """Complete the rows of an earlier version: measure their pictures and make thumbnails. How many failed."""
        last_id = failed = 0
        while rows := self._frame_rows.unmeasured(last_id, _ROWS_AT_ONCE):
            for row in rows:
                last_id = row.id or 0
                failed += not self._measure(row)
        return failed

    def _measure(self, row: ArchivedFrame) -> bool:
        name = FrameName.parse(row.path)
        try:
            stored = self._frame_files.describe(name) if name else None
        except PictureRefusedError:
            stored = None
        if stored is None:
            log.warning("a row's picture is gone or broken", id=row.id, path=row.path)
            return False
        features = stored.features
        self._frame_rows.set_features(
            row.id or 0, features.brightness, features.perceptual_hash, stored.thumbnail_bytes
        )
        return True

    def _scan(
        self, camera_key: str, since_seconds: int, result: ScanResult, written_since: float = float("-inf")
    ) -> None:
        old = self._utc_ns() / 1e9 - ORPHAN_SECONDS
        self._frame_files.store.sweep(camera_key, since_seconds, old)
        for files in self._frame_files.store.files(camera_key, since_seconds):
            frames = {
                file.path: (file, name)
                for file in files
                if file.modified_at >= written_since and (name := FrameName.parse(file.path)) is not None
            }
            known = self._frame_rows.known_paths(frames)
            kept = {file.path.removesuffix(KEPT_SUFFIX) for file in files if file.path.endswith(KEPT_SUFFIX)}
            if marked := known & kept:
                self._frame_rows.set_kept(marked, is_kept=True)
            for path, (file, name) in frames.items():
                result.whole += path in known
                if path not in known:
                    self._adopt(name, file.modified_at < old, path in kept, result)
            self._sweep_thumbnails(files, old)

    def _adopt(self, name: FrameName, is_old: bool, is_kept: bool, result: ScanResult) -> None:
        try:
            stored = self._frame_files.describe(name)
        except ForeignPictureError:
            result.foreign += 1
            log.warning("a file is not ours, left alone", path=name.path)
            return
        except OutOfMemoryError as error:
            result.unchecked += 1
            result.last_refused = f"{name.path}: {error}"
            log.warning("a file without a row could not be looked at, left alone", path=name.path, reason=str(error))
            return
        except PictureRefusedError as error:
            if is_old or isinstance(error, PictureTooLargeError):  # which the rest of a file can't change
                result.broken += 1
                result.last_refused = f"{name.path}: {error}"
                log.warning("a file without a row can't be used, set aside", path=name.path, reason=str(error))
                self._frame_files.store.set_aside(name.path)
            return
        if stored is None:
            return  # deleted since the listing
        row = self._row_of(stored)
        row.kept = is_kept
        self._count(self._frame_rows.adopt(row, takes_back=self._takes_back), name.path, result)

    def _count(self, adoption: Adoption, path: str, result: ScanResult) -> None:
        if adoption in (Adoption.ADOPTED, Adoption.PUT_BACK):
            result.whole += 1
            result.adopted += 1
        if adoption is Adoption.PUT_BACK:
            result.put_back += 1
            log.warning("a deleted frame was put back, it is listed again", path=path)
        if adoption is Adoption.LEFT:
            result.left += 1
            log.warning("a deleted frame was put back, left unlisted by ARCHIVE_TAKE_BACK", path=path)
        if adoption is Adoption.LATE:
            log.warning("another archiver's frame of a deleted slot removed", path=path)
            self._frame_files.remove(path)

    def _sweep_thumbnails(self, files: Iterable[StoredFile], old: float) -> None:
        paths = {file.path for file in files}
        for file in files:
            if file.path.endswith(THUMBNAIL_SUFFIX) and file.modified_at < old:
                frame_path = frame_path_of(file.path)
                if frame_path not in paths and FrameName.parse(frame_path):
                    self._frame_files.store.delete(file.path)
