"""A rescan: takes in files without rows, compares all rows with their files, and drops rows when it is told to."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import Engine

from services.archiver.base import rescan_texts
from services.archiver.db.camera_changes import cameras_changing
from services.archiver.db.engine import damage_of
from services.archiver.db.file_facts import FileFacts
from services.archiver.db.frames import FrameRows
from services.archiver.db.recovery import Recovery
from services.archiver.files.frame_files import FrameFiles
from services.archiver.upkeep.check import Check
from services.archiver.upkeep.misplaced import take_in_misplaced
from services.archiver.upkeep.report import CameraFindings, RescanReport
from shared.logs import get_logger

_ROWS_AT_ONCE: Final = 200
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RescanOptions:
    """What a rescan does besides looking at directories."""

    with_hashes: bool = True
    """Read every file, and so find those that are damaged but have their size."""
    drop_missing: bool = False
    """Take out the rows whose files are gone."""


class Rescan:
    """For one store and its rows. Blocks: call it on a thread. `on_progress` gets the number of rows just checked."""

    def __init__(
        self,
        engine: Engine,
        frame_files: FrameFiles,
        recovery: Recovery,
        options: RescanOptions,
        on_progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._engine = engine
        self._store = frame_files.store
        self._recovery = recovery
        self._options = options
        self._on_progress = on_progress

    def run(self) -> RescanReport:
        """Do it all.

        Raises:
            DatabaseUnavailableError, StorageUnavailableError: what is done so far stays, and may be continued.
        """
        report = RescanReport(self._options.with_hashes, database=damage_of(self._engine))
        self._recovery.finish_deletions()
        changing = cameras_changing(self._engine)
        take_in_misplaced(self._store, report, changing)
        self._adopt(report)
        self._recovery.measure()
        check = Check(self._engine, self._store, with_hashes=self._options.with_hashes, on_progress=self._on_progress)
        keys = FileFacts(self._engine).cameras()
        report.cameras = [check.camera(key) for key in keys if key not in changing]
        if report.missing and not any(camera.has_some for camera in report.cameras):
            report.refusal = rescan_texts.all_is_away(report.missing)
        elif self._options.drop_missing:
            for camera in report.cameras:
                self._drop(camera)
        return report

    def _adopt(self, report: RescanReport) -> None:
        scan = self._recovery.scan_all()
        report.adopted, report.put_back, report.left_deleted = scan.adopted, scan.put_back, scan.left
        report.set_aside, report.foreign, report.unchecked = scan.broken, scan.foreign, scan.unchecked

    def _drop(self, camera: CameraFindings) -> None:
        """Take out the camera's rows without files. Not if all are gone: then rather its disk is."""
        if not camera.missing:
            return
        if not camera.has_some and sum(camera.elsewhere.values()) < len(camera.missing):
            camera.refusal = rescan_texts.camera_is_away(camera.camera_key, len(camera.missing))
            return
        frame_rows, ids = FrameRows(self._engine), iter(camera.missing)
        while some := list(islice(ids, _ROWS_AT_ONCE)):
            camera.dropped += frame_rows.drop({row_id: camera.missing[row_id] for row_id in some})
            for row_id in some:
                log.warning("the row of a missing file dropped", id=row_id, path=camera.missing[row_id])
