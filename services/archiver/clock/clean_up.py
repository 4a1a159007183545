"""Takes out what a wrong clock left: deletes the frames whose time is in doubt, and mends gaps and cameras' marks."""

from typing import Final

from sqlalchemy import Engine

from services.archiver.base.epoch import from_ns
from services.archiver.base.trusted_clock import TrustedClock
from services.archiver.db.clock_leftovers import ClockLeftovers, Leftovers
from services.archiver.db.clock_rows import ClockRows
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles
from shared.logs import get_logger

_AT_ONCE: Final = 200
log = get_logger(__name__)


def take_out(engine: Engine, frame_files: FrameFiles, clock: TrustedClock) -> Leftovers:
    """Take out everything that `ClockLeftovers` finds by a trusted clock; what it was. The log names each frame.

    Frames that the clock can date are dated first: they stay.

    Raises:
        DatabaseUnavailableError, StorageUnavailableError: what is done so far stays, and the rest may follow.
    """
    leftovers, frame_rows, now = ClockLeftovers(engine), FrameRows(engine), from_ns(clock.clock.utc_ns())
    ClockRows(engine, clock).settle()
    found = leftovers.find(now)
    batch: list[int] = []
    for frame in leftovers.frames():
        log.info("a frame of a wrong clock is deleted", path=frame.path, captured_at=frame.captured_at.isoformat())
        batch.append(frame.id or 0)
        if len(batch) == _AT_ONCE:
            _delete(batch, frame_rows, frame_files)
            batch = []
    _delete(batch, frame_rows, frame_files)
    leftovers.mend(now)
    return found


def _delete(frame_ids: list[int], frame_rows: FrameRows, frame_files: FrameFiles) -> None:
    """Rows first; the database remembers files that are left."""
    frame_files.store.check_disk()  # a row goes only when its file can
    paths = frame_rows.delete(frame_ids, leave_gaps=False, spare_kept=True)
    frame_rows.deletions_done(frame_files.remove_reachable(paths))
