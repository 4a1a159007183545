"""What was deleted and when: by it a file that is there again is known as one that somebody put back.

A deletion by hand leaves a row for its picture. Retention deletes by the million, so it leaves one mark for each
camera: the newest instant that it deleted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, col, select

from services.archiver.base.epoch import EPOCH, from_seconds
from services.archiver.db.gaps import is_deleted
from services.archiver.db.marks import raise_mark, read_mark
from services.archiver.db.models import ArchivedFrame, DeletedFrame, FrameKind, PendingDeletion
from services.archiver.files.paths import FrameName

LATE: Final = timedelta(seconds=120)
"""A picture captured so shortly before its slot's deletion, or after it, may be another archiver's work."""
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Deletion:
    """A picture was deleted by hand: `at` and with which hash. Both are None of one before they were recorded."""

    at: datetime | None
    sha256: str | None

    def is_late(self, frame: ArchivedFrame) -> bool:
        """Whether the file that is there now is another archiver's, which was making it during the deletion.

        A file with the very bytes that were deleted is the deleted one, put back.
        """
        return self.at is not None and frame.sha256 != self.sha256 and frame.captured_at >= self.at - LATE


def record_deletion(session: Session, frame: ArchivedFrame, at: datetime) -> None:
    """This picture was deleted by hand."""
    session.merge(DeletedFrame(path=frame.path, sha256=frame.sha256, deleted_at=at))


def deletion_of(session: Session, frame: ArchivedFrame) -> Deletion | None:
    """The deletion by hand of a picture at this place; None when there was none.

    A slot's picture can't be deleted before the slot begins. One that was had the slot's name from a wrong clock.
    """
    found = session.get(DeletedFrame, frame.path)
    if found is not None and not _is_before_slot(found):
        return Deletion(found.deleted_at, found.sha256)
    if frame.doubtful:  # nobody knows which slot it is of
        return None
    in_gap = frame.kind == FrameKind.SLOT and is_deleted(session, frame.camera_key, frame.slot_start or 0)
    return Deletion(None, None) if in_gap else None


def forget_deletion(session: Session, path: str) -> None:
    """The picture is there again."""
    session.exec(delete(DeletedFrame).where(col(DeletedFrame.path) == path))


def is_pending(session: Session, path: str) -> bool:
    """Whether the file is still to be deleted."""
    return session.exec(select(PendingDeletion.path).where(PendingDeletion.path == path)).first() is not None


def note_expired(session: Session, frames: Iterable[ArchivedFrame]) -> None:
    """Retention has deleted these frames. One in doubt went for room, and its instant says nothing of the others."""
    newest: dict[str, datetime] = {}
    for frame in (each for each in frames if not each.doubtful):
        newest[frame.camera_key] = max(newest.get(frame.camera_key, EPOCH), frame.captured_at)
    for camera_key, captured_at in newest.items():
        raise_mark(session, _expired(camera_key), (captured_at - EPOCH) // _MICROSECOND)


def was_expired(session: Session, frame: ArchivedFrame) -> bool:
    """Whether retention has been past this frame: a file without a row that is so old was put back.

    Not of a frame in doubt: its instant may be decades too early.
    """
    mark = None if frame.doubtful else read_mark(session, _expired(frame.camera_key))
    return mark is not None and (frame.captured_at - EPOCH) // _MICROSECOND <= mark


def _is_before_slot(deleted: DeletedFrame) -> bool:
    name = FrameName.parse(deleted.path)
    start = None if name is None else name.slot_start
    return start is not None and deleted.deleted_at < from_seconds(start) - LATE


def _expired(camera_key: str) -> str:
    return f"expired {camera_key}"
