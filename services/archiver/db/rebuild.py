"""Makes the rows of all frames in the archive again, from their files alone."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from services.archiver.base.trusted_clock import TrustedClock
from services.archiver.db.clock_rows import ClockRows, new_row
from services.archiver.db.engine import upgrade
from services.archiver.db.recovery import Recovery, ScanResult
from services.archiver.files.frame_files import FrameFiles
from shared.clock import Clock


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """What the scan found, and how many rows have no whole file."""

    scan: ScanResult
    unreadable: int

    @property
    def is_complete(self) -> bool:
        """Whether every file and every row is whole."""
        return not self.scan.broken and not self.scan.unchecked and not self.unreadable


def rebuild(engine: Engine, frame_files: FrameFiles, utc_ns: Callable[[], int]) -> RebuildResult:
    """Insert every missing row; change no row that is there. Blocks for as long as reading all new files takes.

    Raises:
        DatabaseUnavailableError, StorageUnavailableError: what is done so far stays, and may be continued.
    """
    upgrade(engine)
    clock = TrustedClock(Clock(utc_ns))
    ClockRows(engine, clock).load()
    recovery = Recovery(engine, frame_files, utc_ns, lambda stored: new_row(stored, clock))
    recovery.finish_deletions()
    scan = recovery.scan_all()
    return RebuildResult(scan, recovery.measure())
